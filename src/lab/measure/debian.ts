/** Kernels and tools of Debian's suites, fetched by apt with folders of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchApt } from '../layer/scratch-apt.ts';
import { onExit } from '../system/on-exit.ts';

/** Does work with an apt that knows these suites and has nothing installed. */
export async function withSuites<T>(suites: readonly string[], work: (apt: ScratchApt) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'trialboot-measure-apt-'));
  const forget = onExit(() => rmSync(dir, { recursive: true, force: true }));
  try {
    writeFileSync(join(dir, 'status'), '');
    const apt = new ScratchApt(dir, join(dir, 'status'));
    await apt.update(suites);
    return await work(apt);
  } finally {
    forget();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Value of a field in `apt-cache show`. */
const field = (text: string, name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];

/**
 * Downloads the packages of one kernel: what a metapackage names, and its parts where Debian splits it.
 * @param name a metapackage such as linux-image-amd64, or a kernel by its full name
 * @param suite the suite that decides which version
 * @returns paths of the package files
 */
export async function downloadKernel(apt: ScratchApt, name: string, suite: string): Promise<string[]> {
  const shown = async (p: string): Promise<string> => (await apt.run(`looking for ${p}`, 'apt-cache', ['show', '--no-all-versions', '-t', suite, p])).split('\n\n')[0]!;
  const depends = (text: string): string[] => (field(text, 'Depends') ?? '').split(',').map((d) => d.trim().split(/[ |]/)[0]!);
  const top = await shown(name);
  const image = depends(top).find((d) => /^linux-image-\d/.test(d)) ?? name;
  const release = image.replace(/^linux-image-/, '');
  const parts = depends(image === name ? top : await shown(image)).filter((d) => d.endsWith(release) && d !== image);
  await apt.downloadAlone([image, ...parts].map((p) => `${p}/${suite}`));
  return apt.debs().map((d) => join(apt.archives, d));
}

/** Versions of packages in a suite, as apt would install them. @returns undefined for what the suite does not have */
export async function versionsIn(apt: ScratchApt, names: readonly string[], suite: string): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  for (const name of names) {
    const policy = await apt.run(`looking for ${name}`, 'apt-cache', ['policy', '-t', suite, name]);
    const version = /^ {2}Candidate: (.+)$/m.exec(policy)?.[1];
    found[name] = version === '(none)' ? undefined : version;
  }
  return found;
}

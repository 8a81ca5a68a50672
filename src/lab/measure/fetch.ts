/** Gets packages and versions out of a Debian archive by apt's own tools, in a root of apt's own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScratchApt } from '../layer/scratch-apt.ts';

/** An apt that knows these suites only, and has nothing installed. @param dir an existing folder */
export async function aptFor(dir: string, suites: readonly string[]): Promise<ScratchApt> {
  const status = join(dir, 'status');
  writeFileSync(status, '');
  const apt = new ScratchApt(dir, status);
  await apt.update(suites);
  return apt;
}

const field = (stanza: string, name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];

/** The parts of one kernel that a package depends on: names with a version in them. Metapackages that follow the suite are left out. */
export const kernelParts = (depends: string): string[] =>
  depends.split(',').map((d) => d.trim().split(/[ (|]/)[0]!).filter((name) => /^linux-(image|base|binary|modules)-\d/.test(name));

/** The package and all the parts of its kernel, with the version the suites have. @throws Error when they lack one of them */
async function partsOf(apt: ScratchApt, name: string, seen = new Map<string, string>()): Promise<Map<string, string>> {
  if (seen.has(name)) return seen;
  const stanza = await apt.run(`looking ${name} up`, 'apt-cache', ['show', '--no-all-versions', name]);
  seen.set(name, field(stanza, 'Version') ?? '');
  for (const part of kernelParts(field(stanza, 'Depends') ?? '')) await partsOf(apt, part, seen);
  return seen;
}

/**
 * Downloads a kernel's packages, whole: apt compares them with the signed index.
 * @param name a metapackage (linux-image-amd64) or the package of one version
 * @returns paths of the files
 */
export async function fetchKernel(apt: ScratchApt, name: string): Promise<string[]> {
  const parts = [...(await partsOf(apt, name))].filter(([part]) => /^linux-[a-z]+-\d+\.\d+\.\d/.test(part));
  if (parts.length === 0) throw new Error(`measure: ${name} leads to no kernel. Mend: name linux-image-amd64 or linux-image-VERSION-amd64.`);
  await apt.downloadAlone(parts.map(([part, version]) => `${part}=${version}`));
  return apt.debs().map((deb) => join(apt.archives, deb));
}

/** The version of each package that apt would install; `absent` where the suites have none. */
export async function candidates(apt: ScratchApt, names: readonly string[]): Promise<Record<string, string>> {
  const text = await apt.run('asking for versions', 'apt-cache', ['policy', ...names]);
  const found = new Map<string, string>();
  let name = '';
  for (const line of text.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    const version = /^ {2}Candidate: (.+)$/.exec(line)?.[1];
    if (version && version !== '(none)') found.set(name, version);
  }
  return Object.fromEntries(names.map((n) => [n, found.get(n) ?? 'absent']));
}

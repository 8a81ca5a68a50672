/** The kernel that Debian's archive no longer has whole, from a folder that an environment variable names. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../../src/lab/system/run.ts';
import type { MeasuredKernel } from '../../src/model/kernel.ts';

export interface Subset {
  /** A folder in which it is unpacked; the caller removes it. */
  tree: string;
  /** The packages it was made from, as the README beside it lists them. */
  packages: MeasuredKernel['packages'];
  partial: string;
}

/** @returns undefined where TRIALBOOT_KERNELS is not set or its folder has no such file. @throws Error when the README names no packages */
export async function readSubset(): Promise<Subset | undefined> {
  const folder = process.env['TRIALBOOT_KERNELS'];
  const archive = folder === undefined || !existsSync(folder) ? undefined : readdirSync(folder).find((f) => /^linux-7\.0\..*-subset\.tar\.xz$/.test(f));
  if (folder === undefined || archive === undefined) return undefined;
  const packages = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^ *([0-9a-f]{64}) {2}(\S+?)_(\S+?)_\w+\.deb$/gm)].map(([, sha256, name, version]) => ({ name: name!, version: version!, sha256: sha256! }));
  if (packages.length === 0) throw new Error(`measure: ${join(folder, 'README.md')} names no packages with their sums, so nobody could say what was measured`);
  const tree = mkdtempSync(join(tmpdir(), 'trialboot-subset-'));
  await mustRun(`unpacking ${archive}`, ['tar', '-xf', join(folder, archive), '-C', tree]);
  return { tree, packages, partial: `A part of the packages: ${archive}, with the configuration whole and not all modules. A driver that is absent here may be in the package.` };
}

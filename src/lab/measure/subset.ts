/** The kept subset of a kernel that no archive lists any more: an archive of its files, and the packages they come from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unpacked } from '../../facts/measured-kernel.ts';
import { mustRun } from '../system/run.ts';
import { inScratch, readTree } from './unpack.ts';

/** `sha256  name_version_arch.deb` lines of a text. */
export const packageList = (text: string): Pick<Unpacked, 'name' | 'version' | 'sha256'>[] =>
  [...text.matchAll(/^\s*([0-9a-f]{64}) {2}([a-z0-9.+-]+)_([^_\s]+)_[a-z0-9]+\.deb$/gm)].map(([, sha256, name, version]) => ({ sha256: sha256!, name: name!, version: decodeURIComponent(version!) }));

/**
 * @param dir folder with one .tar.xz and a README.md that lists the packages
 * @returns the packages; the first one holds what the archive holds
 */
export async function readSubset(dir: string): Promise<Unpacked[]> {
  const archives = readdirSync(dir).filter((f) => f.endsWith('.tar.xz'));
  const packages = packageList(readFileSync(join(dir, 'README.md'), 'utf8'));
  if (archives.length !== 1 || packages.length === 0) throw new Error(`measure: ${dir} has ${archives.length} .tar.xz files and names ${packages.length} packages in README.md. Mend: one archive, and lines "SHA256  NAME_VERSION_ARCH.deb".`);
  const held = await inScratch(async (tree) => {
    await mustRun(`unpacking ${archives[0]}`, ['tar', '--extract', '--xz', '--file', join(dir, archives[0]!), '--directory', tree]);
    return readTree(tree);
  });
  return packages.map((p, i) => ({ ...p, ...(i === 0 ? held : { paths: [], texts: new Map() }) }));
}

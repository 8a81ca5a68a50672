/**
 * GRUB 2.14, the first with the command blscfg in its own sources, from Debian's testing suite: no GRUB of Debian 12 or 13 reads
 * boot entries, and Red Hat's patched one is not to be had here.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { artifact, removeTree, touchArtifact } from '../system/cache.ts';
import { archiveWeek } from './base.ts';
import { debName, ScratchApt } from './scratch-apt.ts';

const REVISION = 1;
const SUITE = 'forky';
/** Boot sector, core image and modules; and grub-mkimage, which makes a core image of them. */
const PACKAGES = ['grub-pc-bin', 'grub2-common'];

/**
 * @param base folder of the base layer whose libraries its programs run with
 * @throws Error when the suite's GRUB cannot read boot entries
 */
export async function blsGrub(base: string): Promise<{ modules: string; grubLayers: string[]; grubVersion: string }> {
  const dir = await artifact('grub-only-bls', { revision: REVISION, suite: SUITE, packages: PACKAGES, base: basename(base), week: archiveWeek() }, async (temp) => {
    const apt = new ScratchApt(temp, join(base, 'tree/var/lib/dpkg/status'));
    await apt.takeLists([SUITE]);
    await apt.downloadAlone(PACKAGES);
    await apt.unpack(join(temp, 'tree'));
    writeFileSync(join(temp, 'version'), debName(apt.debs().find((f) => f.startsWith('grub-pc-bin_'))!).version);
    await removeTree(apt.dir);
  });
  touchArtifact(dir);
  const modules = join(dir, 'tree/usr/lib/grub/i386-pc');
  if (!existsSync(join(modules, 'blsuki.mod'))) throw new Error(`lab: the GRUB of ${SUITE} has no module blsuki, so it reads no boot entries. Mend: look where the command blscfg went`);
  return { modules, grubLayers: [dir], grubVersion: readFileSync(join(dir, 'version'), 'utf8') };
}

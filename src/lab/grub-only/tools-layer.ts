/** The programs that make file systems, of the host's own release, laid over its base: hosts do not have them. */
import { basename, join } from 'node:path';
import { artifact, removeTree, touchArtifact } from '../system/cache.ts';
import { debianOf, readHostSpec } from '../host-spec.ts';
import { archiveWeek } from '../layer/base.ts';
import { ScratchApt } from '../layer/scratch-apt.ts';

const REVISION = 1;
const PACKAGES = ['btrfs-progs', 'dosfstools', 'mtools'];

/**
 * @param base folder of the host's base layer, which has mke2fs, mkfs.xfs and grub-mkimage
 * @returns folder whose `tree/` is the layer
 */
export async function toolsLayer(hostId: string, base: string): Promise<string> {
  const spec = debianOf(readHostSpec(hostId));
  const inputs = { revision: REVISION, packages: PACKAGES, base: basename(base), week: archiveWeek() };
  const dir = await artifact(`grub-only-tools-${hostId}`, inputs, async (temp) => {
    const apt = new ScratchApt(temp, join(base, 'tree/var/lib/dpkg/status'));
    await apt.takeLists([spec.suite, ...spec.mergedSuites]);
    await apt.download(PACKAGES);
    await apt.unpack(join(temp, 'tree'));
    await removeTree(apt.dir);
  });
  touchArtifact(dir);
  return dir;
}

/** The programs that make file systems, of the host's own release, laid over its base: hosts do not have them. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { artifact, removeTree, touchArtifact } from '../system/cache.ts';
import { debianOf, readHostSpec } from '../host-spec.ts';
import { archiveWeek } from '../layer/base.ts';
import { mustRun } from '../system/run.ts';
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
    await apt.update([spec.suite, ...spec.mergedSuites]);
    await apt.download(PACKAGES);
    // Unpacked, not installed: these programs need their libraries and nothing that maintainer scripts do.
    for (const deb of apt.debs()) await mustRun(`unpacking ${deb}`, ['dpkg-deb', '--extract', join(apt.archives, deb), join(temp, 'tree')]);
    // Debian 12's packages still name /lib and /sbin; in a root these are links, which folders of that name would hide.
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      if (!existsSync(join(temp, 'tree', name))) continue;
      await mustRun(`moving /${name} below /usr`, ['cp', '-a', '--', join(temp, 'tree', name), join(temp, 'tree/usr')]);
      await removeTree(join(temp, 'tree', name));
    }
    await removeTree(apt.dir);
  });
  touchArtifact(dir);
  return dir;
}

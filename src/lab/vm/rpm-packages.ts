/** Debian's real kernels as packages of the RHEL family: names, dependencies and scriptlets as in shape/rpm-packages.ts. Pure. */
import type { RpmSpec } from '../shape/rpm.ts';
import { kernelRpms, type KernelSummaries } from '../shape/rpm-packages.ts';

/** Modules that lie in kernel-modules, not in kernel-modules-core. */
const EXTRA = /^kernel\/(drivers\/watchdog|fs\/(btrfs|ntfs3|f2fs|ceph|smb|nfs)|net\/netfilter\/xt_)/;

const SUMMARIES: KernelSummaries = {
  kernel: 'a real Debian kernel, packed by the lab: a name for its parts',
  core: 'a real Debian kernel, packed by the lab: the image',
  modulesCore: 'a real Debian kernel, packed by the lab: the core modules',
  modules: 'a real Debian kernel, packed by the lab: the other modules',
};

/**
 * All packages of one kernel.
 * @param uname its `uname -r`, and the name of its folder
 * @param files what lies in /lib/modules, by path below that folder; vmlinuz, config and System.map among them
 */
export function realKernelPackages(uname: string, files: ReadonlyMap<string, Buffer>): RpmSpec[] {
  const below = (wanted: (path: string) => boolean): Record<string, Buffer> => Object.fromEntries([...files].filter(([path]) => wanted(path)).map(([path, content]) => [`/lib/modules/${uname}/${path}`, content]));
  const isModule = (path: string): boolean => path.startsWith('kernel/');
  return kernelRpms(uname, SUMMARIES, {
    core: below((path) => !isModule(path)),
    modulesCore: below((path) => isModule(path) && !EXTRA.test(path)),
    modules: below((path) => isModule(path) && EXTRA.test(path)),
  });
}

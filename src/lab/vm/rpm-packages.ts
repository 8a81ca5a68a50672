/** Debian's real kernels as packages of the RHEL family: names, dependencies and scriptlets as in shape/rpm-packages.ts. Pure. */
import type { RpmSpec } from '../shape/rpm.ts';
import { rpmVersion } from '../shape/rpm-packages.ts';

/** Modules that lie in kernel-modules, not in kernel-modules-core. */
const EXTRA = /^kernel\/(drivers\/watchdog|fs\/(btrfs|ntfs3|f2fs|ceph|smb|nfs)|net\/netfilter\/xt_)/;

/**
 * All packages of one kernel.
 * @param uname its `uname -r`, and the name of its folder
 * @param files what lies in /lib/modules, by path below that folder; vmlinuz, config and System.map among them
 */
export function realKernelPackages(uname: string, files: ReadonlyMap<string, Buffer>): RpmSpec[] {
  const { version, release } = rpmVersion(uname);
  const lib = `/lib/modules/${uname}`;
  const below = (wanted: (path: string) => boolean): Record<string, Buffer> => Object.fromEntries([...files].filter(([path]) => wanted(path)).map(([path, content]) => [`${lib}/${path}`, content]));
  const isModule = (path: string): boolean => path.startsWith('kernel/');
  const depmod = `/sbin/depmod -a ${uname}`;
  const common = { version, release };
  return [
    {
      ...common,
      name: 'kernel',
      summary: 'a real Debian kernel, packed by the lab: a name for its parts',
      provides: [`kernel-x86_64 = ${version}-${release}`, 'installonlypkg(kernel)'],
      requires: [`kernel-core-uname-r = ${uname}`, `kernel-modules-uname-r = ${uname}`, `kernel-modules-core-uname-r = ${uname}`],
      files: {},
    },
    {
      ...common,
      name: 'kernel-core',
      summary: 'a real Debian kernel, packed by the lab: the image',
      provides: [`kernel-core-uname-r = ${uname}`, `kernel-uname-r = ${uname}`, `kernel-x86_64 = ${version}-${release}`, 'installonlypkg(kernel)'],
      requires: [`kernel-modules-core-uname-r = ${uname}`, 'dracut >= 027', 'systemd >= 203', 'linux-firmware', 'coreutils', '/usr/bin/kernel-install'],
      files: {
        ...below((path) => !isModule(path)),
        [`/boot/vmlinuz-${uname}`]: { ghost: true },
        [`/boot/initramfs-${uname}.img`]: { ghost: true },
        [`/boot/System.map-${uname}`]: { ghost: true },
        [`/boot/config-${uname}`]: { ghost: true },
      },
      scripts: { posttrans: `/usr/bin/kernel-install add ${uname} ${lib}/vmlinuz || exit $?`, preun: `/usr/bin/kernel-install remove ${uname} ${lib}/vmlinuz || exit $?` },
    },
    {
      ...common,
      name: 'kernel-modules-core',
      summary: 'a real Debian kernel, packed by the lab: the core modules',
      provides: [`kernel-modules-core-uname-r = ${uname}`, 'installonlypkg(kernel-module)'],
      requires: [`kernel-uname-r = ${uname}`, 'kmod'],
      files: below((path) => isModule(path) && !EXTRA.test(path)),
      scripts: { posttrans: depmod, postun: `[ ! -d ${lib}/kernel ] || ${depmod}` },
    },
    {
      ...common,
      name: 'kernel-modules',
      summary: 'a real Debian kernel, packed by the lab: the other modules',
      provides: [`kernel-modules-uname-r = ${uname}`, 'installonlypkg(kernel-module)'],
      requires: [`kernel-uname-r = ${uname}`, `kernel-modules-core-uname-r = ${uname}`],
      files: below((path) => isModule(path) && EXTRA.test(path)),
      scripts: { posttrans: depmod, postun: `[ ! -d ${lib}/kernel ] || ${depmod}` },
    },
  ];
}

/**
 * Packages of the RHEL family as the lab imitates them: names, versions, dependencies and what their scriptlets call. Content is
 * stand-in. Written from what such packages show on a host (rpm -qp --provides, --requires, --scripts), without their text. Pure.
 */
import type { RpmShape } from '../../model/host.ts';
import { RPM_KERNEL, moduleTree } from './kernel-files.ts';
import { configText, kbuild, moduleHeader } from './kbuild.ts';
import type { RpmSpec } from './rpm.ts';

/** Size of an image, as those of RHEL 9 and 10 are (14 to 16 MB). */
const IMAGE_BYTES = 15_000_000;

/** `5.14.0-687.5.3.el9_8.x86_64` → version and release of its packages. */
export function rpmVersion(uname: string): { version: string; release: string } {
  const [version = '', release = ''] = uname.replace(/\.x86_64$/, '').split(/-(.*)/s);
  return { version, release };
}

const banner = (uname: string): string => `${uname} (lab@trialboot) #1 SMP PREEMPT_DYNAMIC Mon Nov 16 10:00:00 UTC 2026`;

/** Modules that lie in kernel-modules, not in kernel-modules-core: what a virtual machine can do without. */
const EXTRA = /^kernel\/(drivers\/watchdog|fs\/(btrfs|ntfs3)|net\/netfilter\/xt_)/;

/** What the packages of one kernel hold, by path in the root. */
export interface KernelFiles {
  /** Image, configuration and module indexes. */
  core: RpmSpec['files'];
  modulesCore: RpmSpec['files'];
  modules: RpmSpec['files'];
}

/** What each of the packages is, in a line. */
export type KernelSummaries = Readonly<Record<'kernel' | 'core' | 'modulesCore' | 'modules', string>>;

/**
 * The packages of one kernel, with the names, dependencies and scriptlets of the RHEL family's.
 * @param uname its `uname -r`
 */
export function kernelRpms(uname: string, summaries: KernelSummaries, files: KernelFiles, changelog?: readonly string[]): RpmSpec[] {
  const { version, release } = rpmVersion(uname);
  const lib = `/lib/modules/${uname}`;
  const common = { version, release, ...(changelog ? { changelog } : {}) };
  const depmod = `/sbin/depmod -a ${uname}`;
  return [
    {
      ...common,
      name: 'kernel',
      summary: summaries.kernel,
      provides: [`kernel-x86_64 = ${version}-${release}`, 'installonlypkg(kernel)'],
      requires: [`kernel-core-uname-r = ${uname}`, `kernel-modules-uname-r = ${uname}`, `kernel-modules-core-uname-r = ${uname}`],
      files: {},
    },
    {
      ...common,
      name: 'kernel-core',
      summary: summaries.core,
      provides: [`kernel-core-uname-r = ${uname}`, `kernel-uname-r = ${uname}`, `kernel-x86_64 = ${version}-${release}`, 'installonlypkg(kernel)'],
      requires: [`kernel-modules-core-uname-r = ${uname}`, 'dracut >= 027', 'systemd >= 203', 'linux-firmware', 'coreutils', '/usr/bin/kernel-install'],
      files: {
        ...files.core,
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
      summary: summaries.modulesCore,
      provides: [`kernel-modules-core-uname-r = ${uname}`, 'installonlypkg(kernel-module)'],
      requires: [`kernel-uname-r = ${uname}`, 'kmod'],
      files: files.modulesCore,
      scripts: { posttrans: depmod, postun: `[ ! -d ${lib}/kernel ] || ${depmod}` },
    },
    {
      ...common,
      name: 'kernel-modules',
      summary: summaries.modules,
      provides: [`kernel-modules-uname-r = ${uname}`, 'installonlypkg(kernel-module)'],
      requires: [`kernel-uname-r = ${uname}`, `kernel-modules-core-uname-r = ${uname}`],
      files: files.modules,
      scripts: { posttrans: depmod, postun: `[ ! -d ${lib}/kernel ] || ${depmod}` },
    },
  ];
}

const SUMMARIES: KernelSummaries = {
  kernel: 'stand-in for the Linux kernel: a name for its parts',
  core: 'stand-in for the Linux kernel image',
  modulesCore: 'stand-in for the core kernel modules',
  modules: 'stand-in for the other kernel modules',
};

/** All packages of one stand-in kernel. @param uname its `uname -r` */
export function kernelPackages(uname: string, changelog: readonly string[]): RpmSpec[] {
  const { version, release } = rpmVersion(uname);
  const lib = `/lib/modules/${uname}`;
  const tree = Object.entries(moduleTree(uname, RPM_KERNEL));
  const under = (wanted: (path: string) => boolean): RpmSpec['files'] => Object.fromEntries(tree.filter(([path]) => wanted(path)).map(([path, content]) => [`${lib}/${path}`, content]));
  const devel = `/usr/src/kernels/${uname}`;
  const core = {
    [`${lib}/vmlinuz`]: { image: { banner: banner(uname), bytes: IMAGE_BYTES } },
    [`${lib}/config`]: configText(uname),
    [`${lib}/System.map`]: 'ffffffff81000000 T _text\n',
    ...under((path) => !path.endsWith('.ko')),
  };
  const files = { core, modulesCore: under((path) => path.endsWith('.ko') && !EXTRA.test(path)), modules: under((path) => path.endsWith('.ko') && EXTRA.test(path)) };
  return [
    ...kernelRpms(uname, SUMMARIES, files, changelog),
    {
      version,
      release,
      changelog,
      name: 'kernel-devel',
      summary: 'stand-in for what modules are built with',
      provides: [`kernel-devel-uname-r = ${uname}`, 'installonlypkg(kernel)'],
      files: {
        [`${devel}/Makefile`]: kbuild(devel),
        [`${devel}/include/linux/module.h`]: moduleHeader(uname),
        [`${devel}/.config`]: configText(uname),
      },
      // The real link comes with kernel-core; without that kernel there is no folder to put it into.
      scripts: { posttrans: `[ ! -d ${lib} ] || ln -sfn ${devel} ${lib}/build` },
    },
  ];
}

/** What the Debian root under the shape has, in the names the kernels and dnf ask for: rpm knows nothing of it otherwise. */
const USER_LAND = [
  '/bin/sh', '/usr/bin/sh', '/usr/bin/kernel-install', 'bash', 'coreutils', 'kmod', 'systemd', 'dracut', 'linux-firmware', 'grub2-tools', 'grub2-common', 'grub2-pc', 'dnf', 'rpm', 'python3', 'sudo', 'glibc', 'setup', 'filesystem',
];

/** The packages that are no kernels: the release's name, and one that stands for all of the user land. */
export const basePackages = ({ releasePackage }: Pick<RpmShape, 'releasePackage'>): RpmSpec[] => [
  {
    name: releasePackage.name,
    version: releasePackage.version,
    release: '1',
    arch: 'noarch',
    summary: 'stand-in for the name of the release',
    provides: [`system-release = ${releasePackage.version}`, `system-release(releasever) = ${releasePackage.version.replace(/\..*/, '')}`],
    files: { '/usr/share/doc/trialboot-release': 'Stand-in of the lab.\n' },
  },
  {
    name: 'standin-userland',
    version: '1',
    release: '1',
    arch: 'noarch',
    summary: 'stand-in for the packages of the user land, which is Debian\'s',
    provides: USER_LAND.map((name) => (name.startsWith('/') ? name : `${name} = 999`)),
    files: { '/usr/share/doc/trialboot-userland': 'Stand-in of the lab.\n' },
  },
];

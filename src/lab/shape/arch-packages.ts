/**
 * Arch Linux's kernel packages as the lab imitates them: names, versions, dependencies and where their files lie. Content is stand-in.
 * Such a package brings its image below /usr/lib/modules, with its own name beside it; a hook of pacman's copies it to /boot. Pure.
 */
import type { ArchKernel } from '../../model/host.ts';
import { configText, kbuild, moduleHeader } from './kbuild.ts';
import { ARCH_KERNEL, moduleTree } from './kernel-files.ts';
import type { PacmanSpec } from './pacman.ts';

/** Size of an image, as those of Arch's 6.18 and 7.x kernels are (14 to 16 MB). */
const IMAGE_BYTES = 15_000_000;

/** Version of a kernel's package: `7.2.11-arch1-1` → `7.2.11.arch1` and `1`; `6.18.57-2-lts` → `6.18.57` and `2`. */
export function archVersion({ release }: Pick<ArchKernel, 'release'>): { version: string; revision: string } {
  const [version = '', ...rest] = release.replace(/-lts$/, '').split('-');
  const revision = rest.pop() ?? '1';
  return { version: [version, ...rest].join('.'), revision };
}

const banner = ({ package: name, release }: ArchKernel): string => `${release} (${name}@archlinux) #1 SMP PREEMPT_DYNAMIC Mon, 16 Nov 2026 10:00:00 +0000`;

/** The package of a kernel. */
export function kernelPackage(kernel: ArchKernel): PacmanSpec {
  const lib = `/usr/lib/modules/${kernel.release}`;
  return {
    name: kernel.package,
    ...archVersion(kernel),
    arch: 'x86_64',
    summary: `stand-in for the ${kernel.package === 'linux' ? 'Linux' : 'long-term Linux'} kernel and modules`,
    depends: ['coreutils', 'initramfs', 'kmod'],
    provides: ['KSMBD-MODULE', 'VIRTUALBOX-GUEST-MODULES', 'WIREGUARD-MODULE'],
    files: {
      [`${lib}/vmlinuz`]: { image: { banner: banner(kernel), bytes: IMAGE_BYTES } },
      [`${lib}/pkgbase`]: `${kernel.package}\n`,
      ...Object.fromEntries(Object.entries(moduleTree(kernel.release, ARCH_KERNEL)).map(([path, content]) => [`${lib}/${path}`, content])),
    },
  };
}

/** What DKMS builds modules of a kernel with. */
export function headersPackage(kernel: ArchKernel): PacmanSpec {
  const build = `/usr/lib/modules/${kernel.release}/build`;
  return {
    name: `${kernel.package}-headers`,
    ...archVersion(kernel),
    arch: 'x86_64',
    summary: `stand-in for what modules of ${kernel.package} are built with`,
    depends: ['pahole'],
    provides: [],
    files: {
      [`${build}/Makefile`]: kbuild(build),
      [`${build}/include/linux/module.h`]: moduleHeader(kernel.release),
      [`${build}/.config`]: configText(kernel.release),
    },
  };
}

/** What the Debian root under the shape has, in the names that packages ask for: pacman knows nothing of it otherwise. */
export const userLand: PacmanSpec = {
  name: 'standin-userland',
  version: '1',
  revision: '1',
  arch: 'any',
  summary: "stand-in for the packages of the user land, which is Debian's",
  depends: [],
  provides: ['base', 'bash', 'coreutils', 'dkms', 'filesystem', 'glibc', 'grub', 'initramfs', 'kmod', 'linux-firmware', 'mkinitcpio', 'pacman', 'pahole', 'sudo', 'systemd'],
  files: { '/usr/share/doc/trialboot-userland': 'Stand-in of the lab.\n' },
};

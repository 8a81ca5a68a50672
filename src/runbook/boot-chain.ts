/** Where a distribution keeps what boots it, and what installs it: the facts the scripts' runtime needs beside the steps. Pure. */
import type { DistroMeta } from '../model/distro.ts';

/**
 * Paths and names hold RELEASE for that of the kernel, or PKGBASE for the name of its package, which stands in the file pkgbase among
 * its modules: on Arch files in /boot are named after that.
 */
export interface BootChain {
  /** GRUB's folder, with its menu and environment. */
  grubDir: string;
  /** Path of a kernel's image. */
  image: string;
  /** Path of an initramfs. */
  initrd: string;
  /** The package manager, as people call it. */
  manager: string;
  /** What has to be reinstalled when the image is not whole. */
  imagePackage: string;
}

const FILES: Record<'apt' | 'pacman' | 'other', Pick<BootChain, 'image' | 'initrd' | 'imagePackage'>> = {
  apt: { image: '/boot/vmlinuz-RELEASE', initrd: '/boot/initrd.img-RELEASE', imagePackage: 'linux-image-RELEASE' },
  pacman: { image: '/boot/vmlinuz-PKGBASE', initrd: '/boot/initramfs-PKGBASE.img', imagePackage: 'its package' },
  other: { image: '/boot/vmlinuz-RELEASE', initrd: '/boot/initramfs-RELEASE.img', imagePackage: 'kernel-core-RELEASE' },
};

/** The boot chain of a distribution. */
export function bootChain({ loader, packageManager }: Pick<DistroMeta, 'loader' | 'packageManager'>): BootChain {
  return {
    grubDir: loader === 'grub-bls' ? '/boot/grub2' : '/boot/grub',
    manager: packageManager,
    ...FILES[packageManager === 'apt' || packageManager === 'pacman' ? packageManager : 'other'],
  };
}

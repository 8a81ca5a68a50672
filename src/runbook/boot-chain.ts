/** Where a distribution keeps what boots it, and what installs it: the facts the scripts' runtime needs beside the steps. Pure. */
import type { DistroMeta } from '../model/distro.ts';

export interface BootChain {
  /** GRUB's folder, with its menu and environment. */
  grubDir: string;
  /** Path of an initramfs; RELEASE stands for the kernel's. */
  initrd: string;
  /** The package manager, as people call it. */
  manager: string;
  /** Name of the package that brings the image; RELEASE stands for the kernel's. */
  imagePackage: string;
}

/** The boot chain of a distribution. */
export function bootChain(distro: Pick<DistroMeta, 'loader' | 'packageManager'>): BootChain {
  const apt = distro.packageManager === 'apt';
  return {
    grubDir: distro.loader === 'grub-bls' ? '/boot/grub2' : '/boot/grub',
    initrd: apt ? '/boot/initrd.img-RELEASE' : '/boot/initramfs-RELEASE.img',
    manager: distro.packageManager,
    imagePackage: apt ? 'linux-image-RELEASE' : 'kernel-core-RELEASE',
  };
}

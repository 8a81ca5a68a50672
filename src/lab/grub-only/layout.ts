/** Where /boot can lie, and what that changes in GRUB's files. Pure. */
import { LV_ID, VG_ID } from './lvm.ts';
import { MD_UUID } from './md.ts';

export type LayoutName = 'ext4' | 'xfs' | 'fat' | 'btrfs' | 'lvm' | 'md';

/** Storage of one kind under /boot. */
export interface Layout {
  name: LayoutName;
  /** What makes the file system. */
  fs: 'ext4' | 'xfs' | 'fat' | 'btrfs';
  /** In words, for readers. */
  title: string;
  /** Size of the file system in MiB; the images are sparse. XFS and btrfs have minimum sizes. */
  fsMiB: number;
  /** MiB between the partition's start and the file system: what the volume manager keeps for itself. */
  before: 0 | 1;
  /** GRUB's name of the device, as grub-probe and update-grub write it on such a host. */
  device: string;
  /** GRUB modules between `insmod part_msdos` and the end of that block in grub.cfg, in update-grub's order. */
  modules: readonly string[];
  /** Identifier `search --fs-uuid` looks for when the file system cannot carry the host's UUID. */
  fsUuid?: string;
}

const PARTITION = 'hd0,msdos1';

/** All layouts. Names of devices and modules as grub-probe(8) prints them on hosts of this kind. */
export const LAYOUTS: Readonly<Record<LayoutName, Layout>> = {
  ext4: { name: 'ext4', fs: 'ext4', title: 'ext4 on a partition', fsMiB: 40, before: 0, device: PARTITION, modules: ['ext2'] },
  xfs: { name: 'xfs', fs: 'xfs', title: 'XFS on a partition', fsMiB: 304, before: 0, device: PARTITION, modules: ['xfs'] },
  fat: { name: 'fat', fs: 'fat', title: 'FAT32 on a partition', fsMiB: 40, before: 0, device: PARTITION, modules: ['fat'], fsUuid: '7B0A-71A1' },
  btrfs: { name: 'btrfs', fs: 'btrfs', title: 'btrfs on a partition', fsMiB: 160, before: 0, device: PARTITION, modules: ['btrfs'] },
  lvm: { name: 'lvm', fs: 'ext4', title: 'ext4 on a logical volume', fsMiB: 40, before: 1, device: `lvmid/${VG_ID}/${LV_ID}`, modules: ['lvm', 'ext2'] },
  md: { name: 'md', fs: 'ext4', title: 'ext4 on RAID1 with one of two disks', fsMiB: 40, before: 1, device: `mduuid/${MD_UUID}`, modules: ['diskfilter', 'mdraid1x', 'ext2'] },
};

/** GRUB's modules that have to be in core.img for it to reach /boot/grub. */
export const coreModules = (layout: Layout): string[] => ['biosdisk', 'part_msdos', ...layout.modules];

/** What is measured: which kernels and tools of Debian, and which settings besides those that notes name. */
import type { FeatureMeta } from '../../src/model/feature.ts';

/** Debian's kernels that somebody may run today, by the package that names the newest of its suite. */
export const DEBIAN_KERNELS = [
  { name: 'linux-image-amd64', suite: 'bookworm', distro: 'debian-12' },
  { name: 'linux-image-6.12-amd64', suite: 'bookworm-security', distro: 'debian-12' },
  { name: 'linux-image-amd64', suite: 'trixie', distro: 'debian-13' },
  { name: 'linux-image-7.2.12+deb13-amd64', suite: 'trixie-backports', distro: 'debian-13' },
  { name: 'linux-image-amd64', suite: 'trixie-backports', distro: 'debian-13' },
  { name: 'linux-image-amd64', suite: 'forky', distro: 'debian-testing' },
  { name: 'linux-image-amd64', suite: 'sid', distro: 'debian-sid' },
] as const;

/** The suite that a release's tools come from. */
export const DEBIAN_USERSPACE: Readonly<Record<string, string>> = { 'debian-12': 'bookworm', 'debian-13': 'trixie', 'debian-testing': 'forky', 'debian-sid': 'sid' };

/** All suites apt has to know for one of them: what it does not have comes from below. */
export const suitesOf = (suite: string): string[] => [...new Set([suite.replace(/-(backports|security|updates)$/, ''), suite])];

/** Settings and drivers that the tables of distributions ask for and no note names. */
export const EXTRA_SYMBOLS = [
  'CONFIG_PREEMPT', 'CONFIG_PREEMPT_VOLUNTARY', 'CONFIG_PREEMPT_DYNAMIC', 'CONFIG_PREEMPT_RT', 'CONFIG_SCHED_CLASS_EXT', 'CONFIG_HZ', 'CONFIG_XFS_SUPPORT_V4', 'CONFIG_IO_URING_BPF_OPS',
  'CONFIG_MODVERSIONS', 'CONFIG_MODULE_SIG_HASH', 'CONFIG_BTRFS_FS', 'CONFIG_EXT4_FS', 'CONFIG_XFS_FS', 'CONFIG_IKCONFIG', 'CONFIG_SECURITY_DMESG_RESTRICT', 'CONFIG_USER_NS', 'CONFIG_LOCK_DOWN_IN_EFI_SECURE_BOOT',
] as const;
export const EXTRA_DRIVERS = ['ext4', 'xfs', 'btrfs', 'erofs', 'ntfs', 'ntfs3', 'reiserfs', 'bcachefs', 'md_mod', 'virtio_blk', 'virtio_net', 'nvme'] as const;

/** Debian packages that the notes name as what a feature needs. A need that is no package is words with blanks. */
export const toolsOf = (notes: readonly FeatureMeta[]): string[] => [...new Set(notes.flatMap((n) => n.userspace.map((u) => u.package)))].filter((p) => /^[a-z0-9][a-z0-9.+-]+$/.test(p)).sort();

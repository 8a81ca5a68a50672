/** Which symbols, drivers and packages are measured: those that the notes speak of, and a few more. Pure. */
import type { FeatureMeta } from '../model/feature.ts';

/** Symbols that guides and our own pages speak of, beside those in the notes. */
const ALSO = [
  'PREEMPT', 'PREEMPT_DYNAMIC', 'PREEMPT_LAZY', 'PREEMPT_RT', 'PREEMPT_VOLUNTARY', 'RSEQ', 'RSEQ_SLICE_EXTENSION', 'RUST', 'RUSTC_VERSION_TEXT', 'HZ', 'SCHED_CLASS_EXT',
  'XFS_FS', 'XFS_ONLINE_SCRUB', 'XFS_ONLINE_REPAIR', 'XFS_SUPPORT_V4', 'XFS_SUPPORT_ASCII_CI', 'EXT4_FS', 'BTRFS_FS', 'BTRFS_EXPERIMENTAL', 'EROFS_FS', 'EROFS_FS_ZIP', 'EROFS_FS_ZIP_LZMA',
  'NTFS_FS', 'NTFS3_FS', 'BCACHEFS_FS', 'REISERFS_FS', 'JFS_FS', 'FANOTIFY', 'BLK_DEV_MD', 'MD_RAID456',
  'IO_URING', 'IO_URING_BPF', 'IO_URING_BPF_OPS', 'MODULE_SIG', 'MODULE_SIG_FORCE', 'MODULE_SIG_HASH', 'MODULE_SIG_KEY_TYPE_RSA', 'MODULE_SIG_KEY_TYPE_ECDSA',
  'MODULE_SIG_KEY_TYPE_MLDSA_44', 'MODULE_SIG_KEY_TYPE_MLDSA_65', 'MODULE_SIG_KEY_TYPE_MLDSA_87', 'CRYPTO_MLDSA', 'MODVERSIONS', 'LOCK_DOWN_IN_EFI_SECURE_BOOT',
  'BLK_DEV_INITRD', 'BLK_DEV_RAM', 'X86_INTEL_TSX_MODE_OFF', 'X86_INTEL_TSX_MODE_ON', 'X86_INTEL_TSX_MODE_AUTO', 'NETFILTER_XTABLES_LEGACY', 'IP_NF_IPTABLES_LEGACY',
].map((name) => `CONFIG_${name}`);

/** Drivers that were removed, renamed or rewritten since 6.1, beside those in the notes. */
const DRIVERS = ['bcachefs', 'btrfs', 'erofs', 'ext4', 'jfs', 'ntfs', 'ntfs3', 'reiserfs', 'xfs', 'qt2025', 'ax88796b', 'ax88796b_rust'];

/** Packages of the programs that go with these features, beside those in the notes. */
const PACKAGES = ['btrfs-progs', 'e2fsprogs', 'erofs-utils', 'iptables', 'liburing2', 'linux-base', 'mdadm', 'openssl', 'systemd', 'xfsprogs'];

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

type Note = Pick<FeatureMeta, 'kconfig' | 'alsoKconfig' | 'drivers' | 'userspace' | 'claims' | 'upstream' | 'cells'>;

/** Every source a note names, wherever it stands. */
export const sourcesOf = (n: Note): FeatureMeta['claims'][number]['evidence'] => [...n.claims, n.upstream, ...n.userspace, ...n.cells].flatMap((x) => x.evidence);

/** Symbols to measure, in order. What a note calls as its witness is measured too. */
export const wantedSymbols = (notes: readonly Note[]): string[] =>
  sorted([...ALSO, ...notes.flatMap((n) => [...n.kconfig, ...n.alsoKconfig, ...sourcesOf(n).flatMap((e) => ('symbol' in e ? [e.symbol] : []))])]);

export const wantedDrivers = (notes: readonly Note[]): string[] => sorted([...DRIVERS, ...notes.flatMap((n) => n.drivers)]);

export const wantedPackages = (notes: readonly Note[]): string[] => sorted([...PACKAGES, ...notes.flatMap((n) => n.userspace.map((u) => u.package))]);

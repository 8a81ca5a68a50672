/**
 * Stand-ins for what is in a kernel's packages: an image with the header of one, and modules that depmod and modinfo can read. No
 * processor could run any of it. Pure.
 */
import { zstdCompressSync } from 'node:zlib';

/** An image by what {@link standInImage} makes it from: descriptions of packages are compared far more often than built. */
export interface ImageSpec {
  /** What the image says it is: release, builder, then `#` and the version that `uname -v` shows. */
  banner: string;
  /** Size of the whole file, as a real one has it: checks of room count it. */
  bytes: number;
}

/** A file's content as a package gets it. */
export const contentOf = (content: string | Buffer | { image: ImageSpec }): string | Buffer =>
  typeof content === 'object' && 'image' in content ? standInImage(content.image) : content;

const SECTOR = 512;
/** Sectors of the real-mode part behind the boot sector; the release stands in it. */
const SETUP_SECTORS = 4;
const VERSION_AT = 0x600;

/** A boot image by its header (Documentation/arch/x86/boot.rst). */
export function standInImage({ banner, bytes }: ImageSpec): Buffer {
  const image = Buffer.alloc(bytes - (bytes % 16));
  image.writeUInt8(SETUP_SECTORS, 0x1f1);
  image.writeUInt32LE((image.length - (SETUP_SECTORS + 1) * SECTOR) / 16, 0x1f4);
  image.writeUInt16LE(0xaa55, 0x1fe);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(0x020f, 0x206);
  image.writeUInt16LE(VERSION_AT - 0x200, 0x20e);
  image.write(`${banner}\0`, VERSION_AT, 'latin1');
  // A real image is compressed: what cannot be made smaller takes its room in a package too. The same bytes each time (xorshift32).
  let x = 0x9e3779b9;
  const words = new Int32Array(image.buffer, image.byteOffset, image.length / 4);
  for (let i = ((SETUP_SECTORS + 1) * SECTOR) / 4; i < words.length; i += 1) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return image;
}

const SECTION_HEADER = 64;

/**
 * A module: a relocatable ELF file whose only content is what modinfo shows.
 * @param fields `license`, `alias`, `depends`, `parm` and so on; a field may stand several times
 * @see elf(5)
 */
export function standInModule(fields: readonly (readonly [string, string])[]): Buffer {
  const modinfo = Buffer.from(fields.map(([key, value]) => `${key}=${value}\0`).join(''), 'latin1');
  // Name, type (1 data, 2 symbols, 3 strings), flags (2: loaded), content.
  const sections = [
    { name: '', type: 0, flags: 0, body: Buffer.alloc(0), link: 0, entry: 0 },
    { name: '.modinfo', type: 1, flags: 2, body: modinfo, link: 0, entry: 0 },
    { name: '.symtab', type: 2, flags: 0, body: Buffer.alloc(24), link: 3, entry: 24 },
    { name: '.strtab', type: 3, flags: 0, body: Buffer.alloc(1), link: 0, entry: 0 },
    { name: '.shstrtab', type: 3, flags: 0, body: Buffer.alloc(0), link: 0, entry: 0 },
  ];
  const names = Buffer.from(`${sections.map((s) => s.name).join('\0')}\0`, 'latin1');
  sections[4]!.body = names;

  const header = Buffer.alloc(64);
  header.write('\x7fELF', 0, 'latin1');
  // 64 bits, little-endian, version 1.
  header.set([2, 1, 1], 4);
  header.writeUInt16LE(1, 16); // relocatable
  header.writeUInt16LE(62, 18); // x86-64
  header.writeUInt32LE(1, 20);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(SECTION_HEADER, 58);
  header.writeUInt16LE(sections.length, 60);
  header.writeUInt16LE(sections.length - 1, 62);

  const parts: Buffer[] = [header];
  const table = Buffer.alloc(SECTION_HEADER * sections.length);
  let at = header.length;
  let name = 0;
  for (const [i, s] of sections.entries()) {
    const row = i * SECTION_HEADER;
    table.writeUInt32LE(name, row);
    table.writeUInt32LE(s.type, row + 4);
    table.writeBigUInt64LE(BigInt(s.flags), row + 8);
    table.writeBigUInt64LE(BigInt(i === 0 ? 0 : at), row + 24);
    table.writeBigUInt64LE(BigInt(s.body.length), row + 32);
    table.writeUInt32LE(s.link, row + 40);
    table.writeBigUInt64LE(1n, row + 48);
    table.writeBigUInt64LE(BigInt(s.entry), row + 56);
    parts.push(s.body);
    at += s.body.length;
    name += s.name.length + 1;
  }
  const padding = Buffer.alloc((8 - (at % 8)) % 8);
  header.writeBigUInt64LE(BigInt(at + padding.length), 40);
  return Buffer.concat([...parts, padding, table]);
}

/** A module as the lab's kernels have it. */
export interface ModuleSpec {
  /** Folder below `kernel/`, and the module's name with the underscores or hyphens of its file. */
  path: string;
  aliases?: readonly string[];
  parameters?: readonly string[];
}

/**
 * Modules of a general-purpose server kernel that anything here asks for: those that run on a virtual machine, watchdogs, and what
 * the runbook's checks look up. What Ubuntu builds in is in {@link BUILT_IN}.
 */
export const MODULES: readonly ModuleSpec[] = [
  { path: 'drivers/char/hw_random/virtio-rng', aliases: ['virtio:d00000004v*'] },
  { path: 'drivers/virtio/virtio_balloon', aliases: ['virtio:d00000005v*'] },
  { path: 'drivers/net/virtio_net', aliases: ['virtio:d00000001v*'] },
  { path: 'net/core/failover' },
  { path: 'drivers/net/net_failover' },
  { path: 'drivers/input/serio/serio_raw' },
  { path: 'drivers/input/evdev' },
  { path: 'drivers/firmware/efi/efi-pstore' },
  { path: 'drivers/watchdog/softdog', parameters: ['soft_margin:Watchdog soft_margin in seconds. (0 < soft_margin < 65536, default=60) (uint)'] },
  { path: 'drivers/watchdog/i6300esb', aliases: ['pci:v00008086d000025ABsv*sd*bc*sc*i*'], parameters: ['heartbeat:Watchdog heartbeat in seconds. (1<heartbeat<2046, default=30) (int)'] },
  { path: 'drivers/watchdog/iTCO_wdt', aliases: ['platform:iTCO_wdt'], parameters: ['heartbeat:Watchdog timeout in seconds. 5..76 (TCO v1) or 3..614 (TCO v2), default=30) (int)'] },
  { path: 'net/netfilter/nf_tables' },
  { path: 'net/netfilter/nfnetlink' },
  { path: 'net/netfilter/x_tables' },
  { path: 'net/netfilter/xt_LOG' },
  { path: 'net/ipv4/netfilter/ip_tables' },
  { path: 'net/ipv4/netfilter/iptable_filter' },
  { path: 'net/ipv4/netfilter/iptable_nat' },
  { path: 'fs/autofs/autofs4' },
  { path: 'fs/xfs/xfs', aliases: ['fs-xfs'] },
  { path: 'fs/btrfs/btrfs', aliases: ['fs-btrfs'] },
  { path: 'fs/ntfs3/ntfs3', aliases: ['fs-ntfs3'] },
  { path: 'fs/overlayfs/overlay', aliases: ['fs-overlay'] },
  { path: 'drivers/md/raid1', aliases: ['md-raid1'] },
  { path: 'lib/libcrc32c' },
];

/** Aliases of drivers that one distribution builds in and another does not. */
const ALIASES: Readonly<Record<string, readonly string[]>> = { 'fs/ext4/ext4': ['fs-ext4', 'ext4'], 'drivers/block/virtio_blk': ['virtio:d00000002v*'], 'drivers/char/virtio_console': ['virtio:d00000003v*', 'virtio:d0000000Bv*'] };

/** What is built into the kernel: as the lines of modules.builtin. Ubuntu builds in what finds its root file system. */
export const BUILT_IN: readonly string[] = [
  'fs/ext4/ext4', 'fs/jbd2/jbd2', 'fs/mbcache', 'fs/fuse/fuse', 'fs/configfs/configfs', 'drivers/block/virtio_blk', 'drivers/virtio/virtio_pci', 'drivers/virtio/virtio',
  'drivers/virtio/virtio_ring', 'drivers/char/virtio_console', 'drivers/char/hw_random/rng-core', 'drivers/md/dm-mod', 'drivers/acpi/button', 'drivers/watchdog/watchdog', 'lib/crc16', 'crypto/crc32c_generic',
];

/** What a distribution's kernels have as modules and what they have built in. */
export interface KernelShape {
  modules: readonly ModuleSpec[];
  builtIn: readonly string[];
  /** Are module files compressed with zstd here? Otherwise whoever packs them compresses them. */
  zstd: boolean;
}

const UBUNTU: KernelShape = { modules: MODULES, builtIn: BUILT_IN, zstd: true };

/** The RHEL family builds little in: the disk's driver and the root file system come from the initramfs. */
const RPM_MODULES = ['fs/ext4/ext4', 'fs/jbd2/jbd2', 'fs/mbcache', 'fs/fuse/fuse', 'drivers/block/virtio_blk', 'drivers/md/dm-mod', 'drivers/char/virtio_console'];
export const RPM_KERNEL: KernelShape = {
  modules: [...MODULES, ...RPM_MODULES.map((path): ModuleSpec => ({ path, ...(ALIASES[path] ? { aliases: ALIASES[path] } : {}) }))],
  builtIn: BUILT_IN.filter((path) => !RPM_MODULES.includes(path)),
  zstd: false,
};

/** Arch Linux builds in as little, and compresses its modules. */
export const ARCH_KERNEL: KernelShape = { ...RPM_KERNEL, zstd: true };

/** Files of a kernel's modules, by path below /lib/modules/RELEASE. */
export function moduleTree(release: string, { modules, builtIn, zstd }: KernelShape = UBUNTU): Record<string, Buffer | string> {
  const files: Record<string, Buffer | string> = {
    'modules.builtin': builtIn.map((m) => `kernel/${m}.ko\n`).join(''),
    'modules.order': modules.map((m) => `kernel/${m.path}.ko\n`).join(''),
    // Read by depmod; an empty one makes it complain.
    'modules.builtin.modinfo': Buffer.from(builtIn.map((m) => `${m.replace(/.*\//, '').replaceAll('-', '_')}.license=GPL\0`).join(''), 'latin1'),
  };
  for (const m of modules) {
    const name = m.path.replace(/.*\//, '');
    const fields: (readonly [string, string])[] = [
      ['license', 'GPL'],
      ['description', `stand-in for ${name}`],
      ...(m.aliases ?? []).map((a) => ['alias', a] as const),
      ['depends', ''],
      ['intree', 'Y'],
      ['name', name.replaceAll('-', '_')],
      ['vermagic', `${release} SMP preempt mod_unload modversions `],
      ...(m.parameters ?? []).map((p) => ['parm', p] as const),
      ...(m.parameters ?? []).map((p) => ['parmtype', `${p.split(':')[0]}:int`] as const),
    ];
    const module = standInModule(fields);
    files[`kernel/${m.path}.ko${zstd ? '.zst' : ''}`] = zstd ? zstdCompressSync(module) : module;
  }
  return files;
}

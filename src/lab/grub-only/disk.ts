/**
 * Makes a bootable disk image: a real file system with the menu, GRUB's real modules and stand-in kernels, and GRUB's real boot
 * sector and core image before it. No loop device, no mount: the mkfs programs fill the file system themselves.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeTree } from '../system/cache.ts';
import { runOnLayers } from '../layer/chroot.ts';
import { mustRun } from '../system/run.ts';
import { coreModules, type Layout } from './layout.ts';
import { lvmHeader } from './lvm.ts';
import { bootTrack, PARTITION_START } from './mbr.ts';
import { mdHeader } from './md.ts';

const MIB = 1024 * 1024;

/** A file on the disk. */
export interface DiskFile {
  content: Uint8Array;
  /** The file has its size and no blocks: `truncate --size` on an empty file. Its content is then only zeros. */
  hole?: boolean;
}

export interface DiskInput {
  layout: Layout;
  /** UUID of the file system; not used where the layout has one of its own. */
  uuid: string;
  /** Everything on it except GRUB's modules, by absolute path. */
  files: ReadonlyMap<string, DiskFile>;
  /** GRUB's folder on the disk. */
  grub: string;
  /** Folder of GRUB's modules, with boot.img. */
  modules: string;
  /** Layers of the root in which grub-mkimage and the mkfs programs are run, topmost first. */
  layers: readonly string[];
}

// Before grub.cfg is read: GRUB speaks and listens on the serial port from its first word on, as on a server without a screen.
// Asking the BIOS for keys instead would cost more than everything else: each question is a change to real mode and back.
const EARLY = 'serial --unit=0 --speed=115200\nterminal_output serial\nterminal_input serial\n';
const EARLY_MODULES = ['serial', 'terminal'];

/** XFS's prototype of a tree: mkfs.xfs(8), -p. The names of our files have no blanks. */
function prototype(files: readonly string[], at: string): string {
  interface Folder { folders: Map<string, Folder>; files: Map<string, string> }
  const empty = (): Folder => ({ folders: new Map(), files: new Map() });
  const root = empty();
  for (const path of files) {
    const parts = path.split('/').slice(1);
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      if (!folder.folders.has(part)) folder.folders.set(part, empty());
      folder = folder.folders.get(part)!;
    }
    folder.files.set(parts.at(-1)!, path);
  }
  const lines = (f: Folder): string[] => [
    ...[...f.files].map(([name, path]) => `${name} ---644 0 0 ${at}${path}`),
    ...[...f.folders].flatMap(([name, inner]) => [`${name} d--755 0 0`, ...lines(inner), '$']),
  ];
  // The first two lines have been without meaning for decades and have to be there.
  return ['/', '0 0', 'd--755 0 0', ...lines(root), '$', ''].join('\n');
}

/** Shell that makes the file system in /srv/disk: `fs.img`, or `disk.img` at an offset where mkfs can do that. $OFFSET in bytes. */
const MKFS: Readonly<Record<Layout['fs'], (o: { uuid: string; mib: number; offset: number }) => string>> = {
  ext4: ({ uuid, mib, offset }) => `mke2fs -q -t ext4 -b 4096 -U ${uuid} -d tree -E offset=${offset} disk.img ${mib}M`,
  xfs: ({ uuid, mib }) => `truncate -s ${mib}M fs.img; mkfs.xfs -q -m uuid=${uuid} -p prototype fs.img`,
  btrfs: ({ uuid, mib }) => `truncate -s ${mib}M fs.img; mkfs.btrfs -q -U ${uuid} --rootdir tree fs.img`,
  fat: ({ uuid, mib }) => `truncate -s ${mib}M fs.img; mkfs.vfat -F 32 -i ${uuid.replace('-', '')} fs.img >/dev/null; mcopy -s -i fs.img tree/* ::/`,
};

/**
 * Builds the image.
 * @param dir an empty folder, on a file system overlayfs can write to; only the image is left in it
 * @returns path of the image
 * @throws Error when a program fails, or when the file system does not hold what it was given
 */
export async function buildDisk(dir: string, input: DiskInput): Promise<string> {
  const { layout } = input;
  const work = join(dir, 'upper/srv/disk');
  const tree = join(work, 'tree');
  for (const [path, file] of input.files) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), file.hole ? '' : file.content);
    if (file.hole) truncateSync(join(tree, path), file.content.length);
  }
  const modulesDir = join(tree, input.grub, 'i386-pc');
  mkdirSync(join(tree, input.grub), { recursive: true });
  await mustRun('copying the modules of GRUB', ['cp', '-r', '--', input.modules, modulesDir]);
  const names = (await mustRun('listing the files for the disk', ['find', tree, '-type', 'f', '-printf', '/%P\\n'])).split('\n').filter((l) => l !== '').sort();
  writeFileSync(join(work, 'prototype'), prototype(names, 'tree'));
  writeFileSync(join(work, 'early.cfg'), EARLY);

  const fsAt = PARTITION_START + layout.before * MIB;
  const uuid = layout.fsUuid ?? input.uuid;
  const partitionBytes = (layout.before + layout.fsMiB) * MIB;
  const core = [...EARLY_MODULES, ...coreModules(layout)];
  await runOnLayers(
    `making a disk (${layout.title})`,
    dir,
    input.layers,
    [
      'cd /srv/disk',
      `grub-mkimage -O i386-pc -c early.cfg -p '(${layout.device})${input.grub}' -o core.img ${core.join(' ')}`,
      MKFS[layout.fs]({ uuid, mib: layout.fsMiB, offset: fsAt }),
      `if [ -e fs.img ]; then dd if=fs.img of=disk.img bs=1M seek=${fsAt / MIB} conv=notrunc,sparse status=none; fi`,
    ].join('\n'),
  );

  const made = join(work, 'disk.img');
  const fd = openSync(made, 'r+');
  try {
    // conv=sparse leaves the end out when it is empty.
    ftruncateSync(fd, PARTITION_START + partitionBytes);
    writeSync(fd, bootTrack(readFileSync(join(input.modules, 'boot.img')), readFileSync(join(work, 'core.img')), partitionBytes), 0, null, 0);
    if (layout.name === 'lvm') writeSync(fd, lvmHeader(partitionBytes), 0, null, PARTITION_START);
    if (layout.name === 'md') writeSync(fd, mdHeader(partitionBytes), 0, null, PARTITION_START);
  } finally {
    closeSync(fd);
  }
  const image = join(dir, 'disk.img');
  renameSync(made, image);
  for (const left of ['upper', 'work', 'mnt']) await removeTree(join(dir, left));
  return image;
}

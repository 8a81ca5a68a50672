/** The layer that makes a plain Debian root a rehearsal host: the stand-ins, a user, the settings of a server. */
import { mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RehearsalHostSpec, RootHostSpec } from '../../model/host.ts';
import { artifact, removeTree } from '../system/cache.ts';
import { runOnLayers } from './chroot.ts';
import { aptSource, sourceSuites } from './archive.ts';
import type { Look } from '../shape/look.ts';
import { archLook } from '../shape/arch-look.ts';
import { rpmLook } from '../shape/rpm-look.ts';
import { ubuntuLook } from '../shape/ubuntu-look.ts';
import { parseSysfs } from '../root/sysfs.ts';

const REVISION = 1;

/** Folder of the stand-ins' sources. */
export const STANDIN_DIR = fileURLToPath(new URL('../root/standin/', import.meta.url));
/** Folder of the scripts that start a host. */
export const BOOT_DIR = fileURLToPath(new URL('../root/boot/', import.meta.url));
/** Where a host has what the lab needs inside it. */
export const LAB_DIR = '/usr/lib/trialboot-lab';
/** UUID of the host's root file system. */
export const ROOT_UUID = '3f1b8a52-6d0c-4e7a-9a35-51c7e2d40b17';

/** Programs of a host that the lab replaces; the real one is kept beside it as NAME.real. */
const REPLACED = ['/usr/sbin/grub-probe', '/usr/bin/systemctl', '/usr/bin/journalctl', '/usr/bin/dmesg', '/usr/bin/systemd-detect-virt'] as const;

/** Sources of everything that runs in a host for the lab, by file name: part of the cache's key. */
export function standInSources(): Record<string, string> {
  return Object.fromEntries(readdirSync(STANDIN_DIR).sort().map((f) => [f, readFileSync(join(STANDIN_DIR, f), 'utf8')]));
}

/** What a Debian server is set up with. */
const debianLook = (spec: RehearsalHostSpec): Look => ({
  hostname: 'debian',
  etc: {
    'etc/network/interfaces': 'auto lo\niface lo inet loopback\n\nauto ens3\niface ens3 inet static\n    address 192.0.2.10/24\n    gateway 192.0.2.1\n',
    'etc/apt/sources.list.d/debian.sources': aptSource(sourceSuites(spec)),
  },
  setup: '',
});

const lookOf = (spec: RootHostSpec): Look => {
  if (spec.lane !== 'shaped') return debianLook(spec);
  switch (spec.shape.family) {
    case 'ubuntu':
      return ubuntuLook(spec.shape);
    case 'rhel':
      return rpmLook(spec.shape);
    case 'arch':
      return archLook(spec.shape);
  }
};

/**
 * Settings by which both builders of initramfs files compress as fast as they can: zstd at level 9 (initramfs-tools) or 15 (dracut) takes
 * a third of the time of an installation, and what is in the file is the same.
 */
export const FAST_INITRAMFS: Readonly<Record<string, string>> = {
  'etc/initramfs-tools/conf.d/lab': 'COMPRESSLEVEL=1\n',
  'etc/dracut.conf.d/90-lab.conf': 'compress="zstd -1 -q -T0"\n',
};

/** What every host has, whatever it looks like. */
const etcFiles = ({ hostname, etc }: Look): Record<string, string> => ({
  'etc/hostname': `${hostname}\n`,
  'etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n`,
  'etc/machine-id': 'b61f0a7c4d2e4f9f8c35d1e07a94c218\n',
  'etc/fstab': `UUID=${ROOT_UUID} / ext4 errors=remount-ro 0 1\n`,
  'etc/sudoers.d/admin': 'admin ALL=(ALL:ALL) NOPASSWD: ALL\n',
  'etc/initramfs-tools/conf.d/resume': 'RESUME=none\n',
  ...FAST_INITRAMFS,
  ...etc,
});

// Runs inside, on top of the base. The compiler is the host's own, which it has for dkms.
const setup = (look: Look): string => `
umask 022
cd ${LAB_DIR}
gcc -O2 -Wall -Wextra -Werror -fPIC -shared -o identity.so src/identity.c
gcc -O2 -Wall -Wextra -Werror -o init src/init.c
rm -r src
for real in ${REPLACED.join(' ')}; do
	# Debian 12 still names some of these without /usr; a diversion has to name the path dpkg knows.
	known=$real
	dpkg -S "$real" >/dev/null 2>&1 || known=\${real#/usr}
	dpkg-divert --quiet --local --rename --divert "$known.real" --add "$known"
	install -m 755 "standin/$(basename "$real")" "$real"
done
rm -r standin
# What a start copies to /dev and /run. The disk's nodes are shown and cannot be opened there.
mkdir -p dev/pts dev/shm dev/disk/by-uuid run/lock run/lab run/systemd/system
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
ln -s ../../vda1 dev/disk/by-uuid/${ROOT_UUID}
# kmsg is a plain file: what a script writes to the kernel log must not reach the machine's.
for file in null zero full random urandom tty kmsg; do : >"dev/$file"; done
mknod dev/vda b 252 0
mknod dev/vda1 b 252 1
chmod 1777 run/lock
ln -s /var/log/journal/lab run/lab/journal
useradd --create-home --shell /bin/bash --groups sudo admin
chmod 440 /etc/sudoers.d/admin
# As Debian ships it; grub-pc's own script would have asked for a disk.
[ -e /etc/default/grub ] || cp /usr/share/grub/default/grub /etc/default/grub
mkdir -p /boot/grub /var/log/journal/lab
ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime
${look.setup}# Last: from here on every program started in this root believes what the lab says.
echo ${LAB_DIR}/identity.so >/etc/ld.so.preload
`;

/**
 * The shape layer of a host.
 * @param base the finished base layer
 * @returns folder whose `tree/` is the layer
 */
export function shapeLayer(spec: RootHostSpec, base: string): Promise<string> {
  const sources = standInSources();
  const look = lookOf(spec);
  const etc = etcFiles(look);
  const script = setup(look);
  return artifact(`shape-${spec.id}`, { revision: REVISION, base: basename(base), sources, etc, setup: script }, async (dir) => {
    const tree = join(dir, 'build/upper');
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(tree, path)), { recursive: true, mode: 0o755 });
      writeFileSync(join(tree, path), text, { mode: 0o644 });
    };
    for (const [path, text] of Object.entries(etc)) put(path, text);
    for (const file of readdirSync(STANDIN_DIR)) {
      const text = sources[file]!;
      if (file.endsWith('.c')) put(`${LAB_DIR}/src/${file}`, text);
      else if (REPLACED.some((r) => basename(r) === file)) put(`${LAB_DIR}/standin/${file}`, text);
      else if (file !== 'sysfs.txt') put(`${LAB_DIR}/${file}`, text);
    }
    writeSysfs(join(tree, LAB_DIR, 'sys'), sources['sysfs.txt']!);
    // What udev would have found out about the disk; lsblk and udevadm read it.
    put(`${LAB_DIR}/run/udev/data/b252:0`, 'I:1312004\nE:ID_PART_TABLE_TYPE=dos\nE:ID_PATH=pci-0000:02:00.0\nG:systemd\n');
    put(`${LAB_DIR}/run/udev/data/b252:1`, `S:disk/by-uuid/${ROOT_UUID}\nI:1312211\nE:ID_FS_TYPE=ext4\nE:ID_FS_VERSION=1.0\nE:ID_FS_UUID=${ROOT_UUID}\nE:ID_FS_UUID_ENC=${ROOT_UUID}\nE:ID_FS_USAGE=filesystem\nE:ID_PART_ENTRY_UUID=8c1f0d3e-01\nE:ID_PART_ENTRY_SCHEME=dos\nE:ID_PART_ENTRY_TYPE=0x83\nE:ID_PART_ENTRY_NUMBER=1\nG:systemd\n`);
    await runOnLayers(`shaping ${spec.id}`, join(dir, 'build'), [join(base, 'tree')], script);
    renameSync(join(dir, 'build/upper'), join(dir, 'tree'));
    await removeTree(join(dir, 'build'));
  });
}

function writeSysfs(root: string, text: string): void {
  for (const item of parseSysfs(text)) {
    const path = join(root, item.path);
    mkdirSync(item.kind === 'folder' ? path : dirname(path), { recursive: true, mode: 0o755 });
    if (item.kind === 'file') {
      writeFileSync(path, item.content);
      chmodSync(path, 0o444);
    } else if (item.kind === 'link') symlinkSync(item.target, path);
  }
}

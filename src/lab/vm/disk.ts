/** The disk of a virtual machine with the layout root-ext4: made from a tree without a loop device, then finished by the machine itself. */
import { existsSync, openSync, closeSync, readFileSync, renameSync, writeFileSync, writeSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { VmHostSpec } from '../../model/host.ts';
import { artifact, removeTree, touchArtifact } from '../system/cache.ts';
import { mustRun } from '../system/run.ts';
import { grubDirOf } from '../host-spec.ts';
import { masterBootRecord, SECTOR } from './mbr.ts';
import { besideTree, ext4Image } from './toolroot.ts';
import { RPM_BAKE } from './rpm-tree.ts';
import { CONSOLE_ARGUMENTS, REPO_LABEL, ROOT_UUID, SPEED_ARGUMENTS, type VmTree } from './settings.ts';
import { treeKernel, vmTree } from './tree.ts';

const REVISION = 2;

/** MiB of the disk and of what lies before its partition. */
const DISK_MIB = 3072;
const GAP_MIB = 1;

const DISK_ID = 0x7b0075ee;

/** The read-only disk with the package source. */
export function repoDisk(tree: VmTree): Promise<string> {
  const inputs = { revision: REVISION, archive: basename(tree.archive) };
  return artifact('vm-repo', inputs, async (dir) => {
    const content = join(tree.archive, 'tree/srv/lab/archive');
    const mib = Number((await mustRun('measuring the package source', ['du', '-sm', content])).split('\t')[0]);
    await ext4Image(join(dir, 'repo.img'), { tools: tree.layers, content: [content], size: Math.ceil(mib * 1.15) + 24, options: ['-L', REPO_LABEL, '-m', '0', '-O', '^has_journal'] });
  }).then((dir) => join(dir, 'repo.img'));
}

/** What the first start of a disk reads instead of a menu: there is none before update-grub has run on the machine. */
const bootstrapMenu = (release: string, initrd: string): string => `serial --unit=0 --speed=115200
terminal_output serial
linux /boot/vmlinuz-${release} root=UUID=${ROOT_UUID} ro ${CONSOLE_ARGUMENTS} ${SPEED_ARGUMENTS}
initrd /boot/${initrd}
boot
`;

/** The raw disk, bootable by our own boot sector and core image. */
async function rawDisk(spec: VmHostSpec, tree: VmTree, dir: string): Promise<string> {
  const { release } = treeKernel(tree);
  const grub = grubDirOf(spec);
  const extra = join(dir, 'extra');
  mkdirSync(join(extra, grub), { recursive: true });
  writeFileSync(join(extra, grub, 'grub.cfg'), bootstrapMenu(release, spec.shape ? `initramfs-${release}.img` : `initrd.img-${release}`));
  await besideTree(
    'making GRUB\'s core image',
    { tools: tree.grub, content: tree.layers, out: dir },
    `grub-mkimage -O i386-pc -p '(hd0,msdos1)${grub}' -o /mnt/out/core.img biosdisk part_msdos ext2 normal linux serial echo configfile search
cp /usr/lib/grub/i386-pc/boot.img /mnt/out/
mkdir -p /mnt/out/extra${grub}/i386-pc
cp /usr/lib/grub/i386-pc/*.mod /usr/lib/grub/i386-pc/*.lst /mnt/out/extra${grub}/i386-pc/`,
  );
  const file = join(dir, 'disk.img');
  await ext4Image(file, { tools: tree.layers, content: [extra, ...tree.layers], size: DISK_MIB, offset: GAP_MIB, options: ['-U', ROOT_UUID, '-L', 'root'] });
  const start = (GAP_MIB * 2 ** 20) / SECTOR;
  const mbr = masterBootRecord(readFileSync(join(dir, 'boot.img')), DISK_ID, [{ type: 0x83, start, sectors: ((DISK_MIB - GAP_MIB) * 2 ** 20) / SECTOR, active: true }]);
  const core = readFileSync(join(dir, 'core.img'));
  if (SECTOR + core.length > GAP_MIB * 2 ** 20) throw new Error(`lab: GRUB's core image of ${core.length} bytes does not fit before the partition`);
  const fd = openSync(file, 'r+');
  writeSync(fd, mbr, 0, SECTOR, 0);
  writeSync(fd, core, 0, core.length, SECTOR);
  closeSync(fd);
  await removeTree(extra);
  return file;
}

/**
 * Runs on the machine at its first start: what an installer does with the boot loader. Every result is read back. The wait for the end of
 * the start may say "degraded" (the machine has no menu yet): only its end is wanted.
 */
export const BAKE = `set -eu
timeout 120 systemctl is-system-running --wait >/dev/null || true
update-initramfs -u -k all >&2
grub-install --target=i386-pc /dev/disk/by-id/virtio-trialboot-root >&2
grub-editenv /boot/grub/grubenv create
update-grub >&2
grep -q "gnulinux-$(uname -r)-advanced-" /boot/grub/grub.cfg
[ "$(stat -c %s /boot/grub/grubenv)" = 1024 ]
apt-get update >&2
journalctl --rotate -q; journalctl --vacuum-time=1s -q
rm -f /root/.bash_history
sync
`;

/**
 * The finished disk of the layout root-ext4: a qcow2 that boots by its own GRUB.
 * @param bake starts a machine on a disk, runs the script on it, switches it off in order
 * @param finish shell that runs on the machine at the end of its first start
 */
export async function nativeDisk(spec: VmHostSpec, bake: (disk: string, repo: string, script: string) => Promise<void>, finish = ''): Promise<string> {
  const tree = await vmTree(spec, []);
  const repo = await repoDisk(tree);
  const work = (spec.shape ? RPM_BAKE : BAKE) + finish;
  const dir = await artifact(`vm-disk-root-ext4-${spec.id}`, { revision: REVISION, tree: tree.names, bake: work, size: DISK_MIB }, async (temp) => {
    const raw = await rawDisk(spec, tree, temp);
    const first = join(temp, 'first.qcow2');
    await mustRun('converting the disk', ['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, first]);
    rmSync(raw);
    await bake(first, repo, work);
    await mustRun('packing the disk', ['qemu-img', 'convert', '-f', 'qcow2', '-O', 'qcow2', first, join(temp, 'packed.qcow2')]);
    renameSync(join(temp, 'packed.qcow2'), join(temp, 'disk.qcow2'));
    for (const name of ['first.qcow2', 'core.img', 'boot.img']) if (existsSync(join(temp, name))) rmSync(join(temp, name));
  });
  touchArtifact(dir);
  return join(dir, 'disk.qcow2');
}

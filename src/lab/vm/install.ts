/** Disks of the other layouts: made by the installed machine itself, on a second disk, with its own tools. */
import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { VmHostSpec, VmLayout } from '../../model/host.ts';
import { artifact, touchArtifact } from '../system/cache.ts';
import { mustRun } from '../system/run.ts';
import { repoDisk } from './disk.ts';
import { LAYOUTS, MAKE_PRELUDE } from './layout.ts';
import type { Vm } from './machine.ts';
import { rootDisk, type Disk } from './qemu.ts';
import { REPO_FSTAB } from './settings.ts';
import { vmTree } from './tree.ts';

const REVISION = 2;
const DISK = '3G';

/** After the layout's own part has printed its fstab: the copy, the packages it needs, initramfs and boot loader. */
const script = (make: string, packages: readonly string[], grubInstall: string): string => `${MAKE_PRELUDE}
export DEBIAN_FRONTEND=noninteractive
disk=$(readlink -f /dev/disk/by-id/virtio-trialboot-target)
[ -b "$disk" ]
source=/
mkdir -p /target /run/source
${packages.length > 0 ? `apt-get update >&2; apt-get install -y --no-install-recommends ${packages.join(' ')} >&2` : ''}
make() {
${make}
}
make > /run/fstab
mount --bind / /run/source
cp -ax /run/source/. /target/
umount /run/source
{ cat /run/fstab; printf '%s' '${REPO_FSTAB}'; } > /target/etc/fstab
# As slaves: what is unmounted below /target must stay mounted on the machine.
for d in dev proc sys run; do mount --rbind "/$d" "/target/$d"; mount --make-rslave "/target/$d"; done
mount LABEL=trialboot-repo /target/srv/lab/archive 2> /dev/null || mount --bind /srv/lab/archive /target/srv/lab/archive
cd /target
disk=$disk chroot /target /bin/bash -euc '${`
update-initramfs -u -k all >&2
grub-install ${grubInstall} >&2
rm -f /boot/grub/grubenv; grub-editenv /boot/grub/grubenv create
update-grub >&2
grep -q "gnulinux-$(uname -r)-advanced-" /boot/grub/grub.cfg
`.replaceAll("'", `'\\''`)}'
rm -rf /target/var/log/journal/*
cd /; sync
umount -R /target
sync
`;

/**
 * The finished disk of a layout that has a \`make\` of its own.
 * @param native disk of the layout root-ext4
 * @param start makes a machine on the very disks it is given
 */
export async function installedDisk(spec: VmHostSpec, layout: VmLayout, native: string, start: (o: { layout: VmLayout; disks: Disk[] }) => Promise<Vm>): Promise<string> {
  const { make, packages, grubInstall } = LAYOUTS[layout];
  const text = script(make!, packages, grubInstall);
  const dir = await artifact(`vm-disk-${layout}-${spec.id}`, { revision: REVISION, native: basename(dirname(native)), text }, async (temp) => {
    const source = join(temp, 'source.qcow2');
    const target = join(temp, 'target.qcow2');
    await mustRun('copying a disk', ['cp', '--sparse=always', '--reflink=auto', '--', native, source]);
    await mustRun('making an empty disk', ['qemu-img', 'create', '-q', '-f', 'qcow2', target, DISK]);
    const repo = await repoDisk(await vmTree(spec, []));
    const vm = await start({
      layout: 'root-ext4',
      disks: [rootDisk(source), { file: repo, format: 'raw', readonly: true, serial: 'trialboot-repo' }, { file: target, format: 'qcow2', readonly: false, serial: 'trialboot-target' }],
    });
    try {
      await vm.up(1);
      const r = await vm.exec(text, { timeoutMs: 1_500_000 });
      if (r.status !== 0) throw new Error(`lab: making a disk ${layout} failed (status ${r.status}):\n${r.stdout}\n${r.stderr.slice(-4000)}`);
      await vm.powerOff();
    } finally {
      await vm.destroy();
    }
    await mustRun('packing the disk', ['qemu-img', 'convert', '-f', 'qcow2', '-O', 'qcow2', target, join(temp, 'disk.new')]);
    renameSync(join(temp, 'disk.new'), join(temp, 'disk.qcow2'));
    rmSync(source);
    rmSync(target);
  });
  touchArtifact(dir);
  return join(dir, 'disk.qcow2');
}

/** The root of a machine of the RHEL family: a Debian root in its shape, with dnf, boot entries and a real kernel out of an RPM. */
import { basename, join } from 'node:path';
import { ARCHIVE_PATH } from '../layer/archive.ts';
import { baseLayer } from '../layer/base.ts';
import { FAST_INITRAMFS } from '../layer/shape.ts';
import { blsGrub } from '../layer/bls-grub.ts';
import { RPM_KEY, rpmLook } from '../shape/rpm-look.ts';
import { rpmVersion } from '../shape/rpm-packages.ts';
import { archiveKernels, rpmVmArchive, type RpmVmSpec } from './rpm-archive.ts';
import { rootLayer } from './root-layer.ts';
import { CONSOLE_ARGUMENTS, LOG_ARGUMENTS, NETWORK, REPO_FSTAB, ROOT_UUID, SPEED_ARGUMENTS, type VmTree } from './settings.ts';

const REVISION = 1;

/**
 * The part of grub2-mkconfig that makes the menu. On GRUB 2.14 the module is called blsuki, and it looks below the root of the file
 * system alone: there a link leads to the entries in /boot, where Red Hat's is told the folder by a variable (blsdir).
 */
const MENU = `#!/bin/sh
set -e
cat <<'MENU'
insmod part_msdos
insmod ext2
MENU
echo "search --no-floppy --fs-uuid --set=root $(grub2-probe --target=fs_uuid /boot)"
cat <<'MENU'
insmod blsuki
blscfg
MENU
`;

const etcFiles = (spec: RpmVmSpec): Record<string, string> => {
  const look = rpmLook(spec.shape);
  const grub = look.etc['etc/default/grub']!.replace(/^GRUB_TIMEOUT=.*$/m, 'GRUB_TIMEOUT=1').replace(/^GRUB_TERMINAL_OUTPUT=.*$/m, 'GRUB_TERMINAL="console serial"\nGRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"');
  return {
    ...look.etc,
    'etc/hostname': `${look.hostname}\n`,
    'etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${look.hostname}\n`,
    'etc/fstab': `UUID=${ROOT_UUID} / ext4 errors=remount-ro 0 1\n${REPO_FSTAB}`,
    // It begins with a letter: GRUB 2.14 takes a default that begins with a digit for the number of an entry.
    'etc/machine-id': 'b61f0a7c4d2e4f9f8c35d1e07a94c218\n',
    'etc/kernel/cmdline': `root=UUID=${ROOT_UUID} ro ${CONSOLE_ARGUMENTS} ${SPEED_ARGUMENTS} ${LOG_ARGUMENTS}\n`,
    'etc/systemd/network/10-server.network': NETWORK,
    // For this machine alone, as dracut makes it on the RHEL family.
    'etc/dracut.conf.d/lab.conf': 'hostonly="yes"\nhostonly_cmdline="no"\n',
    ...FAST_INITRAMFS,
    'etc/default/grub': grub,
    'etc/grub.d/10_linux': MENU,
    'etc/sudoers.d/admin': 'admin ALL=(ALL:ALL) NOPASSWD: ALL\n',
  };
};

// Runs inside, on top of base and package source. The arguments in the text are names of packages.
const setup = (spec: RpmVmSpec, lookSetup: string, packages: readonly string[]): string => `
umask 022
useradd --create-home --shell /bin/bash --groups sudo admin
chmod 440 /etc/sudoers.d/admin
ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime
install -d -m 2755 -g systemd-journal /var/log/journal
systemctl enable systemd-networkd.service
${lookSetup}
grub2-editenv /boot/grub2/grubenv create
rpm --import ${RPM_KEY}
rpm -i ${ARCHIVE_PATH}/${spec.shape.repository}/Packages/standin-userland-*.rpm ${ARCHIVE_PATH}/${spec.shape.repository}/Packages/*-release-*.noarch.rpm
# There is no machine here yet to make an initramfs for: this one, for the first start, has all drivers.
echo 'hostonly="no"' >/etc/dracut.conf.d/zz-first.conf
dnf -y install ${packages.join(' ')}
rm /etc/dracut.conf.d/zz-first.conf
# Read back: what dnf says of boot files is not what happened.
for kernel in /boot/vmlinuz-*; do
	[ -s "$kernel" ] && [ -s "/boot/initramfs-\${kernel#/boot/vmlinuz-}.img" ] && [ -s "/lib/modules/\${kernel#/boot/vmlinuz-}/modules.dep.bin" ] ||
		{ echo "kernel, initramfs or module index is missing for $kernel" >&2; ls -l /boot >&2; exit 1; }
done
[ "$(ls /boot/loader/entries/*.conf | wc -l)" = 1 ]
ln -s boot/loader /loader
mkdir -p ${ARCHIVE_PATH}
rm -rf /var/cache/dnf/* /var/log/dnf*
`;

/**
 * Runs on the machine at its first start. The boot sector is ours: the machine's own grub2-install is not GRUB 2.14's. The wait for the
 * end of the start may say "degraded": only its end is wanted.
 */
export const RPM_BAKE = `set -eu
timeout 120 systemctl is-system-running --wait >/dev/null || true
dracut --force --kver "$(uname -r)" "/boot/initramfs-$(uname -r).img" >&2
grub2-mkconfig -o /boot/grub2/grub.cfg >&2
grep -qx blscfg /boot/grub2/grub.cfg
entry=$(ls /boot/loader/entries/*.conf)
grub2-set-default "$(basename "$entry" .conf)"
[ "$(stat -c %s /boot/grub2/grubenv)" = 1024 ]
grep -q "^saved_entry=.*-$(uname -r)$" /boot/grub2/grubenv
dnf -q makecache >&2
journalctl --rotate -q; journalctl --vacuum-time=1s -q
rm -f /root/.bash_history
sync
`;

/**
 * The root, with the old kernel installed in it by dnf.
 * @throws Error when a layer cannot be built; what was finished stays in the cache
 */
export async function rpmVmTree(spec: RpmVmSpec): Promise<VmTree> {
  const base = await baseLayer(spec);
  const [archive, { grubLayers }] = [await rpmVmArchive(spec, base), await blsGrub(base)];
  const { version, release } = rpmVersion(archiveKernels(archive)[0]);
  const dir = await rootLayer(spec.id, { revision: REVISION, archive, base, etc: etcFiles(spec), script: setup(spec, rpmLook(spec.shape).setup, [`kernel-${version}-${release}`]) });
  const trees = (dirs: readonly string[]): string[] => dirs.map((d) => join(d, 'tree'));
  return { layers: trees([dir, base]), grub: trees([...grubLayers, base]), archive, names: [dir, archive, base, ...grubLayers].map((d) => basename(d)) };
}

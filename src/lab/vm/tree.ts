/** The root of a virtual machine as a layer over its base: settings of a server, the agent, the old kernel. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { VmHostSpec } from '../../model/host.ts';
import { assertCacheFileSystem } from '../system/cache.ts';
import { aptSource, ARCHIVE_PATH, archiveLayer, sourceSuites } from '../layer/archive.ts';
import { baseLayer } from '../layer/base.ts';
import { FAST_INITRAMFS } from '../layer/shape.ts';
import type { RpmVmSpec } from './rpm-archive.ts';
import { rpmVmTree } from './rpm-tree.ts';
import { rootLayer } from './root-layer.ts';
import { CONSOLE_ARGUMENTS, LOG_ARGUMENTS, NETWORK, REPO_FSTAB, ROOT_DISK_SERIAL, ROOT_UUID, SPEED_ARGUMENTS, type VmTree } from './settings.ts';

const REVISION = 2;

const etcFiles = (spec: VmHostSpec): Record<string, string> => ({
  'etc/hostname': 'debian\n',
  'etc/fstab': `UUID=${ROOT_UUID} / ext4 errors=remount-ro 0 1\n${REPO_FSTAB}`,
  'etc/hosts': '127.0.0.1 localhost\n127.0.1.1 debian\n',
  // A machine that has been started before, not one at its very first boot.
  'etc/machine-id': 'b61f0a7c4d2e4f9f8c35d1e07a94c218\n',
  'etc/initramfs-tools/conf.d/resume': 'RESUME=none\n',
  ...FAST_INITRAMFS,
  'etc/systemd/network/10-server.network': NETWORK,
  'etc/apt/sources.list.d/debian.sources': aptSource(sourceSuites(spec)),
});

// Runs inside, on top of base and package source. The arguments in the text are names of packages.
const setup = (packages: readonly string[]): string => `
umask 022
export DEBIAN_FRONTEND=noninteractive
useradd --create-home --shell /bin/bash --groups sudo admin
echo 'admin ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
chmod 440 /etc/sudoers.d/admin
ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime
install -d -m 2755 -g systemd-journal /var/log/journal
# As after an installation: the disk grub-pc keeps its boot sector on.
echo 'grub-pc grub-pc/install_devices_empty boolean false
grub-pc grub-pc/install_devices multiselect /dev/disk/by-id/virtio-${ROOT_DISK_SERIAL}' | debconf-set-selections
systemctl enable systemd-networkd.service
apt-get update
# GRUB's menu is made on the machine itself, where there is a disk to look at; here its generator would only fail.
chmod -x /etc/kernel/postinst.d/zz-update-grub
apt-get install -y --no-install-recommends ${packages.join(' ')}
chmod +x /etc/kernel/postinst.d/zz-update-grub
apt-get clean
[ -e /etc/default/grub ] || cp /usr/share/grub/default/grub /etc/default/grub
sed -i -e 's/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=1/' \\
	-e 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT="${LOG_ARGUMENTS}"/' \\
	-e 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX="${CONSOLE_ARGUMENTS} ${SPEED_ARGUMENTS}"/' /etc/default/grub
{ echo; echo 'GRUB_TERMINAL="console serial"'; echo 'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"'; } >>/etc/default/grub
# Read back: a package manager's status says little about the boot files.
for kernel in /boot/vmlinuz-*; do
	[ -s "$kernel" ] && [ -s "/boot/initrd.img-\${kernel#/boot/vmlinuz-}" ] && [ -s "/lib/modules/\${kernel#/boot/vmlinuz-}/modules.dep.bin" ] ||
		{ echo "kernel, initramfs or module index is missing for $kernel" >&2; ls -l /boot >&2; exit 1; }
done
[ "$(grep -c -e '^GRUB_CMDLINE_LINUX="${CONSOLE_ARGUMENTS} ${SPEED_ARGUMENTS}"' -e '^GRUB_CMDLINE_LINUX_DEFAULT="${LOG_ARGUMENTS}"' -e '^GRUB_TIMEOUT=1$' /etc/default/grub)" = 3 ] ||
	{ echo '/etc/default/grub has not the settings it was given' >&2; exit 1; }
mkdir -p ${ARCHIVE_PATH}
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
`;

/**
 * The root of a virtual machine, with the old kernel installed in it and the packages a layout needs.
 * @param packages names of further packages
 * @throws Error when a layer cannot be built; what was finished stays in the cache
 */
export async function vmTree(spec: VmHostSpec, packages: readonly string[]): Promise<VmTree> {
  assertCacheFileSystem();
  if (spec.shape) return rpmVmTree(spec as RpmVmSpec);
  const base = await baseLayer(spec);
  const archive = await archiveLayer(spec, base);
  const dir = await rootLayer(spec.id, { revision: REVISION, archive, base, etc: etcFiles(spec), script: setup([...spec.kernels.old.packages, ...packages]) });
  const layers = [dir, base].map((d) => join(d, 'tree'));
  return { layers, grub: layers, archive, names: [dir, archive, base].map((d) => basename(d)) };
}

/**
 * The old kernel's image in a tree.
 * @throws Error when the tree has none
 */
export function treeKernel(tree: VmTree): { release: string; image: string } {
  const boot = join(tree.layers[0]!, 'boot');
  const name = readdirSync(boot).find((f) => f.startsWith('vmlinuz-'));
  if (!name) throw new Error(`lab: ${boot} has no kernel. Mend: remove ${dirname(tree.layers[0]!)} from the cache and try again`);
  return { release: name.slice('vmlinuz-'.length), image: join(boot, name) };
}

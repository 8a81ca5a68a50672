/**
 * A Debian cloud image, made from the archive as the machines' own disks are: with cloud-init, and without anything of the lab. It is
 * there to try the layout `image` with, where no cloud's images can be had.
 */
import { copyFileSync, renameSync } from 'node:fs';
import { nativeDisk } from './disk.ts';
import { bakeWith, readVmSpec } from './vm.ts';

/** What cloud images have and the lab's machines have not. */
const CLOUD_PACKAGES = ['cloud-init', 'cloud-guest-utils', 'dbus', 'netplan.io', 'openssh-server'] as const;

/** Takes the lab out again; what is left must not know it. */
const FINISH = `systemctl disable systemd-networkd.service >&2
umount /srv/lab/archive
rm -rf /etc/systemd/network/10-server.network /etc/apt/sources.list.d /var/lib/apt/lists /srv/lab
rm /usr/lib/udev/rules.d/90-trialboot-agent.rules /usr/lib/systemd/system/trialboot-agent.service /usr/lib/trialboot-lab/agent.sh
sed -i /trialboot/d /etc/fstab
userdel admin
rm -rf /home/admin /etc/sudoers.d/admin
cloud-init clean --logs --seed >&2
[ -z "$(grep -rl trialboot-agent /etc /usr/lib/systemd /usr/lib/udev)" ]
sync
`;

/**
 * Writes the image (qcow2).
 * @param hostId host of the vm lane it is made after
 * @throws Error when it cannot be made; then nothing is written
 */
export async function makeCloudImage(hostId: string, file: string): Promise<void> {
  const spec = readVmSpec(hostId);
  const cloud = { ...spec, id: `${spec.distro}-cloud`, include: [...spec.include, ...CLOUD_PACKAGES] };
  const disk = await nativeDisk(cloud, bakeWith(cloud), FINISH);
  copyFileSync(disk, `${file}.new`);
  renameSync(`${file}.new`, file);
}

/** What the lab sets on every virtual machine, whatever is installed on it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ARCHIVE_PATH } from '../layer/archive.ts';

/** Label of the file system with the package source. */
export const REPO_LABEL = 'trialboot-repo';
/** What QEMU calls the disk with the root; the guest finds it as /dev/disk/by-id/virtio-NAME. */
export const ROOT_DISK_SERIAL = 'trialboot-root';
/** The console of every kernel: notices are shown, because a boot is known by the banner on the serial line. */
export const CONSOLE_ARGUMENTS = 'console=tty0 console=ttyS0,115200';
/**
 * For every kernel of a machine: defences that an emulated processor pays dearly for, and has no use for. With page-table isolation
 * each system call empties QEMU's address cache (27 µs against 2). With random addresses QEMU translates every program anew each time
 * it is started (starting /bin/true: 110 ms against 49). Both seen on QEMU 7.2, 2026-11-25.
 */
export const SPEED_ARGUMENTS = 'mitigations=off norandmaps';
export const LOG_ARGUMENTS = 'loglevel=6';

/** Lines of fstab every layout has. A slow machine may need long to find a disk. */
export const REPO_FSTAB = `LABEL=${REPO_LABEL} ${ARCHIVE_PATH} ext4 ro,nofail,x-systemd.device-timeout=90s 0 0\n`;

const GUEST = fileURLToPath(new URL('./guest/', import.meta.url));
/** Where the files of src/lab/vm/guest lie in the machine. */
export const GUEST_FILES: Readonly<Record<string, { to: string; mode: number }>> = {
  'agent.sh': { to: 'usr/lib/trialboot-lab/agent.sh', mode: 0o755 },
  'agent.service': { to: 'usr/lib/systemd/system/trialboot-agent.service', mode: 0o644 },
  '90-trialboot-agent.rules': { to: 'usr/lib/udev/rules.d/90-trialboot-agent.rules', mode: 0o644 },
};

/** The card's fixed address, and a route that leads nowhere. */
export const NETWORK = '[Match]\nType=ether\n\n[Network]\nAddress=192.0.2.10/24\nGateway=192.0.2.1\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n';

/** Text of a file that the lab puts into machines, for image.ts too. */
export const guestFile = (name: string): string => readFileSync(join(GUEST, name), 'utf8');

/** UUID of the root file system of the layout root-ext4. */
export const ROOT_UUID = '5c1d9c1e-6d7a-4c0e-9e3b-2f4a7b8c9d10';

/** All of them by name. */
export const guestFiles = (): Record<string, string> => Object.fromEntries(readdirSync(GUEST).sort().map((f) => [f, guestFile(f)]));

/** What a machine's disk is made of. */
export interface VmTree {
  /** Layers of the root, topmost first; the package source is not among them. */
  layers: string[];
  /** Layers of the root with the tools and modules of the GRUB that starts the machine, topmost first. */
  grub: string[];
  /** Folder of the archive layer. */
  archive: string;
  /** Names of the finished layers: part of the key of what is made from them. */
  names: string[];
}

/**
 * A cloud image as a machine's disk. It is started once beside a NoCloud seed, from which cloud-init brings the lab's agent; the agent
 * then settles it: cloud-init is off afterwards, the console is the serial line, and Debian's package source is the lab's own.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { VmHostSpec } from '../../model/host.ts';
import { artifact, touchArtifact } from '../system/cache.ts';
import { aptSource, ARCHIVE_PATH, sourceSuites } from '../layer/archive.ts';
import { mustRun, run } from '../system/run.ts';
import type { Vm } from './machine.ts';
import { rootDisk, type Disk } from './qemu.ts';
import { CONSOLE_ARGUMENTS, GUEST_FILES, guestFile, REPO_FSTAB, SPEED_ARGUMENTS } from './settings.ts';

const REVISION = 1;

/** A disk is made at least so large, as a cloud would; cloud-init grows the file system. */
const LEAST_GIB = 4;

/** What a seed is made with, and the Debian package it comes from. */
export const SEED_TOOL = ['genisoimage', 'genisoimage'] as const;

/** How long the first start of an image may take: cloud-init is Python, on a processor that may be emulated. */
const FIRST_START_MS = 1_500_000;

/**
 * The user data of the seed: the lab's agent and its unit. A JSON text is YAML.
 * @see https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
 */
export function userData(): string {
  const files = Object.entries(GUEST_FILES).map(([name, { to, mode }]) => ({
    path: `/${to}`,
    permissions: `0${mode.toString(8)}`,
    encoding: 'b64',
    content: Buffer.from(guestFile(name)).toString('base64'),
  }));
  const runcmd = [
    ['systemctl', 'daemon-reload'],
    ['udevadm', 'control', '--reload'],
    ['systemctl', '--no-block', 'start', 'trialboot-agent.service'],
  ];
  return `#cloud-config\n${JSON.stringify({ write_files: files, runcmd }, undefined, 1)}\n`;
}

/**
 * Settles the machine; runs on it as root, and every result is read back. On another distribution than the host's there is no package
 * source, and the script of the host's refuses it by itself.
 */
const settle = (spec: VmHostSpec): string => `set -eu
. /etc/os-release
# "done", or "degraded" for what it could only warn of: the lab has no network to give.
cloud-init status --wait >&2 || [ $? = 2 ]
touch /etc/cloud/cloud-init.disabled
if [ -e /etc/default/grub ] && command -v update-grub >/dev/null; then
	mkdir -p /etc/default/grub.d
	cat >/etc/default/grub.d/99-trialboot-lab.cfg <<'GRUB'
GRUB_TIMEOUT=1
GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${CONSOLE_ARGUMENTS} ${SPEED_ARGUMENTS}"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB
	update-grub >&2
	grep -q '^[[:space:]]*linux.*${SPEED_ARGUMENTS}' /boot/grub/grub.cfg
elif command -v grubby >/dev/null; then
	grubby --update-kernel=ALL --args='${CONSOLE_ARGUMENTS} ${SPEED_ARGUMENTS}' >&2
	grubby --info=DEFAULT | grep -q '${SPEED_ARGUMENTS}'
fi
if [ "$ID-\${VERSION_ID:-}" = "${spec.distro}" ]; then
	mkdir -p ${ARCHIVE_PATH}
	printf '%s' '${REPO_FSTAB}' >>/etc/fstab
	systemctl daemon-reload
	mount ${ARCHIVE_PATH}
	rm -rf /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/mirrors
	mkdir /etc/apt/sources.list.d
	cat >/etc/apt/sources.list.d/lab.sources <<'SOURCE'
${aptSource(sourceSuites(spec))}SOURCE
	apt-get update >&2
	# An image without these timers is as good as one in which they are off.
	systemctl disable --now apt-daily.timer apt-daily-upgrade.timer >&2 || true
fi
mkdir -p /var/log/journal
sync
`;

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The read-only disk that cloud-init finds by its label. */
async function seedDisk(dir: string): Promise<Disk> {
  const seed = join(dir, 'seed');
  mkdirSync(seed);
  writeFileSync(join(seed, 'user-data'), userData());
  writeFileSync(join(seed, 'meta-data'), 'instance-id: trialboot-lab\nlocal-hostname: lab\n');
  const file = join(dir, 'seed.iso');
  await mustRun('making the seed', [SEED_TOOL[0], '-quiet', '-output', file, '-volid', 'cidata', '-joliet', '-rational-rock', seed]);
  return { file, format: 'raw', readonly: true, serial: 'trialboot-seed' };
}

/**
 * The settled disk of a cloud image, in the cache under the sum of the image.
 * @param spec the host whose package source the machine gets, when it is of the same distribution
 * @param image file in a format that qemu-img reads
 * @param repo the disk with the package source
 * @param start makes a machine on the very disks it is given
 * @throws Error when the file is no disk, the seed cannot be made, or the image does not start the agent
 */
export async function imageDisk(spec: VmHostSpec, image: string, repo: Disk, start: (disks: Disk[]) => Promise<Vm>): Promise<string> {
  const file = resolve(image);
  if (!existsSync(file)) throw new Error(`no file ${file}`);
  if ((await run([SEED_TOOL[0], '--version'], { timeoutMs: 20_000 }).catch(() => undefined))?.status !== 0) {
    throw new Error(`a seed for cloud-init is made with ${SEED_TOOL[0]}: apt-get install --no-install-recommends ${SEED_TOOL[1]}`);
  }
  const info = await run(['qemu-img', 'info', '--output=json', file]);
  const { format, 'virtual-size': size = 0 } = (info.status === 0 ? JSON.parse(info.stdout) : {}) as { format?: string; 'virtual-size'?: number };
  if (format === undefined || size < 2 ** 26) throw new Error(`${file} is no disk image: ${info.stderr.trim() || `${size} bytes of format ${format}`}`);
  const text = settle(spec);
  const dir = await artifact('vm-disk-image', { revision: REVISION, image: await sha256(file), userData: userData(), text }, async (temp) => {
    const disk = join(temp, 'first.qcow2');
    await mustRun('copying the image', ['qemu-img', 'convert', '-f', format, '-O', 'qcow2', file, disk]);
    if (size < LEAST_GIB * 2 ** 30) await mustRun('growing the disk', ['qemu-img', 'resize', '-q', '-f', 'qcow2', disk, `${LEAST_GIB}G`]);
    const vm = await start([rootDisk(disk), repo, await seedDisk(temp)]);
    try {
      await vm.up(1, FIRST_START_MS);
      const r = await vm.exec(text, { timeoutMs: FIRST_START_MS });
      if (r.status !== 0) throw new Error(`the image started, but could not be settled (status ${r.status}):\n${r.stdout}\n${r.stderr.slice(-4000)}`);
      await vm.powerOff();
    } finally {
      await vm.destroy();
    }
    for (const name of ['seed', 'seed.iso']) rmSync(join(temp, name), { recursive: true });
    renameSync(disk, join(temp, 'disk.qcow2'));
  });
  touchArtifact(dir);
  return join(dir, 'disk.qcow2');
}

/** A cloud image as the bench of scenarios: which release it is, and what can be said of it in evidence. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { distroOf, parseOsRelease } from '../../runbook/os-release.ts';
import type { Runbook } from '../../runbook/select.ts';
import { artifact } from '../system/cache.ts';
import { createVm } from '../vm/vm.ts';

/** A file somebody brought, and how its machines are used. */
export interface Image {
  file: string;
  sha256: string;
  /** May its machines reach the network, for packages the lab has not? */
  internet: boolean;
}

/** @throws Error when the file cannot be read */
export async function readImage(file: string, internet: boolean): Promise<Image> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { file, sha256: hash.digest('hex'), internet };
}

/** /etc/os-release of an image, asked of the machine itself once it is up; kept under the sum of the image. */
async function osRelease(hostId: string, image: Image): Promise<string> {
  const dir = await artifact('image-os-release', { sha256: image.sha256 }, async (temp) => {
    const vm = await createVm(hostId, { image: image.file });
    try {
      const r = await vm.exec('cat /etc/os-release');
      if (r.status !== 0) throw new Error(`${image.file}: /etc/os-release cannot be read: ${r.stderr}`);
      writeFileSync(join(temp, 'os-release'), r.stdout);
    } finally {
      await vm.destroy();
    }
  });
  return readFileSync(join(dir, 'os-release'), 'utf8');
}

/**
 * The runbook for an image.
 * @param hostId host of the vm lane whose machines run it
 * @param wanted id of a distribution, if somebody has named one: then the image is not asked
 * @throws Error naming the scripts there are, when none is for this release
 */
export async function runbookOfImage(hostId: string, image: Image, runbooks: readonly Runbook[], wanted?: string): Promise<Runbook> {
  const distros = runbooks.map((r) => r.distro);
  const there = `there are: ${distros.map((d) => d.id).join(', ')}`;
  if (wanted !== undefined) {
    const runbook = runbooks.find((r) => r.distro.id === wanted);
    if (!runbook) throw new Error(`no script for '${wanted}'; ${there}`);
    return runbook;
  }
  const os = parseOsRelease(await osRelease(hostId, image));
  const distro = distroOf(os, distros);
  if (!distro) throw new Error(`${image.file} is ${os.name || 'of no known release'} (ID=${os.id} VERSION_ID=${os.version}), and no script is for it; ${there}`);
  return runbooks.find((r) => r.distro === distro)!;
}

/** What is real and what is a stand-in on a machine made from an image, in words for badges. */
export const imageWords = (image: Image, name: string): { real: string[]; standIn: string[] } => ({
  real: [
    `A cloud image of ${name} in QEMU, as its vendor built it: \`${basename(image.file)}\`, SHA-256 \`${image.sha256}\`.`,
    'Its own kernels, old and new, its boot loader, package manager and services. Nothing on it is replaced but what stands below.',
    'Every reboot, panic, reset by the watchdog and power cut is one of the machine.',
  ],
  standIn: [
    'Firmware, disk, network card and console are those of QEMU; no driver of physical hardware runs.',
    'cloud-init ran once, with a seed of the lab, and is off. The console is the serial line; the kernels run with mitigations=off and norandmaps.',
    "The lab's agent runs as root on the machine: one small service that takes commands from a virtio port.",
    image.internet
      ? 'The machine reaches the network through QEMU. What its package mirrors offered on that day was installed.'
      : 'The network card is connected to an empty network of QEMU (restrict=on).',
  ],
});

/** The kernels that are asked: which they are, and where each comes from. */
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A series, with what it is for readers. */
export const KERNELS = {
  '6.12': 'the kernel of Debian 13, from its own suite',
  '7.0': "Debian's last 7.0 kernel, which no suite of Debian 13 has any more: a part of its modules, kept in a folder",
  '7.3': 'the kernel of trixie-backports',
} as const;
export type KernelSeries = keyof typeof KERNELS;

export const isSeries = (word: string): word is KernelSeries => word in KERNELS;

/** The environment variable that names the folder with kernels that no archive has any more. */
export const KERNEL_FOLDER = 'TRIALBOOT_KERNELS';

/** A kernel packed as a tar archive: `boot/vmlinuz-RELEASE` and `usr/lib/modules/RELEASE`, with depmod's files. */
export interface PackedKernel {
  file: string;
  release: string;
  sha256: string;
}

/**
 * The packed kernel of a series in the folder that $TRIALBOOT_KERNELS names.
 * @returns undefined where there is no such folder, or nothing of the series in it
 */
export async function packedKernel(series: string): Promise<PackedKernel | undefined> {
  const folder = process.env[KERNEL_FOLDER];
  if (!folder || !existsSync(folder)) return undefined;
  const found = readdirSync(folder)
    .map((name) => /^linux-(\d+\.\d+\.\d+\S*?)(?:-subset)?\.tar\.xz$/.exec(name))
    .find((m) => m?.[1]?.startsWith(`${series}.`));
  if (!found) return undefined;
  const file = join(folder, found[0]);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { file, release: found[1]!, sha256: hash.digest('hex') };
}

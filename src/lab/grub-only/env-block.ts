/** Finds GRUB's environment block in a disk image by its own words, on whatever file system: nothing is mounted. Pure. */
import { GRUBENV_SIZE } from '../grub/env.ts';

// Without the first character, so that a block with a damaged signature is found as well.
const MARK = Buffer.from(' GRUB Environment Block\n', 'latin1');

/**
 * The different environment blocks in an image.
 * @returns their text up to the first byte that is none, at most 1024 characters each. More than one means an old copy lies about;
 *   GRUB's own modules, which know the signature too, do not count: a zero byte follows there
 */
export function findGrubenvs(image: Buffer): string[] {
  const found = new Set<string>();
  for (let at = image.indexOf(MARK); at >= 0; at = image.indexOf(MARK, at + 1)) {
    const block = image.subarray(Math.max(0, at - 1), at - 1 + GRUBENV_SIZE);
    // A module's text goes on with binary data; the block is text to its end, or to where the file was cut off.
    const end = block.findIndex((b) => b !== 0x0a && (b < 0x20 || b > 0x7e));
    found.add(block.subarray(0, end < 0 ? block.length : end).toString('latin1'));
  }
  return [...found].filter((t) => t.length > MARK.length + 1);
}

/**
 * The block GRUB reads, of all that were found.
 * @param found what {@link findGrubenvs} found
 * @param stale what was found beside the block when the disk was made: btrfs leaves old leaves behind
 * @returns undefined when there is none
 * @throws Error when several are left, which nobody can tell apart
 */
export function currentGrubenv(found: readonly string[], stale: readonly string[]): string | undefined {
  const live = found.filter((t) => !stale.includes(t));
  if (live.length > 1) throw new Error(`grub-only: ${live.length} different environment blocks on the disk, cannot tell which one GRUB reads`);
  return live[0];
}

/** How many virtual machines run at once on this machine: an emulated processor takes two real ones. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, takeLock } from '../cache.ts';

/** `$TRIALBOOT_VMS`, else one. */
export function slots(): number {
  const n = Number(process.env['TRIALBOOT_VMS'] ?? '1');
  if (!Number.isSafeInteger(n) || n < 1) throw new Error('lab: TRIALBOOT_VMS is not a number of machines. Mend: set it to 1 or more, or leave it out');
  return n;
}

/**
 * Waits until one more machine may run.
 * @returns a function that gives the place back
 */
export function takeSlot(): Promise<() => void> {
  const locks = Array.from({ length: slots() }, (_, i) => join(cacheDir(), `vm-slot-${i}.lock`));
  mkdirSync(cacheDir(), { recursive: true, mode: 0o755 });
  // All taken: wait for the first. A free one that is taken in the same moment is waited for, too.
  return takeLock(locks.find((l) => !existsSync(l)) ?? locks[0]!, 'another virtual machine (TRIALBOOT_VMS sets how many may run at once)');
}

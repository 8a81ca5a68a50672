/** How many virtual machines run at once on this machine: an emulated processor takes two real ones. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, takeLock } from '../cache.ts';

/** `$TRIALBOOT_VMS`, else one. */
export function slots(): number {
  const n = Number(process.env['TRIALBOOT_VMS'] ?? '1');
  if (!Number.isSafeInteger(n) || n < 1) throw new Error('lab: TRIALBOOT_VMS is not a number of machines. Mend: set it to 1 or more, or leave it out');
  return n;
}

/**
 * Processors of a machine: two where it runs alone, one where it has company. On two cores, two machines with one processor each do
 * 1.4 times the work of one machine with two (a boot: 38 s against 27 s, and the same 39 CPU seconds; seen 2026-11-25).
 */
export const cpusOfOne = (): number => (slots() > 1 ? 1 : 2);

/**
 * Waits until one more machine may run.
 * @returns a function that gives the place back
 */
export function takeSlot(): Promise<() => void> {
  const locks = Array.from({ length: slots() }, (_, i) => join(cacheDir(), `vm-slot-${i}.lock`));
  mkdirSync(cacheDir(), { recursive: true, mode: 0o755 });
  return takeLock(locks, 'running a virtual machine (TRIALBOOT_VMS sets how many may run at once)');
}

/** Does work for each of a list, `together` at a time, in the list's order. @throws what a piece of work throws, once none runs any more */
export async function eachOf<T>(list: readonly T[], together: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length) {
      const i = next++;
      await work(list[i]!, i);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: together }, worker));
  for (const e of ended) if (e.status === 'rejected') throw e.reason;
}

/** How many virtual machines run at once on this machine, and with how many processors. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheDir, takeLock } from '../system/cache.ts';
import type { Accel } from './accel.ts';

/** `$TRIALBOOT_VMS`, else two where there are two processors. More than two at once was never measured. */
export function slots(): number {
  const n = Number(process.env['TRIALBOOT_VMS'] ?? Math.min(2, availableParallelism()));
  if (!Number.isSafeInteger(n) || n < 1) throw new Error('lab: TRIALBOOT_VMS is not a number of machines. Mend: set it to 1 or more, or leave it out');
  return n;
}

/**
 * Processors of a machine. An emulated machine has one, for three reasons seen on 2026-11-25 with QEMU 7.2: with two, a kernel died
 * in a place it was patching (a static key, which another processor ran at that moment: a fault of the emulation, not of the kernel);
 * the two wait for each other, so that a machine beside other work takes not twice but four times as long; and on two cores, two
 * machines with one processor do 1.4 times the work of one machine with two (a boot: 38 s against 27 s, 39 CPU seconds both).
 */
export const cpusOf = (accel: Accel): number => (accel === 'tcg' ? 1 : 2);

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

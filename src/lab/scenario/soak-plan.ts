/** Where the power goes in a soak: decided by the seed alone. Pure. */

/** Cuts that one machine goes through at most before it is led to the end. */
export const CUTS_PER_MACHINE = 6;

/** A sequence of numbers in [0, 1) that is the same for the same seed (mulberry32, by Tommy Ettinger, public domain). */
export function randoms(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Milliseconds that the two halves of the way take without a cut on this lab machine. */
export interface Lengths {
  /** preflight and upgrade */
  upgrade: number;
  /** from the command `trial` to the commit by the judge */
  trial: number;
}

/** The random numbers of one machine of a soak: its own, so that machines may run in any order or be left out. */
export const machineRandoms = (seed: number, machine: number): (() => number) => randoms(Math.imul(seed, 65_537) + machine);

/**
 * How long after the start, or after coming up again, the power goes next: anywhere on the way that is left.
 * @param stage word of the state file `stage`
 * @returns milliseconds
 */
export function nextCut(random: number, stage: string, l: Lengths): number {
  const installed = ['installed', 'armed', 'fell-back'].includes(stage);
  return Math.round(random * (installed ? l.trial : l.upgrade + l.trial));
}

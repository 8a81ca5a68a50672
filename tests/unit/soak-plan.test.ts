/** Where the power goes in a soak. */
import { describe, expect, test } from 'vitest';
import { machineRandoms, nextCut, randoms } from '../../src/lab/scenario/soak-plan.ts';

const take = (next: () => number, n: number): number[] => Array.from({ length: n }, next);

describe('a seed', () => {
  test('gives the same numbers again, another seed others, all from 0 to below 1', () => {
    expect(take(randoms(7), 5)).toEqual(take(randoms(7), 5));
    expect(take(randoms(7), 5)).not.toEqual(take(randoms(8), 5));
    expect(take(randoms(7), 1000).every((x) => x >= 0 && x < 1)).toBe(true);
  });

  test('gives each machine numbers of its own, whatever the others do', () => {
    const firsts = Array.from({ length: 50 }, (_, m) => machineRandoms(1, m + 1)());
    expect(new Set(firsts).size).toBe(50);
    expect(machineRandoms(1, 9)()).toBe(firsts[8]);
    expect(machineRandoms(2, 9)()).not.toBe(firsts[8]);
    // Spread over the whole way, not bunched at its beginning.
    for (const [from, to] of [[0, 0.25], [0.25, 0.5], [0.5, 0.75], [0.75, 1]] as const) {
      expect(firsts.filter((x) => x >= from && x < to).length).toBeGreaterThan(4);
    }
  });
});

test('a cut falls anywhere on the way that is left: with the kernel installed, only the trial is', () => {
  const lengths = { upgrade: 100_000, trial: 50_000 };
  expect(nextCut(0.9, '', lengths)).toBe(135_000);
  expect(nextCut(0.9, 'installing', lengths)).toBe(135_000);
  for (const stage of ['installed', 'armed', 'fell-back']) expect(nextCut(0.9, stage, lengths)).toBe(45_000);
  expect(nextCut(0, 'installed', lengths)).toBe(0);
});

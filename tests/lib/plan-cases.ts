/** Which cases of the fixture lane `npm test` runs on which host. Pure but for what it notes. */
import type { FixtureCase } from '../../src/lab/lane/fixture.ts';

/** Must a check warn or stop there? */
export const isRed = (c: FixtureCase): boolean => c.expected !== 'PASS' && !c.fixture.startsWith('blind-');
/** The check with the text it has on this host. */
export const textOf = (c: FixtureCase): string => `${c.step.id} ${c.step.sha256}`;
/** The check, with whatever text, and the situation. */
export const pairOf = (c: FixtureCase): string => `${c.step.id} on ${c.fixture}`;

/**
 * Each fault runs once, on the first host that has it; and each text of a check meets one fault at least: where tools differ the text does.
 * That checks pass where all is well is what path.test.ts sees on every host. All fixtures on all hosts are what recording evidence does
 * (`npm run lab -- record`).
 * @param all the cases of a host
 * @param planned pairs and texts that hosts before have planned; those of this host are added
 */
export function planCases(all: readonly FixtureCase[], planned: Set<string>): FixtureCase[] {
  const isNew = (c: FixtureCase): boolean => !planned.has(pairOf(c));
  // New pairs first: if one of them is red, its text needs no other.
  return [...all.filter(isNew), ...all.filter((c) => !isNew(c) && isRed(c))].filter((c) => {
    const wanted = isNew(c) || !planned.has(textOf(c));
    planned.add(pairOf(c));
    if (isRed(c)) planned.add(textOf(c));
    return wanted;
  });
}

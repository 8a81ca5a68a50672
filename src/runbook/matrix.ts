/** Which verdict each check gave on each of its host fixtures, for its text as it is now. */
import { kindOf, type Run } from './badge.ts';
import type { Step } from './step.ts';

export interface MatrixRow {
  id: string;
  cells: {
    fixture: string;
    expected: string;
    /** Absent: not run with this text. */
    verdict?: string;
  }[];
}

/** One row a check, in the order of the runbook; the newest run counts. */
export function fixtureMatrix(steps: Step[], runs: Run[], distro: string): MatrixRow[] {
  const oldestFirst = runs
    .filter((run) => run.distro === distro && kindOf(run) === 'fixture')
    .sort((a, b) => a.date.localeCompare(b.date));
  const verdicts = new Map(
    oldestFirst.flatMap((run) => run.steps.map((s) => [`${s.id} ${s.sha256} ${s.fixture ?? ''}`, s.verdict] as const)),
  );
  return steps.flatMap((step) => {
    if (!('fixtures' in step.meta)) return [];
    const cells = Object.entries(step.meta.fixtures).map(([fixture, expected]) => {
      const verdict = verdicts.get(`${step.id} ${step.sha256} ${fixture}`);
      return verdict === undefined ? { fixture, expected } : { fixture, expected, verdict };
    });
    return [{ id: step.id, cells }];
  });
}

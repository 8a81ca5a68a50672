/** Every situation that a check was put into, and what it said there on the hosts of each distribution. Pure. */
import { fixtureMatrix } from './matrix.ts';
import type { Run } from './badge.ts';
import type { Runbook } from './select.ts';
import type { Step } from './step.ts';

export interface FaultRow {
  fixture: string;
  /** What the situation is, in a sentence. */
  words: string;
  expected: string;
  /** `healthy`: the check must pass; `blind`: its inputs are gone; `red`: it must warn or stop. */
  kind: 'healthy' | 'red' | 'blind';
  /** One for each distribution: the verdict with the text as it is now; null: not run; undefined: the check is not in its runbook. */
  cells: (string | null | undefined)[];
}

export interface FaultGroup {
  /** The step's own name: its variants have one id. */
  key: string;
  id: string;
  /** The step's key: its own, where a step has variants. */
  title: string;
  /** Distribution in whose runbook the check stands. */
  distro: string;
  rows: FaultRow[];
}

export interface FaultTable {
  distros: { id: string; name: string }[];
  groups: FaultGroup[];
  /** Situations in all, and how many of their cells were run and said what they must. */
  counts: { situations: number; ran: number; asExpected: number };
}

/**
 * @param words what each fixture does to a host, by its name
 */
export function faultTable(runbooks: readonly Runbook[], runs: readonly Run[], words: ReadonlyMap<string, string>): FaultTable {
  const matrices = runbooks.map((r) => new Map(fixtureMatrix(r.steps, [...runs], r.distro.id).map((row) => [row.id, row.cells])));
  const seen = new Set<Step>();
  const groups: FaultGroup[] = [];
  for (const { distro, steps } of runbooks) {
    for (const step of steps) {
      if (!('fixtures' in step.meta) || seen.has(step)) continue;
      seen.add(step);
      const rows = Object.entries(step.meta.fixtures).map(([fixture, expected]): FaultRow => ({
        fixture,
        words: words.get(fixture) ?? '',
        expected,
        kind: fixture.startsWith('blind-') ? 'blind' : expected === 'PASS' ? 'healthy' : 'red',
        cells: matrices.map((m, i) => {
          if (!runbooks[i]!.steps.includes(step)) return undefined;
          const cell = m.get(step.id)?.find((c) => c.fixture === fixture);
          return cell && (cell.verdict ?? null);
        }),
      }));
      groups.push({ key: step.key, id: step.id, title: step.meta.title, distro: distro.id, rows });
    }
  }
  const cells = groups.flatMap((g) => g.rows.flatMap((r) => r.cells.map((c) => [c, r.expected] as const)));
  return {
    distros: runbooks.map(({ distro }) => ({ id: distro.id, name: distro.name })),
    groups,
    counts: {
      situations: groups.reduce((n, g) => n + g.rows.length, 0),
      ran: cells.filter(([c]) => typeof c === 'string').length,
      asExpected: cells.filter(([c, expected]) => c === expected).length,
    },
  };
}

/** What a fixture says about itself: the comment below the first line of its script. */
export const fixtureWords = (script: string): string => {
  const [, ...lines] = script.split('\n');
  const end = lines.findIndex((l) => !l.startsWith('# '));
  return lines.slice(0, end).map((l) => l.slice(2)).join(' ');
};

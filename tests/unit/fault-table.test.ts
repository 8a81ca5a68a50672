import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import type { Run } from '../../src/runbook/badge.ts';
import { faultTable, fixtureWords } from '../../src/runbook/fault-table.ts';
import type { Runbook } from '../../src/runbook/select.ts';
import { goodCheck, step } from './make.ts';

const shared = step('preflight.shared', goodCheck('preflight.shared'));
const own = step('preflight.own', goodCheck('preflight.own'));
const book = (id: string, steps: (typeof shared)[]): Runbook => ({ distro: { id, name: id.toUpperCase() }, phases: [], steps }) as unknown as Runbook;
const run = (distro: string, verdicts: Record<string, string>, of = shared, sha256 = of.sha256): Run =>
  ({ id: distro, distro, host: distro, scenario: 'fixture/all-checks', date: '2026-11-25T00:00:00Z', steps: Object.entries(verdicts).map(([fixture, verdict]) => ({ id: of.id, sha256, verdict, fixture, ms: 1, transcript: '' })) }) as unknown as Run;
const table = (runs: Run[]) => faultTable([book('a', [shared]), book('b', [own, shared])], runs, new Map([['red', 'It burns.']]));

test('each check once, a row for each situation, a cell for each distribution', () => {
  const t = table([run('a', { plain: 'PASS', red: 'FAIL', 'blind-x': 'SKIP' }), run('b', { red: 'PASS' })]);
  expect(t.distros.map((d) => d.name)).toEqual(['A', 'B']);
  expect(t.groups.map((g) => [g.id, g.distro])).toEqual([['preflight.shared', 'a'], ['preflight.own', 'b']]);
  expect(t.groups[0]?.rows).toEqual([
    { fixture: 'plain', words: '', expected: 'PASS', kind: 'healthy', cells: ['PASS', null] },
    { fixture: 'red', words: 'It burns.', expected: 'FAIL', kind: 'red', cells: ['FAIL', 'PASS'] },
    { fixture: 'blind-x', words: '', expected: 'SKIP', kind: 'blind', cells: ['SKIP', null] },
  ]);
  // Not run is not the same as not in the runbook.
  expect(t.groups[1]?.rows[0]?.cells).toEqual([undefined, null]);
  expect(t.counts).toEqual({ situations: 6, ran: 4, asExpected: 3 });
});

test('variants of a check stand under names of their own', () => {
  const variant = { ...shared, key: 'preflight.shared@dracut' };
  const { groups } = faultTable([book('a', [shared]), book('b', [variant])], [], new Map());
  expect(groups.map((g) => [g.key, g.id])).toEqual([['preflight.shared', 'preflight.shared'], ['preflight.shared@dracut', 'preflight.shared']]);
});

test('a verdict of another text does not count', () => {
  expect(table([run('a', { red: 'FAIL' }, shared, 'f'.repeat(64))]).counts.ran).toBe(0);
});

test('every fixture says in a sentence what it does', () => {
  const dir = join(ROOT, 'tests/fixtures/hosts');
  const without = readdirSync(dir).filter((f) => !/^[A-Za-z0-9/`"].{10,}\.$/.test(fixtureWords(readFileSync(join(dir, f), 'utf8'))));
  expect(without).toEqual([]);
  expect(fixtureWords('# from: plain\nrm /x\n')).toBe('');
});

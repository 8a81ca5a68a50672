/** The sample of fixtures that npm test runs leaves no fault and no text of a check out. */
import { expect, test } from 'vitest';
import { fixtureCases } from '../../src/lab/lane/fixture.ts';
import { isRed, pairOf, planCases, textOf } from '../lib/plan-cases.ts';
import { HOSTS, hostScript } from '../lib/rehearse.ts';

const hosts = HOSTS.map((id) => fixtureCases(hostScript(id).runbook));
const planned = new Set<string>();
const plans = hosts.map((cases) => planCases(cases, planned));
const [all, run] = [hosts.flat(), plans.flat()];

test('every check meets every fixture it names on some host', () => {
  expect([...new Set(run.map(pairOf))].sort()).toEqual([...new Set(all.map(pairOf))].sort());
});

test('every text of a check is seen red', () => {
  const red = new Set(run.filter(isRed).map(textOf));
  expect([...new Set(all.filter(isRed).map(textOf))].filter((t) => !red.has(t))).toEqual([]);
});

test('nothing runs that is known: less than a quarter of all cases, and a host like the one before has none', () => {
  expect(run.length).toBeLessThan(all.length / 4);
  expect(planCases(hosts[0]!, new Set(planned))).toEqual([]);
});

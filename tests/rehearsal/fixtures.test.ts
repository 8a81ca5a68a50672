/** Every check on every host it names: healthy, red, and blind. */
import { afterAll, expect, test } from 'vitest';
import { type FixtureCase, fixtureCases, runCase } from '../../src/lab/lane/fixture.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

/**
 * One healthy, one red and one blind fixture of each check. All fixtures of a text run on the first host that has the text; hosts whose
 * tools differ run this sample of the texts that others have run before; all of them on every host is what recording evidence does
 * (`npm run lab -- record`).
 */
const sample = (cases: FixtureCase[]): FixtureCase[] => {
  const seen = new Set<string>();
  return cases.filter((c) => {
    const kind = c.fixture.startsWith('blind-') ? 'blind' : c.expected === 'PASS' ? 'healthy' : 'red';
    const key = `${c.step.id} ${kind}`;
    return !seen.has(key) && seen.add(key);
  });
};

/** Hosts with package and boot tools of their own: the rest have those of a host before them. */
const OWN_TOOLS: ReadonlySet<string> = new Set(['debian-13', 'debian-12', 'rhel-10', 'fedora-44', 'arch']);
/** Texts for which all fixtures have been planned. */
const planned = new Set<string>();

for (const hostId of HOSTS) {
  const { runbook, script } = hostScript(hostId);
  const all = fixtureCases(runbook);
  const isNew = (c: FixtureCase): boolean => !planned.has(`${c.step.id} ${c.step.sha256}`);
  const cases = [...all.filter(isNew), ...(OWN_TOOLS.has(hostId) ? sample(all.filter((c) => !isNew(c))) : [])];
  for (const c of all) planned.add(`${c.step.id} ${c.step.sha256}`);
  if (cases.length === 0) continue;
  describeHost(`checks on ${hostId}`, () => {
    const stages = new StageBuilder(hostId, script);
    const seen = new Map<string, string[]>();
    test.concurrent.each(cases.map((c) => [c.step.id, c.fixture, c.expected, c] as const))(
      '%s on %s says %s',
      async (id, _fixture, expected, c) => {
        const outcome = await runCase(ROOT, stages, runbook, c);
        seen.set(id, [...(seen.get(id) ?? []), outcome.actual]);
        expect(`${outcome.actual}: ${outcome.line}${outcome.actual === expected ? '' : `\n${outcome.stderr}`}`).toMatch(new RegExp(`^${expected}: `));
        // What a check says to stderr would stand beside its verdict in the reader's terminal.
        // Only bash itself may say that there is no sudo, where the fixture took sudo away.
        const noise = outcome.stderr.split('\n').filter((l) => l !== '' && !(c.fixture.startsWith('blind-no-sudo') && l.endsWith('sudo: command not found')));
        expect(noise, 'a check is silent but for its verdict').toEqual([]);
      },
      1_800_000,
    );
    afterAll(() => {
      for (const [id, told] of seen) {
        // A run of some tests only (-t) says nothing about the rest of a check's cases.
        if (told.length < cases.filter((c) => c.step.id === id).length) continue;
        expect(new Set(told).size, `${id} gave one answer only`).toBeGreaterThan(1);
      }
    });
  });
}

/** Every check on every host it names: healthy, red, and blind. */
import { expect, test } from 'vitest';
import { byFixture, type FixtureCase, fixtureCases, hostInFixture, runChecks } from '../../src/lab/lane/fixture.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { onHost } from '../../src/lab/host.ts';
import { isStage } from '../../src/model/stage.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

/**
 * One red fixture of each check. All fixtures of a text run on the first host that has the text; hosts whose tools differ run this sample of
 * the texts that others have run before (that these checks pass where all is well is what path.test.ts sees on every host). All of them on
 * every host is what recording evidence does (`npm run lab -- record`).
 */
const sample = (cases: FixtureCase[]): FixtureCase[] => {
  const seen = new Set<string>();
  return cases.filter((c) => c.expected !== 'PASS' && !c.fixture.startsWith('blind-') && !seen.has(c.step.id) && seen.add(c.step.id));
};

/** Hosts with package and boot tools of their own: the rest have those of a host before them. */
const OWN_TOOLS: ReadonlySet<string> = new Set(['debian-13', 'debian-12', 'rhel-10', 'fedora-44', 'arch']);
/** Texts for which all fixtures have been planned. */
const planned = new Set<string>();

/** Marks the moment after which nothing may be written. */
const STAMP = 'touch /run/lab/stamp';
/** Files that were written since, of the host's disk and of what it has in memory. */
const WRITTEN = 'find / /run /tmp /dev/shm -xdev -newer /run/lab/stamp -not -type d -not -path "/dev/*tty*" | sort -u';

const words = (c: FixtureCase, verdict: string): string => `${verdict} ${c.step.id}`;

for (const hostId of HOSTS) {
  const { runbook, script } = hostScript(hostId);
  const all = fixtureCases(runbook);
  const isNew = (c: FixtureCase): boolean => !planned.has(`${c.step.id} ${c.step.sha256}`);
  const cases = [...all.filter(isNew), ...(OWN_TOOLS.has(hostId) ? sample(all.filter((c) => !isNew(c))) : [])];
  for (const c of all) planned.add(`${c.step.id} ${c.step.sha256}`);
  if (cases.length === 0) continue;
  describeHost(`checks on ${hostId}`, () => {
    const stages = new StageBuilder(hostId, script);
    test.concurrent.each(byFixture(cases).map(({ fixture, cases: of }) => [fixture, of.length, of] as const))(
      'on %s: %i',
      async (fixture, _count, of) => {
        const { outcomes, written } = await onHost(await hostInFixture(ROOT, stages, runbook, fixture, STAMP), async (host) => ({
          outcomes: await runChecks(host, runbook, of),
          // A look at the whole disk takes as long as a check, so it is taken where most checks run.
          written: isStage(fixture) ? (await host.exec(WRITTEN)).stdout : '',
        }));
        const wrong = outcomes.filter((o) => o.actual !== o.expected).map((o) => `${words(o, o.expected)} expected, but ${o.actual}: ${o.line}\n${o.stderr}`);
        expect(wrong).toEqual([]);
        // What a check says to stderr would stand beside its verdict in the reader's terminal.
        // Only bash itself may say that there is no sudo, where the fixture took sudo away.
        const noise = outcomes.flatMap((o) => o.stderr.split('\n').filter((l) => l !== '' && !(fixture.startsWith('blind-no-sudo') && l.endsWith('sudo: command not found'))).map((l) => `${o.step.id}: ${l}`));
        expect(noise, 'a check is silent but for its verdict').toEqual([]);
        expect(written, 'a check changes nothing').toBe('');
      },
      1_800_000,
    );
  });
}

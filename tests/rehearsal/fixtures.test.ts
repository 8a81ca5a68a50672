/** Every check on every host it names: healthy, red, and blind. */
import { expect, test } from 'vitest';
import { byFixture, type FixtureCase, fixtureCases, hostInFixture, runChecks } from '../../src/lab/lane/fixture.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { onHost } from '../../src/lab/host.ts';
import { isStage } from '../../src/model/stage.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

/** Pairs of a check and a fixture that a host before has planned, and texts of checks one of whose faults is planned. */
const planned = new Set<string>();

/**
 * Each fault runs once, on the first host that has it; and each text of a check meets one fault at least: where tools differ the text does.
 * That checks pass where all is well is what path.test.ts sees on every host. All fixtures on all hosts are what recording evidence does
 * (`npm run lab -- record`).
 */
function plan(all: FixtureCase[]): FixtureCase[] {
  const isRed = (c: FixtureCase): boolean => c.expected !== 'PASS' && !c.fixture.startsWith('blind-');
  const text = (c: FixtureCase): string => `${c.step.id} ${c.step.sha256}`;
  const pair = (c: FixtureCase): string => `${c.step.id} ${c.fixture}`;
  const fresh = all.filter((c) => !planned.has(pair(c)));
  return [...fresh, ...all.filter((c) => planned.has(pair(c)) && isRed(c))].filter((c) => {
    const wanted = !planned.has(pair(c)) || !planned.has(text(c));
    planned.add(pair(c));
    if (isRed(c)) planned.add(text(c));
    return wanted;
  });
}

/** Marks the moment after which nothing may be written. */
const STAMP = 'touch /run/lab/stamp';
/** What package managers write when they are only asked something, and the lab's notes. */
const NOT_THEIRS = ['/var/cache/apt/*.bin', '/var/cache/dnf/*', '/var/cache/libdnf5/*', '/var/log/dnf*', '/var/log/hawkey.log', '*/rpmdb.sqlite-*', '/run/lab/systemctl.log'];
/** Files that were written since, of the host's disk and of what it has in memory. */
const WRITTEN = `find / /run /tmp /dev/shm -xdev -newer /run/lab/stamp -not -type d -not -path "/dev/*tty*" ${NOT_THEIRS.map((p) => `-not -path "${p}"`).join(' ')} | sort -u`;

const words = (c: FixtureCase, verdict: string): string => `${verdict} ${c.step.id}`;

for (const hostId of HOSTS) {
  const { runbook, script } = hostScript(hostId);
  const cases = plan(fixtureCases(runbook));
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

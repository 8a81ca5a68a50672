/** Every check on every host it names: healthy, red, and blind. */
import { expect, test } from 'vitest';
import { byFixture, type FixtureCase, fixtureCases, hostInFixture, runChecks } from '../../src/lab/lane/fixture.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { onHost } from '../../src/lab/host.ts';
import { isStage } from '../../src/model/stage.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { planCases } from '../lib/plan-cases.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

const planned = new Set<string>();

/** Marks the moment after which nothing may be written. */
const STAMP = 'touch /run/lab/stamp';
/** What package managers write when they are only asked something, and the lab's notes. */
const NOT_THEIRS = ['/var/cache/apt/*.bin', '/var/cache/dnf/*', '/var/cache/libdnf5/*', '/var/log/dnf*', '/var/log/hawkey.log', '*/rpmdb.sqlite-*', '/run/lab/systemctl.log'];
/** Written by the look itself: one that does not see this file sees nothing. */
const CONTROL = '/root/control';
/** Files that were written since, of the host's disk and of what it has in memory. */
const WRITTEN = `touch ${CONTROL} && find / /run /tmp /dev/shm -xdev -newer /run/lab/stamp -not -type d -not -path "/dev/*tty*" ${NOT_THEIRS.map((p) => `-not -path "${p}"`).join(' ')} | sort -u`;

const words = (c: FixtureCase, verdict: string): string => `${verdict} ${c.step.id}`;

for (const hostId of HOSTS) {
  const { runbook, script } = hostScript(hostId);
  const cases = planCases(fixtureCases(runbook), planned);
  if (cases.length === 0) continue;
  describeHost(`checks on ${hostId}`, () => {
    const stages = new StageBuilder(hostId, script);
    test.concurrent.each(byFixture(cases).map(({ fixture, cases: of }) => [fixture, of.length, of] as const))(
      'on %s: %i',
      async (fixture, _count, of) => {
        const { outcomes, written } = await onHost(await hostInFixture(ROOT, stages, runbook, fixture, STAMP), async (host) => ({
          outcomes: await runChecks(host, runbook, of),
          // A look at the whole disk takes as long as a check, so it is taken where most checks run.
          written: isStage(fixture) ? (await host.exec(WRITTEN)).stdout : undefined,
        }));
        const wrong = outcomes.filter((o) => o.actual !== o.expected).map((o) => `${words(o, o.expected)} expected, but ${o.actual}: ${o.line}\n${o.stderr}`);
        expect(wrong).toEqual([]);
        // What a check says to stderr would stand beside its verdict in the reader's terminal.
        // Only bash itself may say that there is no sudo, where the fixture took sudo away.
        const noise = outcomes.flatMap((o) => o.stderr.split('\n').filter((l) => l !== '' && !(fixture.startsWith('blind-no-sudo') && l.endsWith('sudo: command not found'))).map((l) => `${o.step.id}: ${l}`));
        expect(noise, 'a check is silent but for its verdict').toEqual([]);
        if (written !== undefined) expect(written, 'a check changes nothing').toBe(`${CONTROL}\n`);
      },
      1_800_000,
    );
  });
}

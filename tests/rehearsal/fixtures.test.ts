/** Every check on every host it names: healthy, red, and blind. */
import { afterAll, expect, test } from 'vitest';
import { fixtureCases, runCase } from '../../src/lab/fixture.ts';
import { StageBuilder } from '../../src/lab/stage.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

for (const hostId of HOSTS) {
  describeHost(`checks on ${hostId}`, () => {
    const { runbook, script } = hostScript(hostId);
    const stages = new StageBuilder(hostId, script);
    const seen = new Map<string, Set<string>>();
    test.concurrent.each(fixtureCases(runbook).map((c) => [c.step.id, c.fixture, c.expected, c] as const))(
      '%s on %s says %s',
      async (id, _fixture, expected, c) => {
        const outcome = await runCase(ROOT, stages, runbook, c);
        const told = seen.get(id) ?? new Set();
        seen.set(id, told.add(outcome.actual));
        expect(`${outcome.actual}: ${outcome.line}${outcome.actual === expected ? '' : `\n${outcome.stderr}`}`).toMatch(new RegExp(`^${expected}: `));
        // What a check says to stderr would stand beside its verdict in the reader's terminal.
        expect(outcome.stderr, 'a check is silent but for its verdict').toBe('');
      },
      1_800_000,
    );
    afterAll(() => {
      for (const [id, told] of seen) expect([...told].length, `${id} gave one answer only`).toBeGreaterThan(1);
    });
  });
}

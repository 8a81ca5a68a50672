/** Faults that repairs promise to mend: the check names it, the repair runs as the script runs it, the check passes. */
import { expect, test } from 'vitest';
import { type Mend, mendCases, mended, runMend } from '../../src/lab/lane/repair.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

/**
 * What an earlier host has planned: each text of a repair mends the first fault of each check it names, once. All faults on all hosts are
 * what recording does (`npm run lab -- record HOST --lane repair`).
 */
const planned = new Set<string>();

for (const hostId of HOSTS) {
  const { runbook, script } = hostScript(hostId);
  const isNew = ({ repair, check }: Mend): boolean => {
    const key = `${repair.sha256} ${check.id}`;
    return !planned.has(key) && planned.add(key) !== undefined;
  };
  const mends = mendCases(runbook).filter(isNew);
  if (mends.length === 0) continue;
  describeHost(`repairs on ${hostId}`, () => {
    const stages = new StageBuilder(hostId, script);
    test.concurrent.each(mends.map((m) => [m.repair.id, m.fixture, m.check.id, m] as const))(
      '%s mends %s for %s',
      async (_repair, _fixture, _check, mend) => {
        const outcome = await runMend(ROOT, stages, runbook, mend);
        const { before, after, status, screen } = outcome;
        expect(mended(outcome), `${before.result}: ${before.line}\n${screen}\nstatus ${status}; ${after.result}: ${after.line}`).toBe(true);
      },
      1_800_000,
    );
  });
}

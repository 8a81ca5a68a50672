/** A rollback out of each state. Each host's own path goes back from a commit; here are the others (`npm run lab -- record HOST --lane way-back` for any host). */
import { expect, test } from 'vitest';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { runWayBack, WAYS_BACK } from '../../src/lab/lane/way-back.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

describeHost('back from each state', () => {
  test.each(['debian-13', 'rhel-10'])('%s', async (hostId) => {
    const run = await runWayBack(new StageBuilder(hostId, hostScript(hostId).script), () => undefined);
    expect(run.faults).toEqual([]);
    // A preflight alone has changed nothing: there is nothing to do. Every other state has packages to take away.
    const removed = run.steps.filter((s) => s.id === 'rollback.remove-new' && s.verdict === 'DONE').map((s) => s.fixture);
    expect(removed).toEqual(WAYS_BACK.filter((stage) => stage !== 'prepared'));
  }, 1_800_000);
});

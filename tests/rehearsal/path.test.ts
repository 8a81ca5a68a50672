/** The whole script on every host: preflight, upgrade twice, trial, verify, commit, and all the way back. */
import { expect, test } from 'vitest';
import { runPath } from '../../src/lab/lane/path.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

describeHost('the whole path', () => {
  test.concurrent.each(HOSTS)('%s', async (hostId) => {
    const { script } = hostScript(hostId);
    const run = await runPath(hostId, script, () => undefined, new StageBuilder(hostId, script));
    expect(run.faults).toEqual([]);
    expect(run.kernelAfter).not.toBe(run.kernelBefore);
    // The second upgrade has nothing left to do: each action with a doneWhen says so.
    const second = run.runs.find((r) => r.command === 'upgrade --yes')?.report.steps ?? [];
    expect(second.filter((s) => s.line.startsWith('already so')).map((s) => s.id)).toEqual(['upgrade.protect-fallback', 'upgrade.pin-default']);
  }, 1_800_000);
});

/** The settings that lower exposure: set, read back, and taken back without a trace. */
import { expect, test } from 'vitest';
import { runHarden } from '../../src/lab/lane/harden.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';

for (const hostId of HOSTS) {
  describeHost(`less exposed on ${hostId}`, () => {
    test('each is set, is not set twice, and goes back to what it was', async () => {
      const run = await runHarden(new StageBuilder(hostId, hostScript(hostId).script), () => undefined);
      expect(run.faults).toEqual([]);
      expect([...new Set(run.steps.filter((s) => s.verdict === 'DONE').map((s) => s.id))]).toEqual(['harden.userns', 'harden.modules', 'harden.io-uring', 'harden.undo']);
    }, 600_000);
  });
}

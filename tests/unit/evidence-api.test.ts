/** /api/v1/evidence.json: fields are added, the published ones stay. */
import { describe, expect, test } from 'vitest';
import { ApiEvidence } from '../../src/model/api.ts';
import { evidenceDocument } from '../../src/runbook/api.ts';
import { PANIC_BOOTS, sampleVmRuns, vmRun } from '../browser/sample-boots.ts';
import { sampleRun } from '../browser/sample-run.ts';

const soak = sampleVmRuns('debian-13', [])['debian-13-vm/soak-upgrade']!;
const document = evidenceDocument([
  { id: 'old', ...sampleRun({ scenario: 'path/commit', steps: [] }) },
  { id: 'death', ...vmRun({ scenario: 'death/panic', boots: PANIC_BOOTS, what: 'The new kernel panics.', serial: 'a secret of the console' }) },
  { id: 'soak', ...soak },
]);
const [old, death, many] = document.runs;

describe('the document', () => {
  test('passes its own schema', () => expect(ApiEvidence.parse(document)).toEqual(document));
  test('says of a rehearsal that nothing was booted', () => {
    expect(old).toMatchObject({ layout: null, what: null, accel: null, wallSeconds: null, seed: null, boots: [], assertions: [], cuts: null });
  });
  test('carries the boots and what was read back', () => {
    expect(death).toMatchObject({ layout: 'root-ext4', accel: 'tcg', wallSeconds: 131, boots: PANIC_BOOTS, what: 'The new kernel panics.' });
    expect(death!.assertions).toHaveLength(1);
  });
  test('counts cuts and leaves logs to the run itself', () => {
    expect(many!.cuts).toEqual({ total: 60, asExpected: 60, resumed: 60, lost: 0 });
    expect(JSON.stringify(document)).not.toContain('secret');
  });
  test('still has every field it had', () => {
    const before = ['id', 'host', 'lane', 'scenario', 'date', 'result', 'kernelBefore', 'kernelAfter', 'cpuSeconds', 'real', 'standIn', 'steps'];
    for (const run of document.runs) expect(Object.keys(run)).toEqual(expect.arrayContaining(before));
  });
});

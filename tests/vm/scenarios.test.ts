/** The short list of scenarios on machines that really boot: every way of `npm run lab -- run short`. */
import { describe, expect, test } from 'vitest';
import { makeBench } from '../../src/lab/scenario/bench.ts';
import { SCENARIOS } from '../../src/lab/scenario/list.ts';
import { runScenario } from '../../src/lab/scenario/run.ts';
import { vmRequirements } from '../../src/lab/vm/requirements.ts';
import { evidenceProblems } from '../../src/runbook/evidence.ts';
import { hostScript } from '../lib/rehearse.ts';

const { ok, missing } = await vmRequirements();
const why = ok ? '' : ` [skipped: ${missing.map((m) => `${m.what} (${m.install})`).join('; ')}]`;

describe.skipIf(!ok)(`scenarios on a Debian 13 virtual machine${why}`, () => {
  test.each(SCENARIOS.filter((s) => s.short).map((s) => [s.name, s] as const))('%s', async (_, scenario) => {
    const { runbook, script } = hostScript('debian-13');
    const bench = await makeBench('debian-13-vm', runbook, script);
    const r = await runScenario(bench, scenario, scenario.layouts[0]!, (line) => console.log(`${scenario.name}: ${line}`));
    console.log(`${scenario.name}: ${r.cpuSeconds} CPU s, ${r.wallSeconds} s`);
    expect(r.error).toBeUndefined();
    expect(r.run?.assertions?.filter((a) => !a.ok)).toEqual([]);
    expect(evidenceProblems('this run', r.run!, [runbook], ['debian-13-vm'])).toEqual([]);
    expect(r.ok).toBe(true);
  }, 3_600_000);
});

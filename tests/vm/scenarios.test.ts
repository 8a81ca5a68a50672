/** The short list of scenarios on machines that really boot both kernels. The whole list: `npm run lab -- run all`. */
import { describe, expect, test } from 'vitest';
import { bench } from '../../scripts/lib/scenarios.ts';
import { SCENARIOS } from '../../src/lab/scenario/list.ts';
import { runScenario } from '../../src/lab/scenario/run.ts';
import { vmRequirements } from '../../src/lab/vm/requirements.ts';

const { ok, missing } = await vmRequirements();
const why = ok ? '' : ` [skipped: ${missing.map((m) => `${m.what} (${m.install})`).join('; ')}]`;
const SHORT = SCENARIOS.filter((s) => s.short);

describe.skipIf(!ok)(`scenarios on a machine that really boots${why}`, () => {
  // As many at a time as machines may run: each waits for its place (slot.ts).
  test.concurrent.each(SHORT)('$name: $what', async (scenario) => {
    const { run, error, ok: held, cpuSeconds, wallSeconds } = await runScenario(await bench(), scenario, scenario.layouts[0]!, (line) => console.log(line));
    console.log(`${held ? 'ok ' : 'NOT'} ${scenario.name}: ${cpuSeconds} CPU s, ${wallSeconds} s`);
    expect(error).toBeUndefined();
    expect(run!.assertions!.filter((a) => !a.ok)).toEqual([]);
    expect(run!.assertions!.length).toBeGreaterThan(5);
    expect(run!.result).toBe('pass');
    expect(cpuSeconds).toBeGreaterThan(0);
  });

  test('the short list has a good end, a panic, a missing root, a failed verification and a power cut', () => {
    expect(SHORT.map((s) => s.name).sort()).toEqual(['death/no-root', 'death/panic', 'death/power-cut', 'death/verify-fails', 'path/judged']);
  });
});

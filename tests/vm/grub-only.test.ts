/** Real GRUB on real file systems with the menu the script's own steps wrote; only the kernels are stand-ins. */
import { describe, expect, test } from 'vitest';
import { BLS_CONTROL, BLS_CONTROL_UNPINNED, BLS_SCENARIOS, realPanic } from '../../src/lab/grub-only/bls-scenarios.ts';
import { captureHost } from '../../src/lab/grub-only/captured.ts';
import { realKernel, withRelease } from '../../src/lab/grub-only/real-kernel.ts';
import { requirements } from '../../src/lab/grub-only/requirements.ts';
import { CONTROL, SCENARIOS, STANDING_STILL } from '../../src/lab/grub-only/scenarios.ts';
import { runGrubScenario } from '../../src/lab/grub-only/tier.ts';
import { hostScript } from '../lib/rehearse.ts';

/** The most a scenario may use of QEMU's CPU time. */
const CPU_LIMIT = 8;

const { ok, missing } = await requirements();
const why = ok ? '' : ` [skipped: ${missing.map((m) => `${m.what} (${m.install})`).join('; ')}]`;
const told = (line: string): void => console.log(line);

describe.skipIf(!ok)(`GRUB on debian-13${why}`, async () => {
  const captured = ok ? await captureHost('debian-13', hostScript('debian-13').script) : undefined;

  describe.concurrent('scenarios', () => {
    for (const scenario of SCENARIOS) {
      test(`${scenario.name}: ${scenario.what}`, async ({ expect }) => {
        const run = await runGrubScenario(captured!, scenario, told);
        expect(run.faults, run.screen).toEqual([]);
        expect(run.boots.map((b) => b.kind)).toEqual(scenario.boots);
        expect(run.cpuSeconds).toBeGreaterThan(0);
        expect(run.cpuSeconds).toBeLessThan(CPU_LIMIT);
      });
    }
  });

  test('without the guard the very same disk starts the new kernel for ever, and that is seen', async () => {
    const run = await runGrubScenario(captured!, CONTROL, told);
    expect(run.ok).toBe(false);
    expect(run.boots.map((b) => b.kind)).toEqual(['trial', 'trial', 'trial']);
    expect(run.faults.join('\n')).toMatch(/booted trial, trial, trial; expected refused, refused, refused/);
    expect(run.faults.join('\n')).toMatch(/not safe/);
    expect(run.screen).toContain('diskfilter writes are not supported');
    expect(run.grubenvAfter).toBe(run.grubenvBefore);
  });

  test('GRUB that stands still ends the run, with what was on the screen', async () => {
    const run = await runGrubScenario(captured!, STANDING_STILL, told);
    expect(run.stuck).toBe(true);
    expect(run.ok).toBe(false);
    expect(run.boots).toEqual([]);
    expect(run.faults.join('\n')).toMatch(/stood still after 0 starts/);
    expect(run.screen).toMatch(/vmlinuz-\S+' not found/);
  });
});

/** What a test run starts of the boot entry scenarios; the others differ in storage only, or in how the saved entry is wrong. */
const SUBSET = ['bls-pinned-boot-ext4', 'bls-armed-boot-xfs', 'bls-armed-root-ext4', 'bls-committed-boot-xfs', 'bls-refused-lvm', 'bls-default-removed', 'bls-blank-line', 'bls-digit-id'];

describe.skipIf(!ok)(`GRUB 2.14 on rhel-10${why}`, async () => {
  const captured = ok ? await captureHost('rhel-10', hostScript('rhel-10').script) : undefined;

  describe.concurrent('scenarios', () => {
    for (const scenario of BLS_SCENARIOS.filter((s) => SUBSET.includes(s.name.replace('storage/', '')))) {
      test(`${scenario.name}: ${scenario.what}`, async ({ expect }) => {
        const run = await runGrubScenario(captured!, scenario, told);
        expect(run.faults, run.screen).toEqual([]);
        expect(run.cpuSeconds).toBeGreaterThan(0);
        expect(run.cpuSeconds).toBeLessThan(CPU_LIMIT);
      });
    }
  });

  test('without the guard the very same disk starts the new kernel for ever, and that is seen', async () => {
    const run = await runGrubScenario(captured!, BLS_CONTROL, told);
    expect(run.boots.map((b) => b.kind)).toEqual(['trial', 'trial', 'trial']);
    expect(run.faults.join('\n')).toMatch(/booted trial, trial, trial; expected refused, refused, refused.*\n.*not safe/);
    expect(run.grubenvAfter).toBe(run.grubenvBefore);
  });

  test('without a saved default the new kernel starts, and that is seen', async () => {
    const run = await runGrubScenario(captured!, BLS_CONTROL_UNPINNED, told);
    expect(run.faults.join('\n')).toMatch(/booted new, new; expected old, old.*\n.*not safe/);
  });

  test('a real kernel on trial panics, restarts the machine, and the old entry boots', async () => {
    const kernel = await realKernel();
    const run = await runGrubScenario(withRelease(captured!, kernel.release), realPanic(kernel.image), told);
    expect(run.faults, run.screen).toEqual([]);
    expect(run.boots.map((b) => [b.kind, b.real ?? false])).toEqual([['trial', true], ['old', false], ['old', false]]);
    expect(run.screen).toMatch(/Kernel panic - not syncing: VFS: Unable to mount root fs[\s\S]*Rebooting in 10 seconds/);
  });
});

/** What is said of real boots must be possible, and a pass must be earned. Each rule is seen red here. */
import { describe, expect, test } from 'vitest';
import { EvidenceRun } from '../../src/model/evidence.ts';
import { bootFindings } from '../../src/runbook/boot-problems.ts';
import { boot, NEW, OLD, PANIC_BOOTS, sampleVmRuns, SOAK_CUTS, vmRun } from '../browser/sample-boots.ts';
import { sampleRun } from '../browser/sample-run.ts';

const panic = vmRun({ scenario: 'death/panic', boots: PANIC_BOOTS });
const rules = (run: EvidenceRun): string[] => bootFindings(run).map(([rule]) => rule);
/** The panic with one boot changed. */
const changed = (n: number, part: Partial<(typeof PANIC_BOOTS)[number]>): EvidenceRun => ({ ...panic, boots: PANIC_BOOTS.map((b, i) => (i === n - 1 ? { ...b, ...part } : b)) });

describe('sound runs', () => {
  test.each(Object.entries(sampleVmRuns('debian-13', [])))('%s is taken, by the schema too', (_, run) => {
    expect(bootFindings(run)).toEqual([]);
    expect(EvidenceRun.parse(run)).toEqual(run);
  });
  test('a rehearsal needs none of it', () => expect(rules(sampleRun({ scenario: 'path/commit', steps: [] }))).toEqual([]));
  test('a machine switched off in order and on again', () => {
    const boots = [boot({ cause: 'power-on', atMs: 0, upMs: 20_000, endMs: 30_000 }), boot({ cause: 'power-on', atMs: 31_000, upMs: 50_000 })];
    expect(rules({ ...panic, boots })).toEqual([]);
  });
  test('a machine restored from a snapshot may have been rebooted before', () => {
    const boots = [boot({ cause: 'reboot', atMs: 0, upMs: 0, endMs: 30_000 }), boot({ cause: 'reboot', atMs: 30_000, upMs: 50_000 })];
    expect(rules({ ...panic, boots })).toEqual([]);
  });
});

describe('left out', () => {
  test.each(['boots', 'layout', 'accel'] as const)('a run on a virtual machine without %s', (field) => {
    const { [field]: _, ...without } = panic;
    expect(bootFindings(without as EvidenceRun)).toContainEqual(['evidence-vm-incomplete', expect.stringContaining(field)]);
  });
  test('an empty list of boots', () => expect(rules({ ...panic, boots: [] })).toContain('evidence-vm-incomplete'));
  test('boots where nothing boots', () => expect(rules({ ...panic, lane: 'rehearsal' })).toEqual(['evidence-not-booted']));
});

describe('order', () => {
  test.each([
    ['a first boot that does not begin at 0', changed(1, { atMs: 5 })],
    ['a boot before the end of the former', changed(3, { atMs: 40_999 })],
    ['up before it began', changed(3, { upMs: 70_999 })],
    ['over before it was up', changed(1, { endMs: 20_999 })],
    ['over before it began', changed(2, { endMs: 31_999 })],
    ['no end, yet another boot follows', changed(2, { endMs: null })],
  ])('%s', (_, run) => expect(rules(run)).toContain('evidence-boot-order'));
});

describe('cause', () => {
  test.each([
    ['a first boot that nothing can have caused', changed(1, { cause: 'reboot' })],
    ['switched on after it had died', changed(3, { cause: 'power-on' })],
    ['a panic without a kernel', { ...changed(2, { role: 'none', kernel: '' }), kernelAfter: OLD }],
    ['a watchdog without a kernel', { ...panic, boots: [PANIC_BOOTS[0]!, { ...PANIC_BOOTS[1]!, role: 'none' as const, kernel: '' }, { ...PANIC_BOOTS[2]!, cause: 'watchdog' as const }] }],
  ])('%s', (_, run) => expect(rules(run)).toContain('evidence-boot-cause'));
});

describe('role', () => {
  test.each([
    ['a release in a boot that started no kernel', changed(2, { role: 'none' })],
    ['a kernel without a release', changed(2, { kernel: '' })],
    ['user space without a kernel', changed(2, { role: 'none', kernel: '', upMs: 40_000 })],
    ['the old kernel by the trial entry', changed(3, { entry: 'trial' })],
    ['refused, yet the new kernel', changed(2, { entry: 'refused' })],
    ['one release as old and as new', changed(2, { kernel: OLD })],
  ])('%s', (_, run) => expect(rules(run)).toContain('evidence-boot-role'));
});

describe('a pass that was not earned', () => {
  const wrong = [{ words: 'The old kernel runs.', ok: false, found: NEW }];
  test('an assertion that is not so', () => {
    expect(bootFindings({ ...panic, assertions: wrong })).toEqual([['evidence-assertion', expect.stringContaining(`The old kernel runs. (found: ${NEW})`)]]);
    expect(rules({ ...panic, result: 'fail', assertions: wrong })).toEqual([]);
  });
  test('in any lane', () => expect(rules(sampleRun({ scenario: 'path/commit', steps: [], assertions: wrong }))).toEqual(['evidence-assertion']));
  test('nothing read back', () => {
    expect(rules({ ...panic, assertions: [] })).toEqual(['evidence-assertion']);
    expect(rules({ ...panic, result: 'fail', assertions: [] })).toEqual([]);
  });
  test('a cut that did not end well, or a lost machine that calls itself ok', () => {
    const soak = { ...panic, cuts: SOAK_CUTS };
    expect(rules(soak)).toEqual([]);
    expect(bootFindings({ ...soak, cuts: [{ ...SOAK_CUTS[0]!, ok: false }] })).toEqual([['evidence-cut', expect.stringContaining('1')]]);
    expect(rules({ ...soak, cuts: [{ ...SOAK_CUTS[0]!, booted: '' }] })).toEqual(['evidence-cut']);
  });
  test('a machine that never came back', () => expect(rules(changed(3, { upMs: null }))).toEqual(['evidence-boot-lost']));
});

test('the kernel after the run is that of the last boot', () => {
  expect(bootFindings({ ...panic, kernelAfter: NEW })).toEqual([['evidence-kernel-after', expect.stringContaining(OLD)]]);
});

test.each([
  ['an unknown field of a boot', { boots: [{ ...PANIC_BOOTS[0], more: 1 }] }],
  ['an unknown cause', { boots: [{ ...PANIC_BOOTS[0], cause: 'magic' }] }],
  ['half a millisecond', { boots: [{ ...PANIC_BOOTS[0], atMs: 0.5 }] }],
  ['a negative instant', { boots: [{ ...PANIC_BOOTS[0], atMs: -1 }] }],
  ['a layout that is no name', { layout: 'Root Ext4' }],
  ['an unknown accelerator', { accel: 'xen' }],
  ['a console of more than 20 kB', { serial: 'x'.repeat(20_001) }],
  ['a scenario of no known kind', { scenario: 'magic/panic' }],
])('the schema refuses %s', (_, part) => {
  expect(EvidenceRun.safeParse({ ...panic, ...part }).success).toBe(false);
});

/** The table of real boots: what was run, what became of the machine, and what was not run. */
import { describe, expect, test } from 'vitest';
import type { EvidenceBoot, EvidenceRun } from '../../src/model/evidence.ts';
import type { Run } from '../../src/runbook/badge.ts';
import { lostMachines, outcome } from '../../src/runbook/outcome.ts';
import { layoutWords, scenarioMatrix, signatureRun } from '../../src/runbook/scenario-matrix.ts';
import { KIND_TITLES, scenarioSentence, scenarioTitle } from '../../src/runbook/scenario-titles.ts';
import { boot, NEW, PANIC_BOOTS, sampleVmRuns, SOAK_CUTS, vmRun } from '../browser/sample-boots.ts';
import { sampleRun } from '../browser/sample-run.ts';

const samples = sampleVmRuns('debian-13', []);
const runs: Run[] = Object.entries(samples).map(([id, run]) => ({ id, ...run }));
const named = (name: string): EvidenceRun => samples[`debian-13-vm/${name}`]!;
const matrix = scenarioMatrix(runs, 'debian-13')!;
const row = (scenario: string) => matrix.groups.flatMap((g) => g.rows).find((r) => r.scenario === scenario)!;
const start = boot({ cause: 'power-on', atMs: 0, upMs: 0, endMs: 9000 });

describe('what became of a machine', () => {
  test.each([
    ['death-panic', 'came back'],
    ['death-hang-initramfs', 'came back'],
    ['death-power-cut', 'came back'],
    ['storage-guard', 'refused, old kernel'],
    ['path-whole-way', 'rolled back'],
    ['cut-while-initramfs', 'machine lost'],
    ['soak-upgrade', '60 of 60 came up again'],
  ])('%s: %s', (name, words) => expect(outcome(named(name))).toBe(words));

  const ends = (last: Partial<EvidenceBoot>, part: Partial<EvidenceRun> = {}): string =>
    outcome(vmRun({ scenario: 'path/x', boots: [start, boot({ cause: 'reboot', atMs: 9000, upMs: 20_000, ...last })], ...part }));
  const sha256 = '0'.repeat(64);
  const done = (id: string): EvidenceRun['steps'] => [{ id, sha256, verdict: 'DONE', ms: 1, transcript: '' }];

  test('committed: by default, by a command, or in the words of the boot in which it was judged', () => {
    expect(ends({ role: 'new', entry: 'default' })).toBe('committed');
    expect(ends({ role: 'new' }, { steps: done('commit.set-default') })).toBe('committed');
    expect(ends({ role: 'new', words: 'trial: verified and committed by the judge' })).toBe('committed');
    expect(ends({ role: 'new' })).toBe('new kernel runs');
    expect(ends({ role: 'new', words: 'nothing was uncommitted' })).toBe('new kernel runs');
  });
  test('rolled back only if a rollback did something', () => {
    const trial = boot({ cause: 'reboot', atMs: 9000, role: 'new', upMs: 20_000, endMs: 30_000 });
    const back = (steps: EvidenceRun['steps']): string => outcome(vmRun({ scenario: 'path/x', boots: [start, trial, boot({ cause: 'reboot', atMs: 30_000, upMs: 50_000 })], steps }));
    expect(back(done('rollback.purge'))).toBe('rolled back');
    expect(back([{ id: 'rollback.default-is-old', sha256, verdict: 'PASS', ms: 1, transcript: '' }])).toBe('came back');
  });
  test('the other ends', () => {
    expect(ends({})).toBe('old kernel');
    expect(ends({ entry: 'by-hand' })).toBe('old kernel, picked by hand');
    expect(ends({}, { result: 'fail' })).toBe('failed');
    expect(outcome({ ...named('death-panic'), boots: [] })).toBe('passed');
  });
  test('lost machines are counted one by one', () => {
    const cuts = SOAK_CUTS.map((c) => (c.n <= 2 ? { ...c, booted: '', ok: false } : c));
    expect(lostMachines(named('death-panic'))).toBe(0);
    expect(lostMachines(named('cut-while-initramfs'))).toBe(1);
    expect(lostMachines({ ...named('soak-upgrade'), cuts })).toBe(2);
    expect(outcome({ ...named('soak-upgrade'), cuts })).toBe('58 of 60 came up again');
  });
});

describe('the table', () => {
  test('has a column for each layout of the lab, and for one that is new', () => {
    expect(matrix.layouts.map((l) => l.id)).toEqual(['root-ext4', 'boot-ext4', 'xfs', 'lvm', 'btrfs', 'uefi']);
    const more = scenarioMatrix([...runs, { ...runs[0]!, id: 'x', layout: 'mdraid' }], 'debian-13')!;
    expect(more.layouts.at(-1)).toEqual({ id: 'mdraid', words: 'mdraid' });
    expect([matrix.untried.includes('software RAID'), more.untried.includes('software RAID')]).toEqual([true, false]);
  });
  test('has rows by kind, in the order of the kinds', () => {
    expect(matrix.groups.map((g) => g.kind)).toEqual(['path', 'death', 'storage', 'cut', 'soak']);
    expect(matrix.groups[1]!.rows.map((r) => r.title)).toEqual(['Hang in the initramfs', 'Kernel panic', 'Power cut during the trial', 'Verification fails']);
  });
  test('a cell leads to its run; one without a run is empty and counted', () => {
    const { cells } = row('death/panic');
    expect(cells[0]).toEqual({ layout: 'root-ext4', run: { id: 'debian-13-vm/death-panic', words: 'came back', day: '2026-11-20', good: true } });
    expect(cells.filter((c) => !c.run).map((c) => c.layout)).toEqual(['boot-ext4', 'lvm', 'btrfs', 'uefi']);
    expect(matrix.totals.empty).toBe(matrix.groups.flatMap((g) => g.rows).length * 6 - runs.length);
  });
  test('says what a scenario does and what it costs', () => {
    expect(row('death/panic')).toMatchObject({ what: expect.stringContaining('The new kernel panics'), cpu: { least: 92, most: 118.4 } });
    expect(row('cut/while-initramfs').what).toBe('');
  });
  test('takes the newest run of a scenario on a layout, in whatever order they come', () => {
    const older = { ...runs.find((r) => r.id.endsWith('/death-panic'))!, id: 'older', result: 'fail' as const, date: '2026-11-01T00:00:00Z' };
    for (const all of [[older, ...runs], [...runs, older]]) expect(scenarioMatrix(all, 'debian-13')).toEqual(matrix);
  });
  test('is made of real boots only, of one distribution', () => {
    const rehearsal: Run = { id: 'r', ...sampleRun({ scenario: 'death/panic', steps: [] }) };
    expect(scenarioMatrix([rehearsal], 'debian-13')).toBeUndefined();
    expect(scenarioMatrix(runs, 'debian-12')).toBeUndefined();
    expect(scenarioMatrix([], 'debian-13')).toBeUndefined();
    expect(scenarioMatrix([rehearsal, ...runs], 'debian-13')).toEqual(matrix);
  });
});

describe('the sums', () => {
  test('are those of the runs', () => {
    const plain = runs.filter((r) => !r.cuts);
    expect(matrix.totals).toMatchObject({
      runs: runs.length,
      boots: plain.reduce((n, r) => n + r.boots!.length, 0) + SOAK_CUTS.length,
      trials: plain.flatMap((r) => r.boots!).filter((b) => b.role === 'new').length + SOAK_CUTS.filter((c) => c.booted === NEW).length,
      lost: 1,
      failed: 1,
      accels: ['tcg'],
    });
  });
  test('a soak run is one sentence', () => {
    expect(matrix.soaks).toEqual([{ run: 'debian-13-vm/soak-upgrade', layout: 'ext4', words: expect.stringMatching(/^60 power cuts .* 0 were lost\.$/) }]);
  });
});

describe('the picture on the start page', () => {
  const death = (part: Partial<Run>): Run => ({ id: 'a', ...vmRun({ scenario: 'death/panic', boots: PANIC_BOOTS }), ...part });
  test('is the newest panic from which the old kernel came back', () => {
    expect(signatureRun([death({}), death({ id: 'b', date: '2026-11-22T00:00:00Z' })])?.id).toBe('b');
  });
  test.each([
    ['no run', []],
    ['a failed run', [death({ result: 'fail' })]],
    ['another death', [death({ scenario: 'death/no-root' })]],
    ['a rehearsal', [death({ lane: 'rehearsal' })]],
    ['a machine that somebody helped', [death({ boots: PANIC_BOOTS.map((b) => (b.cause === 'panic' ? { ...b, entry: 'by-hand' as const } : b)) })]],
    ['a machine that stayed away', [death({ boots: PANIC_BOOTS.slice(0, 2) })]],
  ])('is absent for %s', (_, of) => expect(signatureRun(of)).toBeUndefined());
});

test('names: known ones have titles, new ones are named after themselves', () => {
  expect([scenarioTitle('death/panic'), scenarioTitle('fault/disk-slow')]).toEqual(['Kernel panic', 'Disk slow']);
  expect(scenarioSentence({ scenario: 'path/judged', what: 'Its own words.' })).toBe('Its own words.');
  expect([layoutWords('boot-ext4'), layoutWords('zfs-root')]).toEqual(['ext4, own /boot', 'zfs-root']);
  expect(Object.keys(KIND_TITLES)).toEqual(expect.arrayContaining(['path', 'death', 'storage', 'cut', 'soak', 'fault', 'probe']));
});

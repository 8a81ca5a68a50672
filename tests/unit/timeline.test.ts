/** Pictures and words of boots and cuts. */
import { describe, expect, test } from 'vitest';
import type { EvidenceBoot } from '../../src/model/evidence.ts';
import { bootSentence, bootWords } from '../../src/runbook/boot-words.ts';
import { clock, duration, ticksOf } from '../../src/runbook/clock.ts';
import { cutRows, cutSentence, cutStrips, cutTotals } from '../../src/runbook/cuts.ts';
import { MOST_BOOTS, timeline } from '../../src/runbook/timeline.ts';
import { boot, NEW, OLD, PANIC_BOOTS, SOAK_CUTS } from '../browser/sample-boots.ts';

describe('time', () => {
  test.each([[0, '0:00'], [999, '0:00'], [41_000, '0:41'], [95_999, '1:35'], [3_599_999, '59:59'], [3_600_000, '1:00:00'], [36_061_000, '10:01:01']])('%i ms is %s', (ms, words) => {
    expect(clock(ms)).toBe(words);
  });
  test.each([[48.4, '48 s'], [89.9, '90 s'], [131, '2 min'], [4100, '68 min'], [7200, '2 h'], [12_000, '3 h 20 min']])('%d s last %s', (s, words) => {
    expect(duration(s)).toBe(words);
  });
  test.each([800, 2000, 40_000, 109_000, 600_000, 5_000_000, 80_000_000])('an axis of %i ms has one to six ticks that begin at 0', (span) => {
    const ticks = ticksOf(span, (ms) => ms / span);
    expect(ticks.length).toBeGreaterThanOrEqual(1);
    expect(ticks.length).toBeLessThanOrEqual(6);
    expect(ticks[0]).toEqual({ x: 0, words: '0:00' });
    expect(ticks.every((t) => t.x <= 1)).toBe(true);
  });
});

describe('the picture of a trial that panics', () => {
  const picture = timeline(PANIC_BOOTS)!;
  const [first, trial, back] = picture.bars;

  test('has a lane for each kernel, named by its release', () => {
    expect(picture.lanes.map((l) => l.words)).toEqual([`New kernel: ${NEW}`, `Old kernel: ${OLD}`]);
  });
  test('leaves the old lane for the trial and drops back', () => {
    expect(picture.bars.map((b) => b.lane)).toEqual([1, 0, 1]);
    expect(picture.moves).toEqual([
      { x: trial!.x, from: 1, to: 0 },
      { x: back!.x, from: 0, to: 1 },
    ]);
  });
  test('is true to time', () => {
    const perSecond = (back!.x - first!.x) / 71;
    expect(trial!.x - first!.x).toBeCloseTo(32 * perSecond, 0.5);
    expect(trial!.width).toBeCloseTo(9 * perSecond, 0.5);
    expect(first!.starting / first!.width).toBeCloseTo(21 / 32, 1);
    expect(back!.starting).toBeCloseTo(24 * perSecond, 0.5);
  });
  test('a boot that never came up is pale all over', () => {
    expect(trial).toMatchObject({ up: false, starting: trial!.width });
  });
  test('waits, dead, between panic and restart', () => {
    expect(picture.waits).toEqual([{ lane: 0, x: expect.closeTo(trial!.x + trial!.width, 1), width: expect.closeTo(back!.x - trial!.x - trial!.width, 1) }]);
  });
  test('marks the panic where it happened, on the lane where it happened', () => {
    expect(picture.marks.map((m) => [m.cause, m.lane])).toEqual([['power-on', 1], ['reboot', 1], ['panic', 0]]);
    expect(picture.marks[2]).toMatchObject({ x: expect.closeTo(trial!.x + trial!.width, 1), label: 'kernel panic, 0:41' });
  });
  test('runs on at its end, because the machine still does', () => {
    expect(picture.open).toEqual({ lane: 1, x: 97 });
    expect(back!.starting).toBeLessThan(back!.width * 0.8);
    expect(timeline([...PANIC_BOOTS.slice(0, 2), { ...PANIC_BOOTS[2]!, endMs: 120_000 }])!.open).toBeUndefined();
  });
});

describe('any picture', () => {
  const many = (n: number, lengthMs: number): EvidenceBoot[] =>
    Array.from({ length: n }, (_, i) => boot({ cause: i === 0 ? 'power-on' : 'reboot', atMs: i * lengthMs, upMs: i * lengthMs + lengthMs / 2, endMs: i === n - 1 ? null : (i + 1) * lengthMs }));
  const pictures: [string, EvidenceBoot[]][] = [
    ['panic', PANIC_BOOTS],
    ['one boot', many(1, 1000)],
    ['as many as are drawn', many(MOST_BOOTS, 40_000)],
    ['a long boot before short ones', [boot({ cause: 'power-on', atMs: 0, upMs: 9, endMs: 4_000_000 }), ...[1, 2, 3].map((i) => boot({ cause: 'reboot', atMs: 4_000_000 + i, endMs: i < 3 ? 4_000_000 + i : null, role: 'new' }))]],
    ['short boots before the end', [boot({ cause: 'power-on', atMs: 0, upMs: 9, endMs: 4_000_000 }), ...[0, 1, 2].map((i) => boot({ cause: 'reboot', atMs: 4_000_000 + i, endMs: 4_000_001 + i }))]],
    ['short boots at the beginning', [...[0, 1, 2].map((i) => boot({ cause: i === 0 ? 'power-on' : 'reboot', atMs: i, endMs: i + 1 })), boot({ cause: 'reboot', atMs: 3, upMs: 4_000_000 })]],
    ['nothing but zeros', [boot({ cause: 'power-on', atMs: 0, upMs: 0, endMs: 0 })]],
  ];
  test.each(pictures)('stays within its frame: %s', (_, boots) => {
    const p = timeline(boots)!;
    for (const { x, width, starting } of p.bars) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(100);
      expect(starting).toBeGreaterThanOrEqual(0);
      expect(starting).toBeLessThanOrEqual(width);
      expect(width).toBeGreaterThan(0);
    }
    for (const x of [...p.marks, ...p.ticks, ...p.moves, ...p.waits, ...p.refusals].map((m) => m.x)) expect(x >= 0 && x <= 100).toBe(true);
    expect(JSON.stringify(p)).not.toContain('null');
  });
  test.each(pictures)('its numbers do not lie on each other: %s', (_, boots) => {
    const p = timeline(boots)!;
    for (const lane of p.lanes.keys()) {
      const xs = p.bars.filter((b) => b.lane === lane).map((b) => b.numberX);
      for (const [i, x] of xs.entries()) {
        if (i > 0) expect(x - xs[i - 1]!).toBeGreaterThanOrEqual(4.9);
        expect(x >= 0 && x <= 97).toBe(true);
      }
    }
  });
  test('words that would lie on others give way, those of a reboot before those of a death', () => {
    const boots = [
      boot({ cause: 'power-on', atMs: 0, upMs: 20_000, endMs: 50_000 }),
      boot({ cause: 'reboot', atMs: 50_000, upMs: 52_000, endMs: 55_000 }),
      boot({ cause: 'power-cut', atMs: 55_000, upMs: 70_000 }),
    ];
    expect(timeline(boots)!.marks.map((m) => m.label)).toEqual([undefined, undefined, 'power cut, 0:55']);
  });
  test('words near the right end stand to the left of their mark', () => {
    const boots = [boot({ cause: 'power-on', atMs: 0, upMs: 20_000, endMs: 90_000 }), boot({ cause: 'reboot', atMs: 90_000, upMs: 92_000 })];
    expect(timeline(boots)!.marks[1]).toMatchObject({ label: 'reboot, 1:30', labelLeft: true });
  });
  test('a lane of several kernels names their versions only, so that it fits a narrow screen', () => {
    const boots = [boot({ role: 'old', cause: 'power-on', atMs: 0, upMs: 20_000, endMs: 30_000 }), ...['7.0.13+deb13-amd64', '7.3.4+deb13-cloud-amd64'].map((kernel, i) => boot({ role: 'new', kernel, cause: 'power-on', atMs: 30_000 * (i + 1), upMs: 30_000 * (i + 1) + 9_000 }))];
    expect(timeline(boots)!.lanes.map((l) => l.words)).toEqual(['New kernel: 7.0.13, 7.3.4', `Old kernel: ${OLD}`]);
    const flavours = ['7.3.4+deb13-amd64', '7.3.4+deb13-cloud-amd64'].map((kernel, i) => boot({ role: 'new', kernel, cause: 'power-on', atMs: 30_000 * i, upMs: 30_000 * i + 9_000 }));
    expect(timeline(flavours)!.lanes[0]!.words).toBe('New kernel: 7.3.4+deb13-amd64, 7.3.4+deb13-cloud-amd64');
  });
  test('a refusal is marked on the old lane, and the new lane says that nothing ran there', () => {
    const p = timeline([boot({ cause: 'power-on', atMs: 0, upMs: 20_000, endMs: 30_000 }), boot({ cause: 'reboot', atMs: 30_000, upMs: 50_000, entry: 'refused' })])!;
    expect(p.lanes[0]!.words).toBe('New kernel: never started');
    expect(p.refusals).toEqual([{ x: p.bars[1]!.x, lane: 1 }]);
    expect(p.marks[1]!.label).toBe('trial refused, 0:30');
  });
  test('a machine that stays in GRUB has a lane of its own', () => {
    const p = timeline([boot({ cause: 'power-on', atMs: 0, upMs: 20_000, endMs: 30_000 }), boot({ cause: 'power-cut', atMs: 32_000, role: 'none' })])!;
    expect(p.lanes[2]).toEqual({ role: 'none', words: 'No kernel: it stayed in GRUB' });
    expect(p.bars[1]!.lane).toBe(2);
  });
  test('a machine restored from a snapshot was not switched on', () => {
    const p = timeline([boot({ cause: 'power-on', atMs: 0, upMs: 0, endMs: 30_000 }), boot({ cause: 'reboot', atMs: 30_000, upMs: 50_000 })])!;
    expect(p.marks.map((m) => m.cause)).toEqual(['reboot']);
    expect(p.bars[0]!.starting).toBe(0);
  });
  test('none of nothing, and none of more boots than a picture holds', () => {
    expect(timeline([])).toBeUndefined();
    expect(timeline(many(MOST_BOOTS + 1, 1000))).toBeUndefined();
  });
});

describe('boots in words', () => {
  test('a panic, from power on until the old kernel is back', () => {
    expect(bootWords(PANIC_BOOTS).map((b) => `${b.at} ${b.why}: ${b.kernel} (${b.entry}). ${b.then.join(' ')}`)).toEqual([
      `0:00 power on: ${OLD} (default entry). User space answered at 0:21. The trial was armed.`,
      `0:32 reboot: ${NEW} (trial entry). User space never answered. Kernel panic - not syncing: Attempted to kill init!`,
      `1:11 restart after the kernel panic at 0:41: ${OLD} (default entry). Came back by itself, user space answered at 1:35. Settled: fell-back.`,
    ]);
  });
  test('only a machine that nobody touched came back by itself', () => {
    const ended = (cause: EvidenceBoot['cause'], part: Partial<EvidenceBoot> = {}): string =>
      bootSentence([boot({ cause: 'power-on', atMs: 0, role: 'new', entry: 'trial', endMs: 9000 }), boot({ cause, atMs: 9000, upMs: 20_000, ...part })]);
    expect(ended('panic')).toContain('by itself');
    expect(ended('watchdog')).toContain('by itself');
    // A reboot may have been asked for, power is put back by hands, and a menu is used by somebody.
    expect(ended('reboot')).not.toContain('by itself');
    expect(ended('power-cut')).not.toContain('by itself');
    expect(ended('panic', { entry: 'by-hand' })).not.toContain('by itself');
    expect(ended('panic', { upMs: null })).not.toContain('by itself');
  });
  test('GRUB alone, a refusal, a snapshot, the end', () => {
    const words = bootSentence([
      boot({ cause: 'power-on', atMs: 0, upMs: 0, endMs: 1000 }),
      boot({ cause: 'reboot', atMs: 1000, role: 'none', endMs: 2000 }),
      boot({ cause: 'reboot', atMs: 2000, upMs: 3000, entry: 'refused', endMs: 61_000 }),
    ]);
    expect(words).toContain('0:00 start of the run');
    expect(words).toContain('restored from a snapshot');
    expect(words).toContain('no kernel (default entry). No kernel was started.');
    expect(words).toContain('refused by its guard');
    expect(words).toMatch(/Switched off at 1:01\.$/);
  });
});

describe('power cuts of a soak run', () => {
  const lost = { n: 61, atMs: 5000, during: 'upgrade: upgrade.pin', booted: '', ok: false, resumed: false, words: '' };
  const cuts = [...SOAK_CUTS, lost];

  test('are counted', () => {
    expect(cutTotals(cuts)).toEqual({ total: 61, asExpected: 60, resumed: 60, lost: 1 });
    expect(cutSentence(SOAK_CUTS, { seed: 42 })).toBe(
      '60 power cuts at random instants (seed 42), each on a machine of its own. 60 came up again with a kernel, 60 went on to the end afterwards, 60 ended as they must, 0 were lost.',
    );
    expect(cutSentence(cuts, { machines: 15 })).toContain('random instants, on 15 machines. ');
    expect(cutSentence(cuts)).toContain('60 ended as they must, 1 was lost.');
  });
  test('stand on one strip for each command, because each has its own clock', () => {
    const strips = cutStrips(cuts);
    expect(strips.map((s) => s.command)).toEqual(['upgrade', 'trial']);
    expect(strips.flatMap((s) => s.marks)).toHaveLength(61);
    expect(strips.flatMap((s) => s.marks).filter((m) => !m.good).map((m) => m.n)).toEqual([61]);
    for (const { x } of strips.flatMap((s) => [...s.marks, ...s.ticks])) expect(x >= 0 && x <= 100).toBe(true);
    expect(cutStrips([])).toEqual([]);
    expect(cutStrips([{ ...lost, during: 'between two steps' }])[0]!.command).toBe('');
  });
  test('make one row for each step, whatever programs ran, in the order in which they were reached', () => {
    const rows = cutRows(cuts);
    expect(rows.map((r) => r.during)).toEqual(['upgrade: upgrade.pin', 'upgrade: upgrade.install', 'upgrade: upgrade.modules-indexed', 'trial: trial.judge', 'trial: old kernel starting']);
    expect(rows.reduce((n, r) => n + r.cuts, 0)).toBe(61);
    expect(rows[0]).toMatchObject({ lost: 1 });
    expect(rows[4]!.booted.map((b) => b.kernel)).toEqual([OLD, NEW]);
    for (const row of rows) expect(row.booted.reduce((n, b) => n + b.times, 0) + row.lost).toBe(row.cuts);
  });
});

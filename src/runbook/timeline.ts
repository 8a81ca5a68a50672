/** The picture of a machine's boots, as numbers: it leaves the old kernel's track for the trial, and comes back to it. */
import type { EvidenceBoot } from '../model/evidence.ts';
import type { Timeline, TimelineBar, TimelineLane, TimelineMark } from '../model/timeline.ts';
import { clock, percent, ticksOf } from './clock.ts';

/** More boots than this are a list, not a picture. */
export const MOST_BOOTS = 12;

/** Room at both ends, in percent of the width, so that a mark at an end is drawn whole. */
const EDGE = 3;
/** Nothing that happened is thinner than this (percent). */
const THINNEST = 0.8;
/** Numbers nearer than this (percent) would lie on each other on a screen of 360 pixels. */
const NUMBER_ROOM = 5;
/** What words beside a mark take (percent), on the wide screens that show them. */
const LABEL_ROOM = 20;

export const CAUSE_WORDS = {
  'power-on': 'power on',
  reboot: 'reboot',
  panic: 'kernel panic',
  watchdog: 'watchdog reset',
  'power-cut': 'power cut',
} as const satisfies Record<EvidenceBoot['cause'], string>;

/** The release that ran in a role. Of several only the versions: all in full do not fit a narrow screen, and the list below has them. */
function releaseOf(boots: EvidenceBoot[], role: EvidenceBoot['role']): string {
  const releases = [...new Set(boots.filter((b) => b.role === role).map((b) => b.kernel))];
  if (releases.length === 0) return 'never started';
  const versions = new Set(releases.map((r) => r.replace(/[^0-9.].*$/, '')));
  // Flavours and builds of one version would not be told apart without the rest of their names.
  return [...(releases.length > 1 && versions.size === releases.length ? versions : releases)].join(', ');
}

function lanesOf(boots: EvidenceBoot[]): TimelineLane[] {
  return [
    { role: 'new', words: `New kernel: ${releaseOf(boots, 'new')}` },
    { role: 'old', words: `Old kernel: ${releaseOf(boots, 'old')}` },
    // A machine that stays in GRUB is rare and must not look like one that runs the old kernel.
    ...(boots.some((b) => b.role === 'none') ? [{ role: 'none' as const, words: 'No kernel: it stayed in GRUB' }] : []),
  ];
}

/** Moves numbers of a lane apart until none touches the next: to the right, and back to the left where the picture ends. */
function spreadNumbers(bars: TimelineBar[]): void {
  for (const lane of Map.groupBy(bars, (b) => b.lane).values()) {
    for (const [i, bar] of lane.entries()) if (i > 0) bar.numberX = Math.max(bar.numberX, lane[i - 1]!.numberX + NUMBER_ROOM);
    let limit = 100 - EDGE;
    for (const bar of lane.toReversed()) {
      bar.numberX = Math.min(bar.numberX, limit);
      limit = bar.numberX - NUMBER_ROOM;
    }
  }
}

/** Words stand to the right of their mark; near the right end, to its left. */
const isLabelLeft = (x: number): boolean => x > 100 - LABEL_ROOM;

/** Takes away words that would lie on others of their lane. Those of a death stay before those of a reboot. */
function thinLabels(marks: TimelineMark[]): void {
  const left = (m: TimelineMark): number => (isLabelLeft(m.x) ? m.x - LABEL_ROOM : m.x);
  const weight = (m: TimelineMark): number => (m.cause === 'reboot' ? 1 : 0);
  const kept: TimelineMark[] = [];
  for (const mark of marks.filter((m) => m.label !== undefined).sort((a, b) => weight(a) - weight(b) || a.x - b.x)) {
    if (kept.some((k) => k.lane === mark.lane && Math.abs(left(k) - left(mark)) < LABEL_ROOM)) delete mark.label;
    else kept.push(mark);
  }
}

/** Was the machine restored from a snapshot in which it already ran? Then nobody switched it on. @param boots of one run */
export const isRestored = (boots: EvidenceBoot[]): boolean => boots[0]?.upMs === 0;

/**
 * @param boots of one run, in order
 * @returns undefined if there is nothing to draw, or too much for one picture
 */
export function timeline(boots: EvidenceBoot[]): Timeline | undefined {
  if (boots.length === 0 || boots.length > MOST_BOOTS) return undefined;
  const lanes = lanesOf(boots);
  const laneOf = (boot: EvidenceBoot): number => lanes.findIndex((l) => l.role === boot.role);
  const known = Math.max(...boots.flatMap((b) => [b.atMs, b.upMs ?? 0, b.endMs ?? 0]), 1000);
  const last = boots.at(-1)!;
  // A machine that still runs is drawn running on for a while: an end right at its prompt would look like another death.
  const span = last.endMs === null ? known * 1.15 : known;
  const x = (ms: number): number => percent(EDGE / 100 + (ms / span) * (1 - (2 * EDGE) / 100));
  const endOf = (i: number): number => boots[i]!.endMs ?? boots[i + 1]?.atMs ?? span;

  const bars = boots.map((boot, i): TimelineBar => {
    const [from, to] = [x(boot.atMs), x(endOf(i))];
    const width = Math.max(THINNEST, percent((to - from) / 100));
    const starting = boot.upMs === null ? width : Math.min(width, percent((x(boot.upMs) - from) / 100));
    return { n: i + 1, lane: laneOf(boot), x: from, width, starting, up: boot.upMs !== null, numberX: from };
  });
  spreadNumbers(bars);

  const marks = boots.flatMap((boot, i): TimelineMark[] => {
    if (i === 0) return isRestored(boots) ? [] : [{ cause: boot.cause, lane: laneOf(boot), x: x(boot.atMs) }];
    // A boot's cause happened to the boot before it: the mark stands where that one ended.
    const label = `${boot.entry === 'refused' ? 'trial refused' : CAUSE_WORDS[boot.cause]}, ${clock(boots[i - 1]!.endMs ?? boot.atMs)}`;
    return [{ cause: boot.cause, lane: laneOf(boots[i - 1]!), x: x(endOf(i - 1)), label }];
  });
  thinLabels(marks);

  const pairs = boots.slice(1).map((boot, i) => ({ boot, before: boots[i]!, end: endOf(i) }));
  return {
    lanes,
    bars,
    marks: marks.map((m) => ({ ...m, ...(m.label !== undefined && { labelLeft: isLabelLeft(m.x) }) })),
    waits: pairs
      .filter(({ boot, end }) => boot.atMs > end)
      .map(({ boot, before, end }) => ({ lane: laneOf(before), x: x(end), width: percent((x(boot.atMs) - x(end)) / 100) })),
    moves: pairs
      .filter(({ boot, before }) => boot.role !== before.role)
      .map(({ boot, before }) => ({ x: x(boot.atMs), from: laneOf(before), to: laneOf(boot) })),
    refusals: boots.filter((b) => b.entry === 'refused').map((b) => ({ x: x(b.atMs), lane: laneOf(b) })),
    ...(last.endMs === null && { open: { lane: laneOf(last), x: x(span) } }),
    ticks: ticksOf(span, x),
  };
}

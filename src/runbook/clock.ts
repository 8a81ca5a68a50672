/** Durations as a reader takes them in, and an axis for them. */
import type { TimelineTick } from '../model/timeline.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** `m:ss`, from an hour on `h:mm:ss`. @param ms milliseconds, cut off to whole seconds so that nothing is dated too late */
export function clock(ms: number): string {
  const s = Math.floor(ms / 1000);
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** A span of seconds in words: `48 s`, `12 min`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h${minutes % 60 > 0 ? ` ${minutes % 60} min` : ''}`;
}

/** Steps between two ticks, in seconds: those a clock has. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600];
/** More labels than this touch each other on a telephone. */
const MOST_TICKS = 6;

/** A percentage with two digits behind the point: finer than a pixel, short in the page. */
export const percent = (part: number): number => Math.round(part * 10_000) / 100;

/**
 * At most six labelled ticks from 0 on.
 * @param spanMs milliseconds that the axis covers
 * @param x place of an instant on the axis, in percent
 */
export function ticksOf(spanMs: number, x: (ms: number) => number): TimelineTick[] {
  const step = (STEPS.find((s) => spanMs / (s * 1000) < MOST_TICKS) ?? STEPS.at(-1)!) * 1000;
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, i) => ({ x: x(i * step), words: clock(i * step) }));
}

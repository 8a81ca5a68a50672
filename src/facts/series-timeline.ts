/** The kernel series along time: who was maintained by kernel.org when. Pure. */
import { z } from 'astro/zod';

/** What the picture needs of a series. */
export interface SeriesSpan {
  series: string;
  /** A day, or `unknown`: such a series is left out of the picture and named beside it. */
  released: string;
  /** A day; `current` while it is maintained without a date; `unknown` where we found none. */
  endOfLife: string;
  longterm: boolean;
}

export interface SeriesBar {
  series: string;
  longterm: boolean;
  /** Percent of the picture's width. */
  x: number;
  width: number;
  /** How it ends: on a day, after the picture, still maintained today, or on a day we do not know. */
  end: 'day' | 'beyond' | 'current' | 'unknown';
  /** What the bar says, for readers and for screen readers. */
  words: string;
}

export interface SeriesPicture {
  bars: SeriesBar[];
  ticks: { x: number; words: string }[];
  /** Series whose day of release we do not know. */
  undated: string[];
  /** The day the picture was drawn, in percent. */
  today: number;
}

const DAY = 86_400_000;
const at = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const isDay = (text: string): boolean => z.iso.date().safeParse(text).success;

/** First days of quarters between two instants, with the words for the axis. */
function quarters(from: number, to: number): { at: number; words: string }[] {
  const found: { at: number; words: string }[] = [];
  const first = new Date(from);
  for (let y = first.getUTCFullYear(), q = 0; ; q += 1) {
    const t = Date.UTC(y + Math.floor(q / 4), (q % 4) * 3, 1);
    if (t > to) return found;
    if (t >= from) found.push({ at: t, words: new Date(t).toISOString().slice(0, 7) });
  }
}

/**
 * The picture of the series that were maintained between two days.
 * @param spans the series, in any order
 * @param from first day shown
 * @param to last day shown; longer ones end at the edge
 * @param today the day that "current" means
 * @throws Error when a day is none, or a series ends before it begins
 */
export function seriesPicture(spans: readonly SeriesSpan[], from: string, to: string, today: string): SeriesPicture {
  const [left, right] = [at(from), at(to)];
  if (!(left < right)) throw new Error(`time line: ${from} is not before ${to}`);
  const x = (t: number): number => Math.round(((Math.min(Math.max(t, left), right) - left) / (right - left)) * 1000) / 10;
  const bars = spans
    .filter((s) => s.released !== 'unknown')
    .sort((a, b) => at(a.released) - at(b.released))
    .flatMap((s): SeriesBar[] => {
      if (!isDay(s.released)) throw new Error(`time line: ${s.series} has no day of release: ${s.released}`);
      const ends = isDay(s.endOfLife);
      if (ends && at(s.endOfLife) < at(s.released)) throw new Error(`time line: ${s.series} ends on ${s.endOfLife}, before it began on ${s.released}`);
      if (at(s.released) > right || (ends && at(s.endOfLife) < left)) return [];
      const stop = ends ? at(s.endOfLife) : at(today);
      const days = Math.round((stop - at(s.released)) / DAY);
      const end = ends ? (stop > right ? 'beyond' : 'day') : s.endOfLife === 'current' ? 'current' : 'unknown';
      const until = ends ? `until ${s.endOfLife}${days < 200 ? `, ${days} days` : ''}` : end === 'current' ? 'maintained today' : 'end not known';
      return [{ series: s.series, longterm: s.longterm, x: x(at(s.released)), width: Math.max(x(stop) - x(at(s.released)), 0.6), end, words: `${s.released}, ${until}` }];
    });
  return { bars, undated: spans.filter((s) => s.released === 'unknown').map((s) => s.series), ticks: quarters(left, right).map((q) => ({ x: x(q.at), words: q.words })), today: x(at(today)) };
}

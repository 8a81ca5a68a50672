/**
 * How old a fact may get. Here and not in src/facts, because the reader's browser asks the same question with its own date
 * (src/components/checked.ts); so nothing is imported.
 */

/** Kinds of facts by how fast they change, with the days each may age. `null`: it does not change any more. */
export const FACT_CLASSES = {
  /** The version of a kernel that moves on to each new series. */
  rolling: { days: 14, words: 'versions of a kernel that rolls' },
  /** The version of a kernel that stays within its series: point releases and security uploads. */
  point: { days: 45, words: 'versions of a kernel' },
  /** Dates until which somebody maintains something, and pages as a whole. */
  support: { days: 180, words: 'support dates' },
  /** What the source of a released kernel says, and what has ended. */
  settled: { days: null, words: 'facts that do not change any more' },
} as const;
export type FactClass = keyof typeof FACT_CLASSES;

const DAY_MS = 86_400_000;

function dayNumber(day: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error(`'${day}' is no day. Mend: write it as YYYY-MM-DD.`);
  return ms / DAY_MS;
}

/** Whole days from one day to another; negative when `today` is the earlier one. */
export const ageInDays = (day: string, today: string): number => dayNumber(today) - dayNumber(day);

/**
 * Is a fact older than its class allows?
 * @param day the day somebody looked, or the day of the copy that was looked at
 */
export function isOld(day: string, of: FactClass, today: string): boolean {
  const { days } = FACT_CLASSES[of];
  return ageInDays(day, today) > (days ?? Number.POSITIVE_INFINITY);
}

/** The class of a kernel that a release offers. */
export const classOfKernel = (kernel: { until: unknown }): FactClass => (kernel.until === 'rolls' ? 'rolling' : 'point');

/** The class of an upstream series: one that had ended when it was looked up is settled. */
export const classOfSeries = (series: { endOfLife: string; lts: boolean; checked: string }): FactClass =>
  /^\d/.test(series.endOfLife) && series.endOfLife <= series.checked ? 'settled' : series.lts ? 'point' : 'rolling';

/** The day on which a clock stands, in UTC. */
export const dayOf = (clock: Date): string => clock.toISOString().slice(0, 10);

/** How old facts may get, and that every fact of the content has a day and a source. */
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { DistroMeta } from '../../src/model/distro.ts';
import { ageInDays, classOfKernel, classOfSeries, dayOf, isOld } from '../../src/model/freshness.ts';
import { readContent } from '../../src/model/read.ts';
import { SeriesMeta } from '../../src/model/series.ts';

describe('the age of a fact', () => {
  test('is counted in whole days, also over a leap day', () => {
    expect(ageInDays('2026-11-26', '2026-11-26')).toBe(0);
    expect(ageInDays('2028-02-28', '2028-03-01')).toBe(2);
    expect(ageInDays('2026-11-26', '2026-11-20')).toBe(-6);
    expect(() => ageInDays('26.11.2026', '2026-11-26')).toThrow(/no day/);
    expect(() => ageInDays('2026-02-40', '2026-11-26')).toThrow(/no day/);
    expect(dayOf(new Date('2026-11-26T23:59:59Z'))).toBe('2026-11-26');
  });

  test.each([
    ['rolling', '2026-12-10', '2026-12-11'],
    ['point', '2027-01-10', '2027-01-11'],
    ['support', '2027-05-25', '2027-05-26'],
  ] as const)('%s: still good on %s, old on %s', (of, good, old) => {
    expect(isOld('2026-11-26', of, good)).toBe(false);
    expect(isOld('2026-11-26', of, old)).toBe(true);
  });

  test('never counts where nothing changes', () => {
    expect(isOld('1991-08-25', 'settled', '2126-01-01')).toBe(false);
    expect(classOfKernel({ until: 'rolls' })).toBe('rolling');
    expect(classOfKernel({ until: '2028-08-09' })).toBe('point');
    expect(classOfSeries({ endOfLife: '2026-06-27', lts: false, checked: '2026-11-23' })).toBe('settled');
    expect(classOfSeries({ endOfLife: '2028-12-31', lts: true, checked: '2026-11-23' })).toBe('point');
    expect(classOfSeries({ endOfLife: 'unknown', lts: false, checked: '2026-11-23' })).toBe('rolling');
  });
});

/** Dates in the future would never get old. A day is let pass for time zones. */
const tomorrow = dayOf(new Date(Date.now() + 86_400_000));

interface Fact {
  where: string;
  checked?: unknown;
  asOf?: unknown;
  source?: unknown;
}
const isDay = (d: unknown): boolean => typeof d === 'string' && /^\d{4}-\d\d-\d\d$/.test(d) && d <= tomorrow;
/** What is wrong with facts: no day, a day in the future, a copy newer than the look, no source. */
const wrong = (facts: readonly Fact[]): string[] =>
  facts.flatMap(({ where, checked, asOf, source }) => [
    ...(isDay(checked) ? [] : [`${where}: checked is ${String(checked)}`]),
    ...(asOf === undefined || (isDay(asOf) && (asOf as string) <= (checked as string)) ? [] : [`${where}: asOf is ${String(asOf)}`]),
    ...(typeof source === 'string' && source.trim().length >= 4 ? [] : [`${where}: no source`]),
  ]);

describe('every fact has a day and a source', () => {
  const { distros, series } = readContent(ROOT);
  const facts: Fact[] = [
    ...distros.flatMap(({ file, data }) => [
      { where: `${file}: supportedUntil`, ...data.supportedUntil },
      ...data.kernels.map((k) => ({ where: `${file}: ${k.package}`, ...k })),
    ]),
    ...series.map(({ file, data }) => ({ where: file, ...data })),
  ];

  test('in content/distros and content/series', () => {
    expect(facts.length).toBeGreaterThan(40);
    expect(wrong(facts)).toEqual([]);
  });

  test('and one without is seen', () => {
    const good: Fact = { ...facts[0]!, asOf: undefined };
    expect(wrong([{ ...good, checked: undefined }])).toHaveLength(1);
    expect(wrong([{ ...good, checked: '2999-01-01' }])).toHaveLength(1);
    expect(wrong([{ ...good, asOf: '2999-01-01' }])).toHaveLength(1);
    expect(wrong([{ ...good, source: ' ' }])).toHaveLength(1);
    const distro = distros[0]!.data;
    for (const key of ['checked', 'source'] as const) {
      expect(DistroMeta.safeParse(distro).success).toBe(true);
      expect(DistroMeta.safeParse({ ...distro, supportedUntil: { ...distro.supportedUntil, [key]: undefined } }).success, key).toBe(false);
      expect(DistroMeta.safeParse({ ...distro, kernels: [{ ...distro.kernels[0], [key]: undefined }] }).success, key).toBe(false);
      expect(SeriesMeta.safeParse({ ...series[0]!.data, [key]: undefined }).success, key).toBe(false);
    }
  });

  test('series: one file each, named after it, and the one the site is about ended when upstream said so', () => {
    expect(series.filter((s) => s.id !== s.data.series).map((s) => s.file)).toEqual([]);
    expect(series.find((s) => s.id === '7.0')?.data).toMatchObject({ released: '2026-04-12', endOfLife: '2026-06-27', lts: false, last: '7.0.14' });
  });
});

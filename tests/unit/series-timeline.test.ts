import { describe, expect, test } from 'vitest';
import { seriesPicture, type SeriesSpan } from '../../src/facts/series-timeline.ts';

const SPANS: SeriesSpan[] = [
  { series: '7.0', released: '2026-04-12', endOfLife: '2026-06-27', longterm: false },
  { series: '6.18', released: '2025-11-30', endOfLife: '2028-12-31', longterm: true },
  { series: '7.3', released: '2026-10-25', endOfLife: 'current', longterm: false },
  { series: '7.2', released: '2026-08-16', endOfLife: 'unknown', longterm: false },
  { series: '6.0', released: '2022-10-02', endOfLife: '2023-01-12', longterm: false },
];
const picture = (spans = SPANS) => seriesPicture(spans, '2025-10-01', '2026-12-31', '2026-11-26');

describe('the time line of the series', () => {
  test('is in the order of release, without what ended before it begins', () => {
    expect(picture().bars.map((b) => b.series)).toEqual(['6.18', '7.0', '7.2', '7.3']);
  });
  test('a bar lies between its days', () => {
    const bar = picture().bars.find((b) => b.series === '7.0')!;
    const days = (a: string, b: string): number => (Date.parse(b) - Date.parse(a)) / 86_400_000;
    const all = days('2025-10-01', '2026-12-31');
    expect(bar.x).toBeCloseTo((100 * days('2025-10-01', '2026-04-12')) / all, 0);
    expect(bar.width).toBeCloseTo((100 * 76) / all, 0);
    expect(bar.words).toBe('2026-04-12, until 2026-06-27, 76 days');
  });
  test('says how each ends', () => {
    expect(picture().bars.map((b) => b.end)).toEqual(['beyond', 'day', 'unknown', 'current']);
    expect(picture().bars.map((b) => b.words)).toEqual(['2025-11-30, until 2028-12-31', '2026-04-12, until 2026-06-27, 76 days', '2026-08-16, end not known', '2026-10-25, maintained today']);
  });
  test('nothing leaves the picture', () => {
    for (const bar of picture().bars) expect(bar.x + bar.width).toBeLessThanOrEqual(100.6);
    expect(picture().ticks.map((t) => t.words)).toEqual(['2025-10', '2026-01', '2026-04', '2026-07', '2026-10']);
  });
  test('a series without a day is named, not drawn', () => {
    const { bars, undated } = picture([...SPANS, { series: '7.4', released: 'unknown', endOfLife: 'current', longterm: false }]);
    expect(undated).toEqual(['7.4']);
    expect(bars.map((b) => b.series)).not.toContain('7.4');
  });
  test.each([
    [{ series: '7.9', released: 'soon', endOfLife: 'current', longterm: false }, /7\.9 has no day of release: soon/],
    [{ series: '7.9', released: '2026-05-01', endOfLife: '2026-04-01', longterm: false }, /7\.9 ends on 2026-04-01, before it began/],
  ])('refuses %o', (span, message) => {
    expect(() => picture([span])).toThrow(message);
  });
});

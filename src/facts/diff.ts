/** What indexes and lifecycle data say, against what the content says: the changes, and what only a person can write. */
import type { DistroMeta, OfferedKernel } from '../model/distro.ts';
import type { SeriesMeta } from '../model/series.ts';
import type { UpstreamSeries } from './kernel-org.ts';
import type { LifecycleRelease } from './endoflife.ts';

/** A field that changes. */
export interface Change {
  /** The content file. */
  file: string;
  /** Whose field it is, for readers of the table: `debian-13, trixie-backports`. */
  fact: string;
  field: string;
  before: string;
  /** Empty: the field is taken out. */
  after: string;
  /** Where the new value comes from. */
  source: string;
  path: (string | number)[];
}

/** What a refresh comes to. */
export interface Difference {
  changes: Change[];
  /** What is no longer as the content says and cannot be written by a program, in words. */
  byHand: string[];
  /** Files that were not there. */
  added: { file: string; text: string }[];
}

export const nothing = (): Difference => ({ changes: [], byHand: [], added: [] });

/** All of several differences, in their order. A field that is changed twice is one change. */
export function together(all: readonly Difference[]): Difference {
  const changes = new Map<string, Change>();
  for (const c of all.flatMap((d) => d.changes)) {
    const key = `${c.file} ${c.path.join('.')}`;
    changes.set(key, { ...c, before: changes.get(key)?.before ?? c.before });
  }
  return { changes: [...changes.values()], byHand: [...new Set(all.flatMap((d) => d.byHand))], added: all.flatMap((d) => d.added) };
}

/** A content entry, as the reader gives it. */
export interface Facts<T> {
  id: string;
  file: string;
  data: T;
}

/** What an index says of a kernel's package; `undefined`: the index was read and has no such package. */
export interface Found {
  version: string | undefined;
  /** Where, as the first part of the row's `source`. */
  words: string;
}

const seriesOf = (version: string): string | undefined => /^(?:\d+:)?(\d+\.\d+)/.exec(version)?.[1];

/** The parts of a source in words; the first says where the version was read. */
const withFirstPart = (source: string, words: string): string => [words, ...source.split('; ').slice(1)].join('; ');

const END_DATES = /\bendoflife\.date(, read on \d{4}-\d\d-\d\d|, \d{4}-\d\d-\d\d)?/;

/**
 * Changes of the kernels of a release.
 * @param found row number → what its index says; rows that are not in it were not looked up
 * @param day the day of the look
 */
export function kernelChanges(distro: Facts<DistroMeta>, found: ReadonlyMap<number, Found>, day: string): Difference {
  const result = nothing();
  for (const [row, { version, words }] of found) {
    const kernel = distro.data.kernels[row]!;
    const fact = `${distro.id}, ${kernel.track}`;
    if (version === undefined) {
      result.byHand.push(`${distro.file}: ${kernel.package} (${kernel.track}) is not in the index any more (${words}): say so in the row, or take it out`);
      continue;
    }
    const series = seriesOf(version);
    const set = (field: keyof OfferedKernel, before: string | undefined, after: string): void => {
      if (before === after || (before === undefined && after === '')) return;
      result.changes.push({ file: distro.file, fact, field, before: before ?? '', after, source: words, path: ['kernels', row, field] });
    };
    if (series !== undefined && series !== kernel.series) {
      set('series', kernel.series, series);
      const to = distro.data.script && distro.data.toSeries === kernel.series ? `, toSeries: "${kernel.series}"` : '';
      result.byHand.push(`${distro.file}: ${kernel.package} (${kernel.track}) went from ${kernel.series} to ${series}: its words${to} and the pages around it still say ${kernel.series}`);
    }
    if (version !== kernel.version && /probably|not verified/i.test(kernel.note ?? '')) {
      result.byHand.push(`${distro.file}: ${kernel.package} (${kernel.track}) is ${version} now; see whether its note still holds: ${kernel.note!}`);
    }
    set('version', kernel.version, version);
    set('checked', kernel.checked as string, day);
    set('asOf', kernel.asOf as string | undefined, '');
    set('source', kernel.source, withFirstPart(kernel.source, words));
  }
  return result;
}

/** Changes of the dates until which a release is supported, and of the sources that named the old look. */
export function supportChanges(distro: Facts<DistroMeta>, releases: readonly LifecycleRelease[], day: string): Difference {
  const result = nothing();
  const { lifecycle, supportedUntil: old } = distro.data;
  if (!lifecycle) return result;
  const release = releases.find((r) => r.name === lifecycle.release);
  if (!release) {
    result.byHand.push(`${distro.file}: endoflife.date has no release ${lifecycle.release} of ${lifecycle.product}: correct lifecycle, or take it out`);
    return result;
  }
  const words = `endoflife.date, read on ${day}`;
  const set = (field: string, before: string | undefined, after: string, path: (string | number)[] = ['supportedUntil', field], fact = `${distro.id}, support`): void => {
    if (before === undefined || before === after) return;
    result.changes.push({ file: distro.file, fact, field, before, after, source: words, path });
  };
  for (const stage of ['full', 'lts'] as const) {
    const key = lifecycle[stage];
    const before = old[stage] as string | undefined;
    if (key === undefined || before === undefined) continue;
    const end = release[key];
    // No stage or no date is no reason to throw away one that somebody found.
    if (end === undefined || end === 'current' || end === 'unknown') {
      if (/^\d/.test(before)) result.byHand.push(`${distro.file}: supportedUntil.${stage} is ${before}, and endoflife.date gives no date (${key}): look it up`);
      continue;
    }
    set(stage, before, end);
    distro.data.kernels.forEach((kernel, row) => {
      if ((kernel.until as string) !== before) return;
      if (before !== end) result.byHand.push(`${distro.file}: ${kernel.package} (${kernel.track}) is maintained until ${before}; the release's ${stage} support now ends on ${end}: see whether the row follows`);
      else if (END_DATES.test(kernel.source)) set('source', kernel.source, kernel.source.replace(END_DATES, words), ['kernels', row, 'source'], `${distro.id}, ${kernel.track}`);
    });
  }
  set('checked', old.checked as string, day);
  set('asOf', old.asOf as string | undefined, '');
  set('source', old.source, withFirstPart(old.source, words));
  return result;
}

/** The two sources on upstream's series. */
export interface SeriesNews {
  kernelOrg: readonly UpstreamSeries[];
  lifecycle: readonly LifecycleRelease[];
}

const number = (series: string): number[] => series.split('.').map(Number);
const isNewer = (a: string, b: string): boolean => {
  const [x, y] = [number(a), number(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i += 1) if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) > (y[i] ?? 0);
  return false;
};

/** What the two sources together say of a series; undefined when neither has it. */
function newsOf(series: string, { kernelOrg, lifecycle }: SeriesNews): Pick<SeriesMeta, 'released' | 'endOfLife' | 'lts' | 'last'> | undefined {
  const org = kernelOrg.find((s) => s.series === series);
  const eol = lifecycle.find((r) => r.name === series);
  if (!org && !eol) return undefined;
  const lasts = [org?.last, eol?.latest].filter((v) => v !== undefined && /^\d+\.\d+(\.\d+)?$/.test(v)) as string[];
  const said = eol?.eol ?? (org?.ended ? 'unknown' : 'current');
  return {
    released: eol?.released ?? 'unknown',
    // kernel.org is upstream itself: what it calls ended is not current, whatever the other says.
    endOfLife: org?.ended && said === 'current' ? 'unknown' : said,
    lts: org?.longterm || eol?.lts || false,
    last: lasts.reduce((a, b) => (isNewer(b, a) ? b : a), lasts[0] ?? 'unknown'),
  };
}

/** Changes of the series we have, and files for those that have come since. */
export function seriesChanges(all: readonly Facts<SeriesMeta>[], news: SeriesNews, day: string): Difference {
  const result = nothing();
  const words = `kernel.org and endoflife.date, read on ${day}`;
  for (const { file, data } of all) {
    const now = newsOf(data.series, news);
    if (!now) {
      result.byHand.push(`${file}: neither kernel.org nor endoflife.date has ${data.series}: look it up`);
      continue;
    }
    const set = (field: keyof SeriesMeta, before: string, after: string): void => {
      if (before !== after) result.changes.push({ file, fact: `Linux ${data.series}`, field, before, after, source: words, path: [field] });
    };
    if (now.released !== 'unknown') set('released', data.released as string, now.released as string);
    // A day that somebody found is worth more than "ended, nobody says when".
    if (now.endOfLife !== 'unknown' || data.endOfLife === 'current') set('endOfLife', data.endOfLife as string, now.endOfLife as string);
    if (now.lts !== data.lts) result.byHand.push(`${file}: lts is ${data.lts}, and upstream says ${now.lts}: see what the pages say of it`);
    if (now.last !== 'unknown' && (data.last === 'unknown' || isNewer(now.last, data.last))) set('last', data.last, now.last);
    set('checked', data.checked as string, day);
    if (data.asOf !== undefined) set('asOf', data.asOf as string, '');
    set('source', data.source, words);
  }
  const newest = all.map((s) => s.data.series).reduce((a, b) => (isNewer(b, a) ? b : a), '0.0');
  const names = new Set([...news.kernelOrg.map((s) => s.series), ...news.lifecycle.map((r) => r.name)].filter((s) => /^\d+\.\d+$/.test(s) && isNewer(s, newest)));
  for (const series of [...names].sort((a, b) => (isNewer(a, b) ? 1 : -1))) {
    const s = newsOf(series, news)!;
    result.added.push({
      file: `content/series/${series}.yaml`,
      text: `series: "${series}"\nreleased: ${s.released}\nendOfLife: ${s.endOfLife}\nlts: ${s.lts}\nlast: ${/^\d+\.\d+$/.test(s.last) ? `"${s.last}"` : s.last}\nchecked: ${day}\nsource: ${words}\n`,
    });
  }
  return result;
}

const cell = (words: string): string => (words === '' ? '(none)' : words);

/** Before and after; of a source only the parts that differ. */
function beforeAfter({ field, before, after }: Change): [string, string] {
  if (field !== 'source') return [cell(before), cell(after)];
  const [x, y] = [before.split('; '), after.split('; ')];
  return [cell(x.filter((p) => !y.includes(p)).join('; ')), cell(y.filter((p) => !x.includes(p)).join('; '))];
}

/** The changes as a table for a terminal. */
export function tableOf({ changes, added }: Difference): string {
  const rows = [
    ...changes.map((c) => [c.fact, c.field, beforeAfter(c).join(' → '), c.source]),
    ...added.map((a) => [a.file, 'new file', a.text.trim().split('\n').slice(0, 5).join(', '), /^source: (.*)$/m.exec(a.text)?.[1] ?? '']),
  ];
  if (rows.length === 0) return '';
  const all = [['kernel', 'field', 'before → after', 'source'], ...rows];
  const widths = [0, 1, 2].map((i) => Math.max(...all.map((r) => r[i]!.length)));
  return `${all.map((r) => r.map((c, i) => c.padEnd(widths[i] ?? 0)).join('  ').trimEnd()).join('\n')}\n`;
}

const escaped = (words: string): string => words.replace(/[\\|`*_<>[\]]/g, (c) => `\\${c}`).replaceAll('\n', ' ');

/** The same as Markdown, with what is left to do by hand: the text of a pull request. */
export function markdownOf(difference: Difference): string {
  const { changes, added, byHand } = difference;
  const rows = [
    ...changes.map((c) => [c.fact, c.field, ...beforeAfter(c), c.source]),
    ...added.map((a) => [a.file, 'new file', '', a.text.trim(), '']),
  ];
  const table = [['kernel', 'field', 'before', 'after', 'source'], ['---', '---', '---', '---', '---'], ...rows.map((r) => r.map(escaped))].map((r) => `| ${r.join(' | ')} |`).join('\n');
  const hand = byHand.length === 0 ? '' : `\nBy hand:\n\n${byHand.map((w) => `- ${escaped(w)}`).join('\n')}\n`;
  return `${rows.length === 0 ? 'No difference.' : table}\n${hand}`;
}

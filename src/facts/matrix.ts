/** Which kernel of which distribution has which feature, and how we know. Pure. */
import type { Availability, FeatureMeta } from '../model/feature.ts';
import type { MeasuredKernel } from '../model/kernel.ts';
import type { MeasuredUserspace } from '../model/userspace.ts';
import { isAtLeast } from './debian-version.ts';
import { sourceWords } from './source-words.ts';

/** One kernel that a distribution offers, measured or not. */
export interface Column {
  distro: string;
  series: string;
  /** `uname -r` of the measured kernel; undefined where none was measured. */
  release?: string;
}

export interface Cell {
  value: Availability;
  how: 'measured' | 'cited' | 'unknown';
  /** Why it is that value, or who says so. */
  source: string;
  /** Undefined where nobody looked. */
  checked?: string;
  note?: string;
}

export interface Facts {
  kernels: readonly MeasuredKernel[];
  userspace: readonly MeasuredUserspace[];
}

/** By number, part by part: 6.12 is newer than 6.9. */
export function compareSeries(a: string, b: string): number {
  const [x = [], y = []] = [a, b].map((s) => s.split('.').map(Number));
  return x[0]! - y[0]! || x[1]! - y[1]!;
}

/**
 * All columns: what distributions offer, what was measured, and what notes cite. One for each kernel of a distribution and series; if two
 * of a series were measured, one for each.
 * @param order distributions in the order of the site; others follow by name
 */
export function columns(offered: readonly Column[], notes: readonly FeatureMeta[], kernels: readonly MeasuredKernel[], order: readonly string[]): Column[] {
  const measured: Column[] = kernels.map(({ distro, series, release }) => ({ distro, series, release }));
  const rest: Column[] = [...offered, ...notes.flatMap((n) => n.cells)].filter((c) => !measured.some((m) => m.distro === c.distro && m.series === c.series));
  const unique = new Map<string, Column>(rest.map(({ distro, series }) => [`${distro} ${series}`, { distro, series }]));
  const place = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return [...measured, ...unique.values()].sort(
    (a, b) => place(a.distro) - place(b.distro) || a.distro.localeCompare(b.distro, 'en', { numeric: true }) || compareSeries(a.series, b.series) || (a.release ?? '').localeCompare(b.release ?? '', 'en', { numeric: true }),
  );
}

/** The cell of a measured kernel. */
function measuredCell(note: FeatureMeta, kernel: MeasuredKernel, userspace: MeasuredUserspace | undefined): Cell {
  const cell = (value: Availability, source: string): Cell => ({ value, how: value === 'unknown' ? 'unknown' : 'measured', source, checked: kernel.measured });
  if (compareSeries(kernel.series, note.since) < 0) return cell('no', `${kernel.release} is older than ${note.since}`);
  // What was never looked up must not look like what is not there.
  const unread = note.kconfig.filter((s) => kernel.config[s] === undefined);
  if (unread.length > 0) return cell('unknown', `${unread.join(', ')} not among what was measured of ${kernel.release}`);
  const of = (value: string): string[] => note.kconfig.filter((s) => kernel.config[s] === value);
  if (of('absent').length > 0) return cell('no', `${of('absent').join(', ')} not in the configuration of ${kernel.release}`);
  if (of('n').length > 0) return cell('off', `${of('n').join(', ')} not set in ${kernel.release}`);
  const built = note.kconfig.length > 0 ? note.kconfig.map((s) => `${s}=${kernel.config[s]}`).join(', ') : `part of the code since ${note.since}`;
  for (const need of note.userspace) {
    const has = userspace?.packages[need.package];
    const wanted = `${need.package}${need.min ? ` ${need.min}` : ''}`;
    if (has === undefined) return cell('unknown', `${built}; whether ${kernel.distro} has ${wanted} was not measured`);
    if (has === 'absent') return cell('userspace', `${built}; ${kernel.distro} has no ${need.package}`);
    if (need.min && !isAtLeast(has, need.min)) return cell('userspace', `${built}; needs ${wanted}, ${kernel.distro} has ${has}`);
  }
  return cell('yes', built);
}

/** The cell of a feature on a kernel: measured if that kernel was measured, else what the note cites, else unknown. */
export function cellOf(note: FeatureMeta, column: Column, facts: Facts): Cell {
  const kernel = facts.kernels.find((k) => k.release === column.release && k.distro === column.distro);
  if (kernel) return measuredCell(note, kernel, facts.userspace.find((u) => u.distro === kernel.distro));
  const cited = note.cells.find((c) => c.distro === column.distro && c.series === column.series);
  if (!cited) return { value: 'unknown', how: 'unknown', source: 'nobody measured it, and we found no source' };
  return { value: cited.value, how: 'cited', source: cited.evidence.map(sourceWords).join('; '), checked: cited.evidence[0]!.checked, ...(cited.note === undefined ? {} : { note: cited.note }) };
}

/** How many cells are of which kind. */
export function shares(cells: readonly Cell[]): { total: number; measured: number; cited: number; unknown: number; percent: number } {
  const count = (how: Cell['how']): number => cells.filter((c) => c.how === how).length;
  const measured = count('measured');
  // Rounded down: 89.9 is not 90.
  return { total: cells.length, measured, cited: count('cited'), unknown: count('unknown'), percent: cells.length === 0 ? 0 : Math.floor((measured * 100) / cells.length) };
}

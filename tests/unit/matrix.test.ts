/** The matrix of features and kernels: what makes a cell, and how we know. */
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { compareDebianVersions, isAtLeast } from '../../src/facts/debian-version.ts';
import { cellOf, columns, compareSeries, type Facts, shares } from '../../src/facts/matrix.ts';
import type { FeatureMeta } from '../../src/model/feature.ts';
import type { MeasuredKernel } from '../../src/model/kernel.ts';
import { readContent } from '../../src/model/read.ts';

const kernel = (series: string, config: Record<string, string>): MeasuredKernel => ({
  format_version: 1, release: `${series}.1`, series, distro: 'debian-13', track: 'test', packages: [{ name: 'p', version: '1', sha256: 'a'.repeat(64) }], config, drivers: {}, measured: '2026-11-26',
});
const note = (over: Partial<FeatureMeta>): FeatureMeta => ({ since: '7.0', kconfig: [], userspace: [], cells: [], ...over }) as FeatureMeta;
const facts = (k: MeasuredKernel, packages?: Record<string, string>): Facts => ({ kernels: [k], userspace: packages ? [{ format_version: 1, distro: 'debian-13', suites: ['trixie'], packages, measured: '2026-11-26' }] : [] });
const value = (n: FeatureMeta, k: MeasuredKernel, packages?: Record<string, string>): string => {
  const c = cellOf(n, k, facts(k, packages));
  return `${c.value} ${c.how}`;
};
const need = (min?: string): Partial<FeatureMeta> => ({ userspace: [{ package: 'xfsprogs', what: 'tools', evidence: [], ...(min ? { min } : {}) }] });

test.each([
  ['an older series', note({}), kernel('6.12', {}), undefined, 'no measured'],
  ['6.9 before 6.12', note({ since: '6.12' }), kernel('6.9', {}), undefined, 'no measured'],
  ['no switch', note({}), kernel('7.0', {}), undefined, 'yes measured'],
  ['built in', note({ kconfig: ['CONFIG_A'] }), kernel('7.0', { CONFIG_A: 'y' }), undefined, 'yes measured'],
  ['not set', note({ kconfig: ['CONFIG_A', 'CONFIG_B'] }), kernel('7.0', { CONFIG_A: 'm', CONFIG_B: 'n' }), undefined, 'off measured'],
  ['not in the configuration', note({ kconfig: ['CONFIG_A', 'CONFIG_B'] }), kernel('7.0', { CONFIG_A: 'n', CONFIG_B: 'absent' }), undefined, 'no measured'],
  ['a symbol nobody measured', note({ kconfig: ['CONFIG_A'] }), kernel('7.0', {}), undefined, 'unknown unknown'],
  ['programs too old', note(need('7.0')), kernel('7.0', {}), { xfsprogs: '6.13.0-2+deb13u1' }, 'userspace measured'],
  ['programs new enough', note(need('7.0')), kernel('7.0', {}), { xfsprogs: '7.2.0-1' }, 'yes measured'],
  ['no such package', note(need()), kernel('7.0', {}), { xfsprogs: 'absent' }, 'userspace measured'],
  ['programs nobody measured', note(need()), kernel('7.0', {}), undefined, 'unknown unknown'],
] as const)('%s', (_, n, k, packages, expected) => expect(value(n, k, packages)).toBe(expected));

test('a kernel that was not measured: what the note cites, else unknown', () => {
  const n = note({ cells: [{ distro: 'arch', series: '7.0', value: 'yes', evidence: [{ source: 'a copy of its configuration', checked: '2026-11-23' }] }] });
  const none = { kernels: [], userspace: [] };
  expect(cellOf(n, { distro: 'arch', series: '7.0' }, none)).toMatchObject({ value: 'yes', how: 'cited', checked: '2026-11-23' });
  expect(cellOf(n, { distro: 'arch', series: '7.1' }, none)).toMatchObject({ value: 'unknown', how: 'unknown' });
  const all = columns([{ distro: 'debian-13', series: '7.0' }, { distro: 'debian-13', series: '6.12' }], [n], [kernel('7.0', {})], ['debian-13']);
  expect(all.map((c) => `${c.distro} ${c.series} ${c.release ?? ''}`)).toEqual(['debian-13 6.12 ', 'debian-13 7.0 7.0.1', 'arch 7.0 ']);
});

test('series are compared by number', () => expect(['7.0', '6.12', '6.9'].sort(compareSeries)).toEqual(['6.9', '6.12', '7.0']));

test('a share is rounded down', () => {
  const cells = [...Array.from({ length: 899 }, () => 'measured'), ...Array.from({ length: 101 }, () => 'unknown')].map((how) => ({ value: 'no', how, source: '' }) as never);
  expect(shares(cells)).toMatchObject({ total: 1000, measured: 899, unknown: 101, percent: 89 });
});

describe('versions are compared as dpkg does', () => {
  test.each([
    ['1.0', '1.0', 0], ['1.0~rc1', '1.0', -1], ['1.10', '1.9', 1], ['1:0.1', '9', 1], ['2.9-1', '2.14-1', -1], ['7.3.4-1~bpo13+1', '7.3.4-1', -1],
    ['6.13.0-2+deb13u1', '6.13.0-2', 1], ['1.0a', '1.0+', -1], ['1.0', '1.0-0', 0], ['1.0.', '1.0', 1],
  ])('%s and %s', (a, b, sign) => {
    expect(Math.sign(compareDebianVersions(a, b))).toBe(sign);
    expect(Math.sign(compareDebianVersions(b, a)) + sign).toBe(0);
  });
  test('an epoch and a revision say nothing about upstream', () => {
    expect(isAtLeast('1:1.8.11-2', '1.9')).toBe(false);
    expect(isAtLeast('7.0-1', '7.0')).toBe(true);
    expect(isAtLeast('7.0~rc1-1', '7.0')).toBe(false);
  });
});

test('at least nine of ten cells of Debian\'s kernels are measured', () => {
  const content = readContent(ROOT);
  const data = { kernels: content.kernels.map((k) => k.data), userspace: content.userspace.map((u) => u.data) };
  const all = content.features.map((f) => f.data);
  const offered = content.distros.flatMap((d) => d.data.kernels.map((k) => ({ distro: d.id, series: k.series })));
  const debian = columns(offered, all, data.kernels, []).filter((c) => c.distro.startsWith('debian-'));
  expect(shares(all.flatMap((n) => debian.map((c) => cellOf(n, c, data)))).percent).toBeGreaterThanOrEqual(90);
});

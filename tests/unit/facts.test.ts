/** The parsers of other people's files, with good files and with damaged ones, and what is made of them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import yaml from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { BadInput } from '../../src/facts/bad-input.ts';
import { mustBeCurrent, mustMatch, parsePackages, parseRelease } from '../../src/facts/debian-index.ts';
import { compareDebianVersions } from '../../src/facts/debian-version.ts';
import { kernelChanges, markdownOf, seriesChanges, supportChanges, tableOf, together } from '../../src/facts/diff.ts';
import { parseEndOfLife } from '../../src/facts/endoflife.ts';
import { parseKernelOrg } from '../../src/facts/kernel-org.ts';
import { newestRpm, openPrimary, parsePrimary, parseRepoMd } from '../../src/facts/rpm-metadata.ts';
import { compareEvr } from '../../src/facts/rpm-version.ts';
import { splice } from '../../src/facts/splice.ts';
import { walkXml } from '../../src/facts/xml.ts';
import type { DistroMeta } from '../../src/model/distro.ts';
import { readContent } from '../../src/model/read.ts';

const FOLDER = join(ROOT, 'tests/fixtures/indexes');
const bytes = (name: string): Buffer => readFileSync(join(FOLDER, name));
const text = (name: string): string => bytes(name).toString('utf8');

/** The error must name the file, the place and what to do. */
function refused(run: () => unknown, place: RegExp, what: RegExp): void {
  let error: unknown;
  try {
    run();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(BadInput);
  const bad = error as BadInput;
  expect(bad.place).toMatch(place);
  expect(bad.message).toMatch(what);
  expect(bad.message.startsWith(`${bad.file}: `)).toBe(true);
  expect(bad.message).toMatch(/\. Mend: \S+ .{10}/);
}

describe('versions', () => {
  const debian = ['1~rc1', '1', '1+b1', '1.0', '1.2-1~bpo13+1', '1.2-1', '1.9', '1.10', '6.12.117-1~deb12u1', '6.12.117-1', '7.0~rc7-1', '7.0.0-34.34~24.04.1', '7.0.0-34.34', '1:0.1'];
  test('of Debian packages sort as dpkg sorts them', () => {
    for (const [i, a] of debian.entries()) for (const [j, b] of debian.entries()) expect(Math.sign(compareDebianVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
  });
  test.skipIf(spawnSync('dpkg', ['--version']).status !== 0)('and dpkg itself says the same', () => {
    for (const [i, a] of debian.entries()) if (i > 0) expect(spawnSync('dpkg', ['--compare-versions', debian[i - 1]!, 'lt', a]).status, a).toBe(0);
  });
  test('of RPM packages sort as rpm sorts them', () => {
    const sorted = ['1~rc1', '1', '1^git1', '1.a', '1.1', '1.2', '1.10', '2', '2a'];
    const evr = (version: string) => ({ epoch: '0', version, release: '1' });
    for (const [i, a] of sorted.entries()) for (const [j, b] of sorted.entries()) expect(Math.sign(compareEvr(evr(a), evr(b))), `${a} ${b}`).toBe(Math.sign(i - j));
    expect(compareEvr({ epoch: '1', version: '1', release: '1' }, { epoch: '0', version: '9', release: '9' })).toBeGreaterThan(0);
    expect(compareEvr({ epoch: '0', version: '6.12.0', release: '211.7.3.el10_2' }, { epoch: '0', version: '6.12.0', release: '211.21.1.el10_2' })).toBeLessThan(0);
  });
});

describe('Release and Packages', () => {
  const signed = text('damaged/InRelease.unsigned');
  const release = parseRelease(signed, 'R');
  const index = bytes('recorded/debian/trixie-security/Packages');
  const PATH = 'main/binary-amd64/Packages';

  test('are read', () => {
    expect(release).toMatchObject({ codename: 'trixie-security', day: '2026-11-25', validUntil: '2026-12-02' });
    mustBeCurrent(release, 'trixie-security', '2026-11-26', 'R');
    mustMatch(release, PATH, index, 'P');
    expect(parsePackages(index.toString(), 'P', new Set(['linux-image-amd64'])).map((p) => p.version)).toEqual(['6.12.9-1', '6.12.118-1']);
  });
  test.each<[string, () => unknown, RegExp, RegExp]>([
    ['an empty Release', () => parseRelease('', 'R'), /whole file/, /empty/],
    ['a page instead of a Release', () => parseRelease(text('damaged/page'), 'R'), /line 1/, /no Release file/],
    ['a Release with its signature', () => parseRelease(text('recorded/debian/trixie/InRelease'), 'R'), /line 1/, /signature/],
    ['a Release cut off', () => parseRelease(signed.slice(0, -20), 'R'), /last line/, /middle of a line/],
    ['a Release cut off at a line', () => parseRelease(`${signed.split('\nSHA256')[0]!}\n`, 'R'), /whole file/, /SHA256/],
    ['a sum that is none', () => parseRelease(signed.replace(/ [0-9a-f]{64}/, ' xyz'), 'R'), /line \d+/, /sha256 size path/],
    ['a date that is none', () => parseRelease(signed.replace(/Date: .*/, 'Date: soon'), 'R'), /Date/, /no date/],
    ['another suite', () => mustBeCurrent(release, 'trixie', '2026-11-26', 'R'), /Suite/, /not of trixie/],
    ['a suite that is out of date', () => mustBeCurrent(release, 'trixie-security', '2026-12-03', 'R'), /Valid-Until/, /2026-12-02/],
    ['an index cut off', () => mustMatch(release, PATH, bytes('damaged/Packages.truncated'), 'P'), /byte 250/, /280/],
    ['an index with a byte changed', () => mustMatch(release, PATH, Buffer.from(index.toString().replace('6.12.118', '6.12.119')), 'P'), /whole file/, /sha256/],
    ['an index nobody signed', () => mustMatch(release, 'main/binary-arm64/Packages', index, 'P'), /whole file/, /does not name/],
    ['an empty index', () => parsePackages(text('damaged/empty'), 'P', new Set()), /whole file/, /empty/],
    ['a page instead of an index', () => parsePackages(text('damaged/page'), 'P', new Set()), /line 1/, /no Packages file/],
    ['an index that ends in a line', () => parsePackages(text('damaged/Packages.truncated'), 'P', new Set()), /line \d+/, /middle of a line/],
    ['a paragraph without a version', () => parsePackages(index.toString().replace('Version: 6.12.118-1\n', ''), 'P', new Set()), /line 9/, /without Version/],
    ['a version that is none', () => parsePackages(index.toString().replace('6.12.118-1', '<b>'), 'P', new Set(['linux-image-amd64'])), /line 9/, /no version/],
  ])('refused: %s', (_, run, place, what) => refused(run, place, what));
});

describe('the metadata of RPM repositories', () => {
  const open = (name: string) => {
    const md = parseRepoMd(text(`recorded/rpm/${name}/repomd.xml`), 'repomd.xml');
    return { md, packed: bytes(`recorded/rpm/${name}/${md.href.replace('repodata/', '')}`) };
  };
  test.each([
    ['gzip-repository', 'kernel', '6.12.0-211.21.1.el10_2'],
    ['zstd-repository', 'kernel-ml', '7.3.10-1.el10.elrepo'],
  ])('are read: %s', (name, wanted, version) => {
    const { md, packed } = open(name);
    expect(md.day).toBe('2026-11-25');
    expect(newestRpm(parsePrimary(openPrimary(packed, md, 'P'), 'P', new Set([wanted])))).toBe(version);
  });
  test('of a package that is not there there is no version', () => expect(newestRpm([])).toBeUndefined());

  const { md, packed } = open('gzip-repository');
  const primary = openPrimary(packed, md, 'P');
  const repomd = text('recorded/rpm/gzip-repository/repomd.xml');
  const none = new Set<string>();
  test.each<[string, () => unknown, RegExp, RegExp]>([
    ['an empty repomd.xml', () => parseRepoMd('', 'R'), /whole file/, /empty/],
    ['a page', () => parseRepoMd(text('damaged/page'), 'R'), /line 1/, /document type/],
    ['XML of another kind', () => parseRepoMd('<rss></rss>', 'R'), /line 1/, /not <repomd>/],
    ['repomd.xml cut off', () => parseRepoMd(repomd.slice(0, 700), 'R'), /line \d+/, /ends too early|has no end/],
    ['no list of packages', () => parseRepoMd(repomd.replace('type="primary"', 'type="other"'), 'R'), /primary/, /no href/],
    ['a path out of the repository', () => parseRepoMd(repomd.replace(/repodata\/[0-9a-f]+-/, 'a/../../'), 'R'), /primary/, /no path below/],
    ['a weak sum', () => parseRepoMd(repomd.replaceAll('type="sha256"', 'type="md5"'), 'R'), /primary/, /md5/],
    ['a list cut off', () => openPrimary(packed.subarray(0, 100), md, 'P'), /byte 100/, /repomd.xml says/],
    ['a list with a byte changed', () => openPrimary(Buffer.from(packed).fill(0, 50, 51), md, 'P'), /whole file/, /sha256/],
    ['a list larger than it says', () => openPrimary(packed, { ...md, openSize: 100 }, 'P'), /whole file/, /cannot be unpacked/],
    ['a list that breaks off', () => parsePrimary(text('damaged/primary.truncated'), 'P', none), /line \d+/, /ends too early|has no end/],
    ['a package missing', () => parsePrimary(primary.replace('packages="4"', 'packages="5"'), 'P', none), /whole file/, /4 packages.*5/],
    ['a package without version', () => parsePrimary(primary.replace(/<version [^>]*>/, ''), 'P', none), /package 1 \(kernel\)/, /missing/],
    ['an entity of its own', () => parsePrimary(primary.replace('&amp;', '&xxe;'), 'P', none), /line \d+/, /stands for nothing/],
  ])('refused: %s', (_, run, place, what) => refused(run, place, what));

  test('XML: quotes, empty elements, comments, CDATA, and a > in an attribute', () => {
    const seen: string[] = [];
    walkXml('<?xml version="1.0"?><!-- a --><a x="1 > 0" y=\'&lt;"\'><b/>t&#x41;<![CDATA[<&]]></a>', 'X', {
      open: (name, attributes) => seen.push(`${name} ${JSON.stringify([...attributes])}`),
      text: (words) => seen.push(words),
      close: (name) => seen.push(`/${name}`),
    });
    expect(seen).toEqual(['a [["x","1 > 0"],["y","<\\""]]', 'b []', '/b', 'tA', '<&', '/a']);
    for (const bad of ['<a></b>', '<a><a>', '<a/><b/>', 'x', '<a b=c/>', '<a>&nope;</a>', '<a', '<a "']) expect(() => walkXml(bad, 'X', {}), bad).toThrow(BadInput);
  });
});

describe('endoflife.date and kernel.org', () => {
  test('v1 and v0 are read', () => {
    expect(parseEndOfLife(text('recorded/endoflife/debian.json'), 'E')[0]).toMatchObject({ name: '13', eol: '2028-08-10', eoes: '2030-06-30', eoas: undefined });
    expect(parseEndOfLife(text('recorded/endoflife/linux.json'), 'E')[0]).toMatchObject({ name: '7.4', eol: 'current', lts: false });
    expect(parseEndOfLife(text('recorded/endoflife/rhel.json'), 'E')).toEqual([
      { name: '10', released: '2025-05-20', eoas: '2030-05-31', eol: '2035-05-31', eoes: '2039-05-31', lts: true, latest: '10.2' },
      { name: '9', released: '2022-05-18', eoas: 'unknown', eol: 'current', eoes: undefined, lts: false, latest: undefined },
    ]);
  });
  test('releases.json is read, without candidates', () => {
    expect(parseKernelOrg(text('recorded/kernel-org/releases.json'), 'K').map((s) => [s.series, s.last, s.longterm, s.ended])).toEqual([
      ['7.3', '7.3.6', false, false],
      ['7.2', '7.2.14', false, true],
      ['6.12', '6.12.118', true, false],
    ]);
  });
  const linux = text('recorded/endoflife/linux.json');
  const org = text('recorded/kernel-org/releases.json');
  test.each<[string, () => unknown, RegExp, RegExp]>([
    ['an empty product', () => parseEndOfLife('', 'E'), /whole file/, /empty/],
    ['a page', () => parseEndOfLife(text('damaged/page'), 'E'), /line 1/, /no JSON/],
    ['a product cut off', () => parseEndOfLife(linux.slice(0, 500), 'E'), /whole file/, /no JSON/],
    ['another version of the schema', () => parseEndOfLife(linux.replace('"1.2.1"', '"2.0.0"'), 'E'), /schema_version/, /not read here/],
    ['a number for a date', () => parseEndOfLife(linux.replace('"2026-11-19"', '20261119'), 'E'), /result\.releases\.2\.eolFrom/, /date|string/],
    ['no release', () => parseEndOfLife('[]', 'E'), /whole file/, /no release/],
    ['v0 with an end that is none', () => parseEndOfLife('[{"cycle":"1","releaseDate":"2026-01-01","eol":"soon"}]', 'E'), /0\.eol/, /Mend/],
    ['releases.json cut off', () => parseKernelOrg(text('damaged/releases.truncated'), 'K'), /whole file/, /no JSON/],
    ['a moniker nobody knows', () => parseKernelOrg(org.replace('"mainline"', '"main"'), 'K'), /releases\.0\.moniker/, /Mend/],
    ['a list of another kind', () => parseKernelOrg('[]', 'K'), /whole file/, /Mend/],
  ])('refused: %s', (_, run, place, what) => refused(run, place, what));
});

const content = readContent(ROOT);
const debian13 = (): { id: string; file: string; data: DistroMeta } => structuredClone(content.distros.find((d) => d.id === 'debian-13')!);

describe('the difference', () => {
  const day = '2026-12-24';
  const words = 'Debian package index of trixie-security of 2026-12-23';
  test('of a kernel: version, day, source; the other parts of the source stay; the copy is one no more', () => {
    const distro = debian13();
    Object.assign(distro.data.kernels[0]!, { version: '6.12.1-1', checked: '2026-11-01', asOf: '2026-10-01', source: 'Somewhere; end dates from elsewhere' });
    const { changes, byHand } = kernelChanges(distro, new Map([[0, { version: '6.12.130-1', words }]]), day);
    expect(changes.map((c) => [c.field, c.before, c.after])).toEqual([
      ['version', '6.12.1-1', '6.12.130-1'],
      ['checked', '2026-11-01', day],
      ['asOf', '2026-10-01', ''],
      ['source', 'Somewhere; end dates from elsewhere', `${words}; end dates from elsewhere`],
    ]);
    expect(byHand).toEqual([]);
  });
  test('of a kernel that went on to another series, or is gone: what a person has to write', () => {
    const moved = kernelChanges(debian13(), new Map([[1, { version: '7.4.2-1~bpo13+1', words }]]), day);
    expect(moved.changes.find((c) => c.field === 'series')).toMatchObject({ before: '7.3', after: '7.4' });
    expect(moved.byHand.join()).toMatch(/toSeries: "7.3"/);
    const gone = kernelChanges(debian13(), new Map([[2, { version: undefined, words }]]), day);
    expect(gone.changes).toEqual([]);
    expect(gone.byHand.join()).toMatch(/not in the index any more/);
  });
  test('of support: a new end, and the rows that named the old one', () => {
    const distro = debian13();
    const was = distro.data.supportedUntil.full as string;
    const { changes, byHand } = supportChanges(distro, [{ name: '13', released: '2025-08-09', eoas: undefined, eol: '2028-09-09', eoes: distro.data.supportedUntil.lts as string, lts: false, latest: '13.9' }], day);
    expect(changes.find((c) => c.field === 'full')).toMatchObject({ before: was, after: '2028-09-09' });
    expect(byHand.join()).toMatch(new RegExp(`maintained until ${was}`));
    expect(supportChanges(distro, [], day).byHand.join()).toMatch(/no release 13/);
    const without = supportChanges(distro, [{ name: '13', released: '2025-08-09', eoas: undefined, eol: 'current', eoes: undefined, lts: false, latest: undefined }], day);
    expect(without.changes.map((c) => c.field)).not.toContain('full');
    expect(without.byHand.join()).toMatch(/gives no date/);
  });
  test('of series: ends, last releases, and a file for a new one', () => {
    const news = { kernelOrg: parseKernelOrg(text('recorded/kernel-org/releases.json'), 'K'), lifecycle: parseEndOfLife(text('recorded/endoflife/linux.json'), 'E') };
    const of = (s: string) => content.series.filter((x) => x.id === s);
    const all = seriesChanges([...of('6.12'), ...of('7.0'), ...of('7.2'), ...of('7.3')], news, day);
    const change = (series: string, field: string): string | undefined => all.changes.find((c) => c.fact === `Linux ${series}` && c.field === field)?.after;
    expect(change('7.2', 'endOfLife')).toBe('2026-11-19');
    expect(change('7.2', 'last')).toBe('7.2.14');
    expect(change('7.3', 'released')).toBe('2026-10-25');
    expect(change('6.12', 'last')).toBeUndefined();
    expect(all.byHand.join()).toMatch(/7\.0\.yaml: neither/);
    expect(all.added.map((a) => a.file)).toEqual(['content/series/7.4.yaml']);
    expect(yaml.load(all.added[0]!.text)).toMatchObject({ series: '7.4', last: '7.4', lts: false, endOfLife: 'current' });
  });
  test('as a table, and as Markdown in which nothing of others is markup', () => {
    const d = kernelChanges(debian13(), new Map([[0, { version: '6.12|<img src=x>', words }]]), day);
    expect(tableOf(d)).toMatch(/^kernel +field +before → after +source\ndebian-13, stable \(default\) +version +6\.12\.\S+ → 6\.12\|<img/);
    expect(markdownOf(d)).toContain('6.12\\|\\<img src=x\\>');
    expect(tableOf(together([]))).toBe('');
    expect(markdownOf(together([]))).toContain('No difference.');
  });
});

describe('new values in a file', () => {
  const file = '---\n# a comment\nname: "X"   # kept\nwords: >-\n  folded\n  words\nkernels:\n  - version: 1.0-1 # why\n    asOf: 2026-01-01\n    source: "quoted: words"\nflow: { full: 2026-01-01, lts: b }\n---\n\nBody: version: 1.0-1\n';
  test('change, and every other byte stays', () => {
    const after = splice(file, [
      { path: ['kernels', 0, 'version'], value: '2.0' },
      { path: ['kernels', 0, 'asOf'], value: undefined },
      { path: ['kernels', 0, 'source'], value: 'a "b"; c: d' },
      { path: ['flow', 'full'], value: '2027-02-02' },
      { path: ['flow', 'lts'], value: 'a, b' },
      { path: ['words'], value: 'one line' },
    ], 'F');
    expect(after).toBe(
      '---\n# a comment\nname: "X"   # kept\nwords: one line\nkernels:\n  - version: "2.0" # why\n    source: "a \\"b\\"; c: d"\nflow: { full: 2027-02-02, lts: "a, b" }\n---\n\nBody: version: 1.0-1\n',
    );
  });
  test('no edit, no change; and what is not there is said', () => {
    expect(splice(file, [], 'F')).toBe(file);
    expect(() => splice(file, [{ path: ['kernels', 1, 'version'], value: 'x' }], 'F')).toThrow(/F: there is no single value kernels\.1\.version/);
    expect(() => splice(file, [{ path: ['flow', 'lts'], value: undefined }], 'F')).toThrow(/cannot be taken out/);
    expect(() => splice('---\na: 1\n', [], 'F')).toThrow(/never closed/);
  });
  test('every distribution and series of the content can be written so', () => {
    for (const { file: name, data } of content.distros) {
      const whole = readFileSync(join(ROOT, name), 'utf8');
      const paths = [...data.kernels.flatMap((_, i) => ['series', 'version', 'checked', 'source'].map((k) => ['kernels', i, k])), ['supportedUntil', 'checked'], ['supportedUntil', 'source'], ['supportedUntil', 'full']];
      const there = splice(whole, paths.map((path) => ({ path, value: 'x: "y", z' })), name);
      expect(there.split('\n---\n').slice(1), name).toEqual(whole.split('\n---\n').slice(1));
    }
  });
});

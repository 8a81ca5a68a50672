/** `npm run refresh` on recorded files: what it believes, what it writes, and that it writes nothing when something is wrong. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { download } from '../../src/lab/refresh/http.ts';
import type { Family } from '../../src/lab/refresh/read.ts';
import { refresh, type Refreshed } from '../../src/lab/refresh/refresh.ts';
import { signedText } from '../../src/lab/refresh/signature.ts';

const FIXTURES = join(ROOT, 'tests/fixtures/indexes');
const KEYRING = join(FIXTURES, 'keyring.gpg');
const withGpgv = describe.skipIf(spawnSync('gpgv', ['--version']).status !== 0);

const DISTRO = `---
name: Made for tests   # a comment
status: stable
family: debian
loader: grub
initramfs: initramfs-tools
packageManager: apt
seven: "no"
summary: >-
  A release that offers what the recorded
  files of the tests have.
cveTracker: { name: Made for tests, url: "https://tests.invalid/" }
script: false
supportedUntil:
  full: 2028-08-09
  lts: 2030-06-30
  checked: 2026-08-01
  asOf: 2026-07-01
  source: endoflife.date, 2026-07-01
lifecycle: { product: debian, release: "13", full: eol, lts: eoes }
kernels:
  - series: "6.12"
    track: stable (default)
    package: linux-image-amd64
    version: 6.12.90-1 # kept
    maintainedBy: Debian
    until: 2030-06-30
    checked: 2026-08-01
    asOf: 2026-07-01
    source: Somewhere; end dates from endoflife.date, 2026-07-01
    index: { apt: debian, suites: [trixie, trixie-security] }
  - series: "7.0"
    track: of another archive
    package: linux-generic-hwe-24.04
    version: 7.0.0
    maintainedBy: Canonical
    until: unknown
    checked: 2026-08-01
    source: Somewhere
    index: { apt: ubuntu, suites: [noble-updates] }
  - series: "6.12"
    track: of a repository
    package: kernel
    version: 6.12.0-1
    maintainedBy: nobody
    until: rolls
    checked: 2026-08-01
    source: Somewhere
    index: { rpm: gzip repository, at: "https://rpm.invalid/one" }
checked: 2026-08-01
---

Words that say kernels: and version: 6.12.90-1.
`;
const SERIES = 'series: "7.3"\nreleased: unknown # the day was not found\nendOfLife: current\nlts: false\nlast: 7.3.1\nchecked: 2026-08-01\nsource: Somewhere\n';

let root: string;
let from: string;
const distro = (): string => readFileSync(join(root, 'content/distros/test.mdx'), 'utf8');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trialboot-refresh-test-'));
  for (const d of ['distros', 'series']) mkdirSync(join(root, 'content', d), { recursive: true });
  writeFileSync(join(root, 'content/distros/test.mdx'), DISTRO);
  writeFileSync(join(root, 'content/series/7.3.yaml'), SERIES);
  from = join(root, 'recorded');
  cpSync(join(FIXTURES, 'recorded'), from, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const again = (families: Family[], more: Partial<Parameters<typeof refresh>[0]> = {}): Promise<Refreshed> =>
  refresh({ root, from, keyring: KEYRING, families, today: '1999-01-01', ...more });
const ALL: Family[] = ['debian', 'ubuntu', 'rpm', 'lifecycle', 'series'];

withGpgv('a refresh from recorded files', () => {
  test('sets versions, days, ends and sources, leaves every other byte, and has nothing to do the second time', async () => {
    const { difference, written } = await again(ALL);
    expect(written).toEqual(['content/distros/test.mdx', 'content/series/7.3.yaml', 'content/series/7.4.yaml']);
    const expected = DISTRO.replace('full: 2028-08-09', 'full: 2028-08-10')
      .replace(/( {2}checked): 2026-08-01\n {2}asOf: .*\n( {2}source): endoflife.*/, '$1: 2026-11-26\n$2: endoflife.date, read on 2026-11-26')
      .replace('version: 6.12.90-1 # kept', 'version: 6.12.118-1 # kept')
      .replace('version: 7.0.0\n', 'version: 7.0.0-34.34~24.04.1\n')
      .replace('version: 6.12.0-1\n', 'version: 6.12.0-211.21.1.el10_2\n')
      .replace(/ {4}asOf: .*\n {4}source: Somewhere.*/, '    source: Debian package index of trixie-security of 2026-11-25; end dates from endoflife.date, read on 2026-11-26')
      .replace('source: Somewhere\n', 'source: Ubuntu package index of noble-updates of 2026-11-26\n')
      .replace('source: Somewhere\n', 'source: Repository metadata of gzip repository of 2026-11-25\n')
      .replaceAll('    checked: 2026-08-01', '    checked: 2026-11-26');
    expect(distro()).toBe(expected);
    expect(readFileSync(join(root, 'content/series/7.3.yaml'), 'utf8')).toBe(
      'series: "7.3"\nreleased: 2026-10-25 # the day was not found\nendOfLife: current\nlts: false\nlast: 7.3.6\nchecked: 2026-11-26\nsource: kernel.org and endoflife.date, read on 2026-11-26\n',
    );
    expect(difference.byHand).toEqual([]);
    expect(readdirSync(join(root, 'content/distros'))).toEqual(['test.mdx']);
    const second = await again(ALL);
    expect(second.difference).toEqual({ changes: [], byHand: [], added: [] });
    expect(second.written).toEqual([]);
  });

  test('--dry-run shows the same and writes nothing', async () => {
    const { difference, written } = await again(['debian'], { dryRun: true });
    expect(difference.changes.map((c) => c.after)).toContain('6.12.118-1');
    expect(written).toEqual([]);
    expect(distro()).toBe(DISTRO);
  });

  const security = (name: string): string => join(from, 'debian/trixie-security', name);
  const damaged = (name: string, to: string): void => copyFileSync(join(FIXTURES, 'damaged', name), to);
  test.each<[string, () => void, RegExp]>([
    ['an InRelease with a word changed', () => damaged('InRelease.changed', security('InRelease')), /signature: it is not good \(gpgv: BADSIG\)/],
    ['an InRelease cut off', () => damaged('InRelease.truncated', security('InRelease')), /signature/],
    ['an InRelease without signature', () => damaged('InRelease.unsigned', security('InRelease')), /signature/],
    ['a page instead of an InRelease', () => damaged('page', security('InRelease')), /signature/],
    ['an empty InRelease', () => damaged('empty', security('InRelease')), /signature/],
    ['the InRelease of another suite', () => copyFileSync(join(from, 'debian/trixie/InRelease'), security('InRelease')), /not of trixie-security/],
    ['an index cut off', () => damaged('Packages.truncated', security('Packages')), /Packages: byte 250/],
    ['an index with more in it', () => appendFileSync(security('Packages'), '\n'), /281 bytes.*280/],
    ['no index', () => rmSync(security('Packages')), /not there/],
    ['a packed index with a byte changed', () => writeFileSync(join(from, 'ubuntu/noble-updates/Packages.gz'), Buffer.alloc(170, 1)), /sha256/],
    ['an empty repomd.xml', () => damaged('empty', join(from, 'rpm/gzip-repository/repomd.xml')), /empty/],
    ['a page instead of a product', () => damaged('page', join(from, 'endoflife/debian.json')), /no JSON/],
    ['releases.json cut off', () => damaged('releases.truncated', join(from, 'kernel-org/releases.json')), /no JSON/],
    ['a day that is none', () => writeFileSync(join(from, 'recorded.json'), '{"day": "today"}'), /recorded\.json: day/],
    ['files of a day after the suite was valid', () => writeFileSync(join(from, 'recorded.json'), '{"day": "2026-12-20"}'), /valid until 2026-12-02/],
  ])('%s: nothing is written', async (_, damage, words) => {
    damage();
    await expect(again(ALL)).rejects.toThrow(words);
    await expect(again(ALL)).rejects.toThrow(/Mend: /);
    expect(distro()).toBe(DISTRO);
  });

  test('--keep-going: the other families are written, and the failure is told', async () => {
    damaged('page', join(from, 'endoflife/debian.json'));
    const { failures, written } = await again(['debian', 'lifecycle'], { keepGoing: true });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^lifecycle: /);
    expect(written).toEqual(['content/distros/test.mdx']);
    expect(distro()).toContain('6.12.118-1');
    await expect(again(['lifecycle'], { keepGoing: true })).rejects.toThrow(/lifecycle/);
  });

  test('a signature of a key that is not in the ring is none', async () => {
    const empty = join(root, 'empty.gpg');
    writeFileSync(empty, '');
    await expect(signedText(join(from, 'debian/trixie/InRelease'), empty)).rejects.toThrow(/none of the keys/);
    await expect(signedText(join(from, 'debian/trixie/InRelease'), join(root, 'nowhere.gpg'))).rejects.toThrow(/no keyring/);
  });

  test('only what the signature covers is read', async () => {
    const file = join(from, 'debian/trixie/InRelease');
    const inside = await signedText(file, KEYRING);
    writeFileSync(file, `Suite: evil\n${readFileSync(file, 'utf8')}Suite: evil\n`);
    const text = await signedText(file, KEYRING).catch(() => inside);
    expect(text).toBe(inside);
    expect(text).not.toContain('evil');
  });
});

describe('the command', () => {
  const run = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(ROOT, 'scripts/refresh.ts'), '--content', root, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', ...env } });
  test.skipIf(spawnSync('gpgv', ['--version']).status !== 0)('table, written, no difference, by hand', () => {
    const markdown = join(root, 'text.md');
    const first = run(['debian', '--from', from, '--keyring', KEYRING, '--markdown', markdown]);
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(/test, stable \(default\) +version +6\.12\.90-1 → 6\.12\.118-1 +Debian package index/);
    expect(first.status).toBe(0);
    expect(readFileSync(markdown, 'utf8')).toMatch(/^\| kernel \| field \|/);
    const second = run(['debian', '--from', from, '--keyring', KEYRING]);
    expect([second.status, second.stdout]).toEqual([0, 'no difference\n']);
    writeFileSync(join(root, 'content/distros/test.mdx'), DISTRO.replace('package: kernel\n', 'package: kernel-gone\n'));
    const gone = run(['rpm', '--from', from]);
    expect([gone.status, gone.stdout]).toEqual([1, expect.stringMatching(/by hand: .*kernel-gone.*not in the index any more/)]);
  });
  test('lists what is read and what is not', () => {
    const { status, stdout } = run(['--list']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/debian\n {2}test: linux-image-amd64 in trixie, trixie-security/);
  });
  test('without a network: says so, ends with 2, and the content is as it was', () => {
    // Port 9 of this machine: nobody listens.
    const apt = run(['debian'], { TRIALBOOT_MIRROR: 'http://127.0.0.1:9/debian', TRIALBOOT_SECURITY_MIRROR: 'http://127.0.0.1:9/security' });
    expect(apt.status, apt.stderr).toBe(2);
    expect(apt.stderr).toMatch(/^refresh: debian: [\s\S]*refresh: nothing was written\n$/m);
    const rpm = run(['rpm']);
    expect(rpm.status, rpm.stderr).toBe(2);
    expect(rpm.stderr).toMatch(/rpm\.invalid.*attempts.*Mend: /);
    expect(distro()).toBe(DISTRO);
    expect(run(['nonsense']).status).toBe(2);
  });
});

describe('a download', () => {
  const LIMITS = { seconds: 0.5, mostBytes: 1000, attempts: 3, pauseMs: 1 };
  /** What a server does with each request, in order; the last goes on. */
  async function against(answers: RequestListener[], use: (address: string) => Promise<void>): Promise<number> {
    let n = 0;
    const server = createServer((q, r) => answers[Math.min(n++, answers.length - 1)]!(q, r));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    return n;
  }
  const good: RequestListener = (_, r) => r.end('whole');
  const status = (code: number): RequestListener => (_, r) => {
    r.statusCode = code;
    r.end('x');
  };
  const silent: RequestListener = () => undefined;
  const broken: RequestListener = (_, r) => {
    r.setHeader('content-length', '100');
    r.write('half');
    setTimeout(() => r.destroy(), 20);
  };
  test.each<[string, RequestListener]>([
    ['an answer 503', status(503)],
    ['no answer in time', silent],
    ['an answer that breaks off', broken],
    ['an empty answer', (_, r) => r.end()],
  ])('is tried again after %s, and given up after three times', async (_, bad) => {
    expect(await against([bad, good], async (a) => expect((await download(a, LIMITS)).toString()).toBe('whole'))).toBe(2);
    expect(await against([bad], async (a) => expect(download(a, LIMITS)).rejects.toThrow(/3 attempts.*Mend/))).toBe(3);
  });
  test('is not tried again when it is not there or too large', async () => {
    expect(await against([status(404)], async (a) => expect(download(a, LIMITS)).rejects.toThrow(/404/))).toBe(1);
    expect(await against([(_, r) => r.end('x'.repeat(2000))], async (a) => expect(download(a, LIMITS)).rejects.toThrow(/larger than 1000/))).toBe(1);
  });
});

/** Measured kernels: the files under content/kernels, what notes say of them, and the parsers that made them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { parseConfig, releaseOfConfig, seriesOf } from '../../src/facts/kernel-config.ts';
import { sourcesOf, wantedDrivers, wantedPackages, wantedSymbols } from '../../src/facts/wanted.ts';
import { measuredKernel } from '../../src/facts/measured-kernel.ts';
import { kernelParts } from '../../src/lab/measure/fetch.ts';
import { packageList } from '../../src/lab/measure/subset.ts';
import { unpack } from '../../src/lab/measure/unpack.ts';
import { buildDeb } from '../../src/lab/shape/deb.ts';
import { readContent } from '../../src/model/read.ts';

const content = readContent(ROOT);
const notes = content.features.map((f) => f.data);

describe('content/kernels and content/userspace', () => {
  test('every file is named after its kernel, and holds every symbol and driver the notes name', () => {
    expect(content.kernels.length).toBeGreaterThanOrEqual(8);
    for (const { id, data } of content.kernels) {
      expect(data.release).toBe(id);
      expect(wantedSymbols(notes).filter((s) => data.config[s] === undefined), id).toEqual([]);
      expect(wantedDrivers(notes).filter((d) => data.drivers[d] === undefined), id).toEqual([]);
    }
    for (const { id, data } of content.userspace) expect(wantedPackages(notes).filter((p) => data.packages[p] === undefined), id).toEqual([]);
  });

  test('what a note says of a measured kernel is what was measured', () => {
    const kernels = new Map(content.kernels.map((k) => [k.data.release, k.data]));
    const said = content.features.flatMap(({ file, data }) => sourcesOf(data).flatMap((s) => ('symbol' in s ? [{ file, ...s }] : [])));
    expect(said.length).toBeGreaterThan(20);
    const wrong = said.filter((s) => kernels.get(s.kernel)?.config[s.symbol] !== s.value);
    expect(wrong.map((s) => `${s.file}: ${s.symbol}=${s.value} in ${s.kernel}; measured: ${kernels.get(s.kernel)?.config[s.symbol] ?? 'no such kernel or symbol'}`)).toEqual([]);
  });
});

test('a configuration is read: set, not set, quoted, unknown', () => {
  const config = parseConfig('CONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\nCONFIG_D="sha256"\nCONFIG_E=""\n# a remark\n');
  expect([...config]).toEqual([['CONFIG_A', 'y'], ['CONFIG_B', 'm'], ['CONFIG_C', 'n'], ['CONFIG_D', 'sha256'], ['CONFIG_E', '']]);
});

test.each([
  ['boot/config-7.0.13+deb13-amd64', '7.0.13+deb13-amd64'],
  ['usr/lib/modules/7.3.4+deb13-amd64/config', '7.3.4+deb13-amd64'],
  ['lib/modules/6.12.0-211.7.3.el10_2.x86_64/config', '6.12.0-211.7.3.el10_2.x86_64'],
  ['usr/lib/linux/7.0.0-38-generic/config', '7.0.0-38-generic'],
  ['usr/share/doc/config', undefined],
])('%s is the configuration of %s', (path, release) => expect(releaseOfConfig(path)).toBe(release));

test.each([['7.3.4+deb13-amd64', '7.3'], ['6.1.0-56-amd64', '6.1'], ['7.3-rc7', '7.3'], ['6.18', '6.18']])('%s is of the series %s', (release, series) => expect(seriesOf(release)).toBe(series));

test('the parts of a Debian kernel are found in what its image depends on', () => {
  expect(kernelParts('dracut | initramfs-tools, linux-base-7.3.4+deb13-amd64 (= 7.3.4-1), linux-binary-7.3.4+deb13-amd64, linux-modules-7.3.4+deb13-amd64')).toEqual(['linux-base-7.3.4+deb13-amd64', 'linux-binary-7.3.4+deb13-amd64', 'linux-modules-7.3.4+deb13-amd64']);
  expect(kernelParts('linux-image-7.3.4+deb13-amd64 (= 7.3.4-1), linux-base-amd64')).toEqual(['linux-image-7.3.4+deb13-amd64']);
});

test('a list of packages is read', () => {
  expect(packageList(`words\n    ${'a'.repeat(64)}  linux-base-7.0.13+deb13-amd64_7.0.13-1~bpo13+1_amd64.deb\n`)).toEqual([{ sha256: 'a'.repeat(64), name: 'linux-base-7.0.13+deb13-amd64', version: '7.0.13-1~bpo13+1' }]);
});

const CONFIG = Array.from({ length: 20 }, (_, i) => `CONFIG_N${i}=y\n`).join('') + 'CONFIG_XFS_FS=m\n# CONFIG_RUST is not set\n';
const about = { distro: 'made-up', track: 'made in the test', measured: '2026-11-26' };
const wanted = { symbols: ['CONFIG_RUST', 'CONFIG_XFS_FS', 'CONFIG_NEVER'], drivers: ['xfs', 'ext4', 'not_there'] };

/** An RPM as rpm 4 lays it out: lead, empty signature, header with four strings, gzipped cpio. A stand-in for rpmbuild's. */
function rpm(name: string, files: Record<string, string>): Buffer {
  const cpio = [...Object.entries(files), ['TRAILER!!!', ''] as const].map(([path, text]) => {
    const at = path === 'TRAILER!!!' ? path : `./${path}`;
    const fields = [0, path === 'TRAILER!!!' ? 0 : 0o100644, 0, 0, 1, 0, text.length, 0, 0, 0, 0, at.length + 1, 0].map((n) => n.toString(16).padStart(8, '0')).join('');
    const pad = (s: string): string => s + '\0'.repeat((4 - (s.length % 4)) % 4);
    return pad(pad(`070701${fields}${at}\0`) + text);
  }).join('');
  const structure = (tags: [number, string][]): Buffer => {
    let store = '';
    const index = tags.map(([tag, value]) => {
      const b = Buffer.alloc(16);
      [tag, 6, store.length, 1].forEach((n, i) => {
        b.writeUInt32BE(n, i * 4);
      });
      store += `${value}\0`;
      return b;
    });
    const head = Buffer.alloc(16);
    [0x8eade801, 0, tags.length, store.length].forEach((n, i) => {
      head.writeUInt32BE(n, i * 4);
    });
    return Buffer.concat([head, ...index, Buffer.from(store)]);
  };
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  return Buffer.concat([lead, structure([]), structure([[1000, name], [1001, '6.12.0'], [1002, '1.el10'], [1124, 'cpio'], [1125, 'gzip']]), gzipSync(Buffer.from(cpio, 'latin1'))]);
}

describe('package files', () => {
  let dir: string;
  const file = (name: string): string => join(dir, name);
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'trialboot-kernels-'));
    mkdirSync(file('scratch'));
    const release = '7.0.0-38-generic';
    await buildDeb({ control: { Package: 'linux-modules-x', Version: '7.0.0-38.38' }, files: { [`/lib/modules/${release}/kernel/fs/xfs/xfs.ko.zst`]: 'x', [`/lib/modules/${release}/modules.builtin`]: 'kernel/fs/ext4/ext4.ko\n' } }, file('scratch'), dir);
    await buildDeb({ control: { Package: 'linux-buildinfo-x', Version: '7.0.0-38.38' }, files: { [`/usr/lib/linux/${release}/config`]: CONFIG } }, file('scratch'), dir);
    const lib = 'lib/modules/6.12.0-1.el10.x86_64';
    writeFileSync(file('core.rpm'), rpm('kernel-core', { [`${lib}/config`]: CONFIG, [`${lib}/modules.builtin`]: 'kernel/fs/ext4/ext4.ko\n', [`${lib}/kernel/fs/xfs/xfs.ko.xz`]: 'x' }));
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  const deb = (name: string): string => file(`${name}_7.0.0-38.38_amd64.deb`);

  test('Ubuntu\'s two packages together', async () => {
    const kernel = measuredKernel([await unpack(deb('linux-modules-x')), await unpack(deb('linux-buildinfo-x'))], wanted, about);
    expect(kernel).toMatchObject({ release: '7.0.0-38-generic', series: '7.0', config: { CONFIG_RUST: 'n', CONFIG_XFS_FS: 'm', CONFIG_NEVER: 'absent' }, drivers: { xfs: 'module', ext4: 'builtin', not_there: 'absent' } });
    const sum = execFileSync('sha256sum', [deb('linux-buildinfo-x')], { encoding: 'utf8' }).slice(0, 64);
    expect(kernel.packages[0]).toEqual({ name: 'linux-buildinfo-x', version: '7.0.0-38.38', sha256: sum });
  });
  test('an RPM', async () => {
    expect(measuredKernel([await unpack(file('core.rpm'))], wanted, about)).toMatchObject({ release: '6.12.0-1.el10.x86_64', series: '6.12', drivers: { xfs: 'module', ext4: 'builtin' }, packages: [{ name: 'kernel-core', version: '6.12.0-1.el10' }] });
  });
  test('without a configuration, without modules, of two kernels: each says what is missing', async () => {
    const modules = await unpack(deb('linux-modules-x'));
    const config = await unpack(deb('linux-buildinfo-x'));
    expect(() => measuredKernel([modules], wanted, about)).toThrow(/no kernel configuration in linux-modules-x.*linux-buildinfo/);
    expect(() => measuredKernel([config], wanted, about)).toThrow(/no modules.builtin of 7.0.0-38-generic/);
    expect(() => measuredKernel([modules, config, { ...config, texts: new Map([['boot/config-1.2.3', CONFIG]]) }], wanted, about)).toThrow(/several kernels/);
    expect(() => measuredKernel([modules, { ...config, texts: new Map([['usr/lib/linux/7.0.0-38-generic/config', 'x']]) }], wanted, about)).toThrow(/no kernel's/);
  });
  test('a cut deb, a cut RPM, an empty file, some other file and none at all', async () => {
    const cut = file('cut.deb');
    writeFileSync(cut, readFileSync(deb('linux-buildinfo-x')));
    truncateSync(cut, 400);
    await expect(unpack(cut)).rejects.toThrow(/cut\.deb failed/);
    for (const bytes of [150, 200, readFileSync(file('core.rpm')).length - 20]) {
      writeFileSync(file('cut.rpm'), readFileSync(file('core.rpm')).subarray(0, bytes));
      await expect(unpack(file('cut.rpm')), `${bytes} bytes`).rejects.toThrow(/cut\.rpm/);
    }
    writeFileSync(file('empty.deb'), '');
    await expect(unpack(file('empty.deb'))).rejects.toThrow(/is empty/);
    writeFileSync(file('words.txt'), 'no package');
    await expect(unpack(file('words.txt'))).rejects.toThrow(/neither a Debian nor an RPM package/);
    await expect(unpack(file('gone.deb'))).rejects.toThrow(/there is no file/);
  });
});

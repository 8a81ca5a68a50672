/** Stand-ins for a distribution's kernel packages: what tools and the lab read of them. */
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { debianOf, readHostSpec } from '../../src/lab/host-spec.ts';
import { readKernelImage } from '../../src/lab/root/kernel-image.ts';
import { debFile } from '../../src/lab/shape/deb.ts';
import { sourcesBefore } from '../../src/lab/shape/archive.ts';
import { BUILT_IN, moduleTree, MODULES, standInImage, standInModule } from '../../src/lab/shape/kernel-files.ts';
import { ubuntuLook } from '../../src/lab/shape/ubuntu-look.ts';
import { ubuntuBuild, ubuntuPackages } from '../../src/lab/shape/ubuntu-packages.ts';
import { HostSpec, type ShapedAs, type UbuntuKernel, type UbuntuShape } from '../../src/model/host.ts';

const HWE = { release: '7.0.0-34-generic', version: '7.0.0-34.34~24.04.1', meta: 'generic-hwe-24.04', suite: 'noble-updates' };
const GA = { release: '6.8.0-124-generic', version: '6.8.0-124.124', meta: 'generic', suite: 'noble-updates' };

describe('a stand-in image', () => {
  const image = standInImage({ banner: '7.0.0-34-generic (lab) #34-Ubuntu SMP Mon Nov 16', bytes: 100_000 });
  test('says what a real one says, has its size, and is the same each time', () => {
    expect(readKernelImage(image)).toEqual({ release: '7.0.0-34-generic', version: '#34-Ubuntu SMP Mon Nov 16', banner: '7.0.0-34-generic (lab) #34-Ubuntu SMP Mon Nov 16' });
    expect(image.length).toBe(100_000);
    expect(image.equals(standInImage({ banner: '7.0.0-34-generic (lab) #34-Ubuntu SMP Mon Nov 16', bytes: 100_000 }))).toBe(true);
  });
  test('that is cut off is seen', () => {
    expect(readKernelImage(image.subarray(0, 90_000))).toEqual({ broken: 'the kernel image is cut off: 90000 of 100000 bytes' });
  });
});

describe('stand-in modules', () => {
  test('are ELF files with a table of sections that names .modinfo', () => {
    const elf = standInModule([['license', 'GPL'], ['name', 'x']]);
    expect(elf.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    const table = Number(elf.readBigUInt64LE(40));
    const count = elf.readUInt16LE(60);
    expect(elf.length).toBe(table + count * 64);
    const names = Number(elf.readBigUInt64LE(table + elf.readUInt16LE(62) * 64 + 24));
    const sections = Array.from({ length: count }, (_, i) => {
      const row = table + i * 64;
      const at = names + elf.readUInt32LE(row);
      const body = Number(elf.readBigUInt64LE(row + 24));
      return [elf.subarray(at, elf.indexOf(0, at)).toString(), elf.subarray(body, body + Number(elf.readBigUInt64LE(row + 32))).toString('latin1')] as const;
    });
    expect(sections.find(([name]) => name === '.modinfo')?.[1]).toBe('license=GPL\0name=x\0');
  });
  test('each is listed in modules.order, and none is also built in', () => {
    const tree = moduleTree('7.0.0-34-generic');
    const files = Object.keys(tree).filter((f) => f.endsWith('.ko.zst'));
    expect(String(tree['modules.order']).trim().split('\n')).toEqual(files.map((f) => f.replace(/\.zst$/, '')));
    for (const f of files) expect(zstdDecompressSync(tree[f] as Buffer).toString('latin1'), f).toContain('vermagic=7.0.0-34-generic SMP');
    expect(MODULES.filter((m) => BUILT_IN.includes(m.path))).toEqual([]);
  });
});

describe('packages of an Ubuntu kernel', () => {
  const byName = (k: UbuntuKernel) => new Map(ubuntuPackages(k).map((d) => [d.control.Package, d]));
  test('the metapackages name image and headers of one version', () => {
    const hwe = byName(HWE);
    expect([...hwe.keys()]).toEqual([
      'linux-image-7.0.0-34-generic', 'linux-modules-7.0.0-34-generic', 'linux-headers-7.0.0-34', 'linux-headers-7.0.0-34-generic',
      'linux-image-generic-hwe-24.04', 'linux-headers-generic-hwe-24.04', 'linux-generic-hwe-24.04',
    ]);
    expect(hwe.get('linux-generic-hwe-24.04')?.control['Depends']).toBe('linux-image-generic-hwe-24.04 (= 7.0.0-34.34~24.04.1), linux-headers-generic-hwe-24.04 (= 7.0.0-34.34~24.04.1)');
    expect(hwe.get('linux-image-generic-hwe-24.04')?.control['Depends']).toContain('linux-image-7.0.0-34-generic');
    expect(byName(GA).get('linux-generic')?.control['Source']).toBe('linux-meta');
  });
  test('uname -v carries the upload, so that the package on disk can be compared with what runs', () => {
    expect(ubuntuBuild(HWE)).toBe('#34~24.04.1-Ubuntu');
    expect(ubuntuBuild(GA)).toBe('#124-Ubuntu');
  });
  test('the hooks run once, by a trigger', () => {
    const { scripts } = byName(HWE).get('linux-image-7.0.0-34-generic')!;
    expect(scripts?.['triggers']).toBe('interest linux-update-7.0.0-34-generic\n');
    expect(scripts?.['postinst']).toContain('dpkg-trigger --by-package=linux-image-7.0.0-34-generic linux-update-7.0.0-34-generic');
  });
  test('the metapackages may have a version of their own, and the image\'s asks for further modules', () => {
    const packages = byName({ ...GA, metaVersion: '6.8.0.124.126', modules: ['linux-main-modules-zfs'] });
    expect(packages.get('linux-generic')?.control).toMatchObject({ Version: '6.8.0.124.126', Depends: 'linux-image-generic (= 6.8.0.124.126), linux-headers-generic (= 6.8.0.124.126)' });
    expect(packages.get('linux-image-generic')?.control['Depends']).toBe('linux-image-6.8.0-124-generic, linux-main-modules-zfs-6.8.0-124-generic, linux-firmware');
    expect(packages.get('linux-main-modules-zfs-6.8.0-124-generic')?.control.Version).toBe('6.8.0-124.124');
  });
  test('a file name has no epoch', () => {
    expect(debFile({ control: { Package: 'a', Version: '1:2.3-4' }, files: {} })).toBe('a_2.3-4_amd64.deb');
  });
});

describe('the shaped host', () => {
  const spec = readHostSpec('ubuntu-24.04') as ShapedAs<UbuntuShape>;
  test('stands on the base of a rehearsal host', () => {
    expect(debianOf(spec).id).toBe('debian-12');
    expect(ubuntuLook(spec.shape).etc['usr/lib/os-release']).toContain('\nID=ubuntu\n');
    expect(ubuntuLook(spec.shape).etc['usr/lib/os-release']).toContain('VERSION_ID="24.04"\n');
  });
  test('says that nothing on it is from Ubuntu', () => {
    expect(spec.standIn.join(' ')).toContain('Nothing on this host is from Ubuntu');
  });
  test.each([
    ['a version without an upload', (s: ShapedAs<UbuntuShape>) => { s.shape.kernels[0]!.version = '6.8.0'; }],
    ['a release without a flavour', (s: ShapedAs<UbuntuShape>) => { s.shape.kernels[0]!.release = '6.8.0-124'; }],
    ['an id with a slash', (s: ShapedAs<UbuntuShape>) => { s.id = 'ubuntu/24'; }],
    ['one kernel only', (s: ShapedAs<UbuntuShape>) => { s.shape.kernels.pop(); }],
  ])('refuses %s', (_, change) => {
    const copy = structuredClone(spec);
    change(copy);
    expect(HostSpec.safeParse(copy).success).toBe(false);
  });
});

describe('an archive that has dropped what a host was installed with', () => {
  const jammy = readHostSpec('ubuntu-22.04') as ShapedAs<UbuntuShape>;
  test('is set up with the release and the packages of then', () => {
    expect(sourcesBefore(jammy)).toEqual(['deb [trusted=yes] copy:/srv/lab/archive jammy main', 'deb [trusted=yes] copy:/srv/lab/archive-before jammy-updates main']);
    expect(sourcesBefore(readHostSpec('ubuntu-24.04') as ShapedAs<UbuntuShape>)).toEqual([]);
  });
  test.each(['ubuntu-22.04', 'ubuntu-26.04'])('%s goes on in the series it has', (id) => {
    const { kernels } = (readHostSpec(id) as ShapedAs<UbuntuShape>).shape;
    expect(new Set(kernels.map((k) => k.release.split('-')[0])).size).toBe(1);
    expect(kernels.filter((k) => k.dropped).length).toBe(1);
  });
});

describe('a host with dracut', () => {
  test('has nothing of initramfs-tools, and installs dracut with its kernel', () => {
    const spec = readHostSpec('ubuntu-26.04') as ShapedAs<UbuntuShape>;
    expect(ubuntuLook(spec.shape).setup).toContain('dpkg --purge initramfs-tools');
    expect(spec.kernels.old.packages).toContain('dracut');
    expect(ubuntuLook((readHostSpec('ubuntu-22.04') as ShapedAs<UbuntuShape>).shape).setup).not.toContain('purge');
  });
});

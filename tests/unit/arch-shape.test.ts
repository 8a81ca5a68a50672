/** What the Arch-shaped host's packages are made from. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readHostSpec } from '../../src/lab/host-spec.ts';
import { archVersion, headersPackage, kernelPackage } from '../../src/lab/shape/arch-packages.ts';
import { buildScript, packageFile, pkgbuild, writePacmanSources } from '../../src/lab/shape/pacman.ts';
import { type ArchShape, HostSpec, type ShapedAs } from '../../src/model/host.ts';

const LINUX = { package: 'linux', release: '7.2.11-arch1-1' } as const;
const LTS = { package: 'linux-lts', release: '6.18.57-2-lts' } as const;

describe('a kernel package of Arch', () => {
  test('has the version its release says', () => {
    expect(archVersion(LINUX)).toEqual({ version: '7.2.11.arch1', revision: '1' });
    expect(archVersion(LTS)).toEqual({ version: '6.18.57', revision: '2' });
    expect(packageFile(kernelPackage(LTS))).toBe('linux-lts-6.18.57-2-x86_64.pkg.tar.zst');
  });
  test('brings its image and its name below the folder of its modules, and nothing in /boot', () => {
    const { files } = kernelPackage(LINUX);
    expect(files['/usr/lib/modules/7.2.11-arch1-1/pkgbase']).toBe('linux\n');
    expect(Object.keys(files).filter((path) => !path.startsWith('/usr/lib/modules/7.2.11-arch1-1/'))).toEqual([]);
  });
  test('has headers of its version, in the folder of its release', () => {
    const { name, version, files } = headersPackage(LTS);
    expect([name, version, Object.keys(files)[0]]).toEqual(['linux-lts-headers', '6.18.57', '/usr/lib/modules/6.18.57-2-lts/build/Makefile']);
  });
  test('is described to makepkg, together with its headers', () => {
    const text = pkgbuild([kernelPackage(LINUX), headersPackage(LINUX)]);
    expect(text).toContain("pkgname=('linux' 'linux-headers')\n");
    expect(text).toContain("  depends=('coreutils' 'initramfs' 'kmod')\n");
    expect(text).toContain('package_linux-headers() {\n');
  });
  test('is built once for all repositories that have it, and lies in each', () => {
    const lts = [kernelPackage(LTS), headersPackage(LTS)];
    const script = buildScript('core', { '/a/core': [...lts, kernelPackage(LINUX)], '/b/core': lts });
    expect(/^for dir in (.*); do$/m.exec(script)![1]!.split(' ')).toEqual(['/build/linux-lts-6.18.57-2', '/build/linux-7.2.11.arch1-1']);
    const root = mkdtempSync(join(tmpdir(), 'trialboot-pacman-'));
    writePacmanSources(root, [...lts, kernelPackage(LINUX), ...lts]);
    expect(readFileSync(join(root, 'build/linux-lts-6.18.57-2/PKGBUILD'), 'utf8')).toContain("pkgname=('linux-lts' 'linux-lts-headers')\n");
    rmSync(root, { recursive: true });
    const copied = (target: string): string[] => new RegExp(`^cp (.*) ${target}/$`, 'm').exec(script)![1]!.split(' ');
    expect(copied('/a/core')).toHaveLength(3);
    expect(copied('/b/core')).toEqual(lts.map((p) => `/build/${packageFile(p)}`));
  });
});

test('a repository has one version of a package', () => {
  const spec = readHostSpec('arch') as ShapedAs<ArchShape>;
  const kernels = (list: readonly object[]): boolean => HostSpec.safeParse({ ...spec, shape: { ...spec.shape, kernels: list } }).success;
  expect(kernels([LTS, LINUX])).toBe(true);
  expect(kernels([LTS, { ...LINUX, release: '7.2.9-arch1-1', dropped: true }, LINUX])).toBe(true);
  expect(kernels([LTS, { ...LINUX, release: '7.2.9-arch1-1' }, LINUX])).toBe(false);
});

/** What the Arch-shaped host's packages are made from. */
import { describe, expect, test } from 'vitest';
import { readHostSpec } from '../../src/lab/host-spec.ts';
import { archVersion, headersPackage, kernelPackage } from '../../src/lab/shape/arch-packages.ts';
import { packageFile, pkgbuild } from '../../src/lab/shape/pacman.ts';
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
  test('is described to makepkg', () => {
    expect(pkgbuild([kernelPackage(LINUX)])).toContain("  depends=('coreutils' 'initramfs' 'kmod')\n");
  });
});

test('a repository has one version of a package', () => {
  const spec = readHostSpec('arch') as ShapedAs<ArchShape>;
  const kernels = (list: readonly object[]): boolean => HostSpec.safeParse({ ...spec, shape: { ...spec.shape, kernels: list } }).success;
  expect(kernels([LTS, LINUX])).toBe(true);
  expect(kernels([LTS, { ...LINUX, release: '7.2.9-arch1-1', dropped: true }, LINUX])).toBe(true);
  expect(kernels([LTS, { ...LINUX, release: '7.2.9-arch1-1' }, LINUX])).toBe(false);
});

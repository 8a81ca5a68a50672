/** The package source of a host of the RHEL family: a signed repository of stand-in kernels, and what the shape itself is made of. */
import { mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RpmShape, ShapedAs } from '../../model/host.ts';
import { artifact, removeTree } from '../system/cache.ts';
import { ARCHIVE_PATH } from '../layer/archive.ts';
import { runOnLayers } from '../layer/chroot.ts';
import { fileDigest } from './deb.ts';
import { buildScript, type RpmSpec, writeRpmSources } from './rpm.ts';
import { basePackages, kernelPackages } from './rpm-packages.ts';
import { RPM_KEY } from './rpm-look.ts';

const REVISION = 1;

/** What the changelog of a kernel says: fixes by the names people look for. The numbers are made up; nothing may depend on them. */
const changelog = (shape: RpmShape, uname: string): string[] => shape.kernels.slice(0, shape.kernels.indexOf(uname) + 1).map((k, i) => `- stand-in for the fixes of ${k} {CVE-2026-${10_000 + i}}`).reverse();

/** Everything in the repository. */
const packagesOf = (shape: RpmShape): RpmSpec[] => [...shape.kernels.flatMap((k) => kernelPackages(k, changelog(shape, k))), ...basePackages(shape)];

/** A digest of a package that names all of its content. */
const digest = ({ files, ...rest }: RpmSpec): unknown => ({ ...rest, files: Object.entries(files).map(([path, c]) => [path, fileDigest(c)]) });

/**
 * The layer that holds the package source.
 * @param base the finished base layer, whose rpmbuild makes the packages
 * @returns folder whose `tree/` is the layer
 */
export function rpmArchiveLayer(spec: ShapedAs<RpmShape>, base: string): Promise<string> {
  const packages = packagesOf(spec.shape);
  const target = `${ARCHIVE_PATH}/${spec.shape.repository}`;
  const script = buildScript(target, RPM_KEY);
  return artifact(`archive-${spec.id}`, { revision: REVISION, base: basename(base), script, packages: packages.map(digest) }, async (dir) => {
    const upper = join(dir, 'build/upper');
    mkdirSync(upper, { recursive: true });
    writeRpmSources(upper, packages);
    await runOnLayers(`making the packages of ${spec.id}`, join(dir, 'build'), [join(base, 'tree')], script);
    renameSync(upper, join(dir, 'tree'));
    await removeTree(join(dir, 'build'));
  });
}

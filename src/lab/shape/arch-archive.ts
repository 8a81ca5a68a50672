/** The package source of an Arch-shaped host: a repository of stand-in kernels, and the one of the day on which it was installed. */
import { mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ArchKernel, ArchShape, ShapedAs } from '../../model/host.ts';
import { artifact, removeTree } from '../system/cache.ts';
import { ARCHIVE_PATH } from '../layer/archive.ts';
import { runOnLayers } from '../layer/chroot.ts';
import { headersPackage, kernelPackage, userLand } from './arch-packages.ts';
import { BEFORE_PATH } from './archive.ts';
import { fileDigest } from './deb.ts';
import { buildScript, type PacmanSpec, writePacmanSources } from './pacman.ts';

const REVISION = 1;

/** A kernel, and what modules of it are built with. */
const packagesOf = (kernel: ArchKernel): PacmanSpec[] => [kernelPackage(kernel), headersPackage(kernel)];

/** What the repository has today. */
const today = (shape: ArchShape): PacmanSpec[] => [...shape.kernels.filter((k) => !k.dropped).flatMap(packagesOf), userLand];

/** What it had when the host was installed. */
const then = (shape: ArchShape): PacmanSpec[] => {
  const dropped = shape.kernels.filter((k) => k.dropped).flatMap(packagesOf);
  const since = new Set(dropped.map((p) => p.name));
  return [...dropped, ...today(shape).filter((p) => !since.has(p.name))];
};

/** A digest of a package that names all of its content. */
const digest = ({ files, ...rest }: PacmanSpec): unknown => ({ ...rest, files: Object.entries(files).map(([path, c]) => [path, fileDigest(c)]) });

/**
 * The layer that holds the package source.
 * @param base the finished base layer, whose makepkg makes the packages
 * @returns folder whose `tree/` is the layer
 */
export function archArchiveLayer(spec: ShapedAs<ArchShape>, base: string): Promise<string> {
  const { shape } = spec;
  const [now, before] = [today(shape), then(shape)];
  const script = `${buildScript(shape.repository, { [`${ARCHIVE_PATH}/${shape.repository}`]: now, [`${BEFORE_PATH}/${shape.repository}`]: before })}rm -rf /build\n`;
  return artifact(`archive-${spec.id}`, { revision: REVISION, base: basename(base), script, now: now.map(digest), before: before.map(digest) }, async (dir) => {
    const upper = join(dir, 'build/upper');
    mkdirSync(upper, { recursive: true });
    writePacmanSources(upper, [...now, ...before]);
    await runOnLayers(`making the packages of ${spec.id}`, join(dir, 'build'), [join(base, 'tree')], script);
    renameSync(upper, join(dir, 'tree'));
    await removeTree(join(dir, 'build'));
  });
}

/** The package source of a machine of the RHEL family: a signed repository with Debian's real kernels as RPMs. */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { VmHostSpec, VmRpmShape } from '../../model/host.ts';
import { artifact, removeTree } from '../system/cache.ts';
import { mustRun } from '../system/run.ts';
import { ARCHIVE_PATH } from '../layer/archive.ts';
import { archiveWeek } from '../layer/base.ts';
import { runOnLayers } from '../layer/chroot.ts';
import { ScratchApt } from '../layer/scratch-apt.ts';
import { buildScript, writeRpmSources } from '../shape/rpm.ts';
import { RPM_KEY } from '../shape/rpm-look.ts';
import { basePackages } from '../shape/rpm-packages.ts';
import { packedKernel, renamed, repacked, rpmRelease } from './kernel-name.ts';
import { realKernelPackages } from './rpm-packages.ts';
import { besideTree } from './toolroot.ts';

const REVISION = 1;

export type RpmVmSpec = VmHostSpec & { shape: VmRpmShape };

/** A kernel's own packages among all that apt fetched for it: the image, and from 6.19 on its parts. */
const KERNEL_DEB = /^linux-(image|binary|modules|base)-\d/;

/** Everything below a folder, by path. */
function readTree(root: string, below = ''): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = join(below, name);
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (stat?.isDirectory()) for (const [p, content] of readTree(root, path)) files.set(p, content);
    else if (stat?.isFile()) files.set(path, readFileSync(join(root, path)));
  }
  return files;
}

/** Unpacks a kernel's packages and gives it its new name. @returns the name, and what will lie in its folder of /lib/modules */
async function renamedKernel(dir: string, debs: readonly string[], base: string): Promise<{ uname: string; files: Map<string, Buffer> }> {
  const tree = join(dir, 'tree');
  for (const deb of debs) await mustRun(`unpacking ${basename(deb)}`, ['dpkg-deb', '--extract', deb, tree]);
  const modules = ['usr/lib/modules', 'lib/modules'].map((p) => join(tree, p)).find((p) => statSync(p, { throwIfNoEntry: false })?.isDirectory());
  const debian = modules && readdirSync(modules)[0];
  if (!modules || !debian) throw new Error(`lab: no modules in ${debs.map((d) => basename(d)).join(', ')}`);
  const uname = rpmRelease(debian);
  const files = readTree(join(modules, debian));
  const boot = statSync(join(tree, 'boot'), { throwIfNoEntry: false }) ? readTree(join(tree, 'boot')) : new Map<string, Buffer>();
  const image = files.get('vmlinuz') ?? boot.get(`vmlinuz-${debian}`);
  if (!image) throw new Error(`lab: no image in ${debs.map((d) => basename(d)).join(', ')}`);

  const work = join(dir, 'work');
  mkdirSync(work, { recursive: true });
  const root = { tools: [join(base, 'tree')], content: [work], out: work };
  writeFileSync(join(work, 'packed.zst'), packedKernel(image));
  await besideTree('unpacking a kernel', root, 'zstd -q -d /mnt/out/packed.zst -o /mnt/out/kernel');
  writeFileSync(join(work, 'renamed'), renamed(readFileSync(join(work, 'kernel')), debian, uname));
  // As the kernel's own build calls it: by a pipe, without the size.
  await besideTree('packing a kernel', root, 'cat /mnt/out/renamed | zstd -q -22 --ultra -c > /mnt/out/renamed.zst');
  files.set('vmlinuz', repacked(image, readFileSync(join(work, 'renamed.zst')), debian, uname));
  for (const name of ['config', 'System.map']) {
    const content = files.get(name) ?? boot.get(`${name}-${debian}`);
    if (!content) throw new Error(`lab: the kernel ${debian} has no ${name}`);
    files.set(name, content);
  }
  return { uname, files };
}

/**
 * The layer that holds the package source.
 * @param base the finished base layer, whose zstd and rpmbuild are used
 * @returns folder whose `tree/` is the layer
 */
export function rpmVmArchive(spec: RpmVmSpec, base: string): Promise<string> {
  const { shape, kernels } = spec;
  const script = buildScript(`${ARCHIVE_PATH}/${shape.repository}`, RPM_KEY);
  const inputs = { revision: REVISION, base: basename(base), script, kernels, shape, suites: [spec.suite, ...spec.mergedSuites, ...spec.extraSuites.map((s) => s.suite)], week: archiveWeek() };
  return artifact(`archive-${spec.id}`, inputs, async (dir) => {
    const renamedOf = async (which: 'old' | 'new'): Promise<{ uname: string; files: Map<string, Buffer> }> => {
      const apt = new ScratchApt(join(dir, which), join(base, 'tree/var/lib/dpkg/status'));
      await apt.takeLists(inputs.suites);
      await apt.download(['-t', kernels[which].suite, ...kernels[which].packages]);
      const kernel = await renamedKernel(join(dir, which), apt.debs().filter((d) => KERNEL_DEB.test(d)).map((d) => join(apt.archives, d)), base);
      await removeTree(join(dir, which));
      return kernel;
    };
    const found = [await renamedOf('old'), await renamedOf('new')];
    const upper = join(dir, 'build/upper');
    mkdirSync(upper, { recursive: true });
    writeRpmSources(upper, [...basePackages(shape), ...found.flatMap((k) => realKernelPackages(k.uname, k.files))]);
    await runOnLayers(`making the packages of ${spec.id}`, join(dir, 'build'), [join(base, 'tree')], script);
    renameSync(upper, join(dir, 'tree'));
    await removeTree(join(dir, 'build'));
    writeFileSync(join(dir, 'kernels.json'), `${JSON.stringify(found.map((k) => k.uname))}\n`);
  });
}

/** Names of the kernels in a finished package source, the old one first. */
export const archiveKernels = (archive: string): [string, string] => JSON.parse(readFileSync(join(archive, 'kernels.json'), 'utf8')) as [string, string];

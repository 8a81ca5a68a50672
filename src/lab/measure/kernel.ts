/** Reads out of a kernel's packages what the feature notes speak of. Nothing of them is run. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { driverStates, parseConfig, pick, seriesOf } from '../../facts/kernel-config.ts';
import { MeasuredKernel } from '../../model/kernel.ts';
import { onExit } from '../system/on-exit.ts';
import { mustRun } from '../system/run.ts';

/** What the notes ask of every kernel. */
export interface Wanted {
  symbols: readonly string[];
  drivers: readonly string[];
}

/** Where the packages are from, in words for the record. */
export interface Origin {
  distro: string;
  track: string;
  partial?: string | undefined;
}

type PackageRecord = MeasuredKernel['packages'][number];

const isExecutable = (name: string): boolean => (process.env['PATH'] ?? '').split(':').some((d) => existsSync(join(d, name)));

/** Unpacks one package file below `tree`. @returns its name, version and sum */
async function unpack(file: string, tree: string): Promise<PackageRecord> {
  if (!existsSync(file)) throw new Error(`measure: there is no file ${file}`);
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (file.endsWith('.deb')) {
    const fields = await mustRun(`reading ${basename(file)}`, ['dpkg-deb', '--show', '--showformat', '${Package} ${Version}', file]);
    await mustRun(`unpacking ${basename(file)}`, ['dpkg-deb', '--extract', file, tree]);
    const [name = '', version = ''] = fields.split(' ');
    return { name, version, sha256 };
  }
  if (file.endsWith('.rpm')) {
    if (!isExecutable('bsdtar')) throw new Error('measure: an RPM is unpacked with bsdtar. Mend: apt-get install libarchive-tools');
    await mustRun(`unpacking ${basename(file)}`, ['bsdtar', '-xf', file, '-C', tree]);
    // NAME-VERSION-RELEASE.ARCH.rpm: neither version nor release has a hyphen in it.
    const m = /^(.+)-([^-]+-[^-]+)\.[^.]+\.rpm$/.exec(basename(file));
    if (!m) throw new Error(`measure: ${basename(file)} is not named NAME-VERSION-RELEASE.ARCH.rpm`);
    return { name: m[1]!, version: m[2]!, sha256 };
  }
  throw new Error(`measure: ${basename(file)} is neither a .deb nor an .rpm`);
}

const list = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);

/** The release whose files lie below a tree: its folder of modules, or the name of its configuration. */
function releaseIn(tree: string): string {
  const found = new Set([
    ...['usr/lib/modules', 'lib/modules'].flatMap((d) => list(join(tree, d))),
    ...list(join(tree, 'boot')).flatMap((f) => /^config-(.+)$/.exec(f)?.[1] ?? []),
  ]);
  if (found.size !== 1) throw new Error(`measure: the packages hold ${found.size === 0 ? 'no kernel' : `several kernels: ${[...found].join(', ')}`}. Mend: give the packages of one kernel: image, modules and, where they are apart, configuration`);
  return [...found][0]!;
}

/** Places a kernel's configuration is shipped in: Debian before and since 7.2, the RHEL family, Ubuntu's linux-modules. */
const configPlaces = (release: string): string[] => [`usr/lib/modules/${release}/config`, `lib/modules/${release}/config`, `boot/config-${release}`];

/** Reads a tree in which a kernel's packages are unpacked. @throws Error naming what is missing */
export function measureTree(tree: string, packages: readonly PackageRecord[], wanted: Wanted, origin: Origin, today: string): MeasuredKernel {
  const release = releaseIn(tree);
  const place = configPlaces(release).find((p) => existsSync(join(tree, p)));
  if (!place) throw new Error(`measure: no configuration of ${release} in ${packages.map((p) => p.name).join(', ')}. Mend: add the package that has it; Debian: linux-base-${release}, RHEL: kernel-core, Ubuntu: linux-modules-${release}`);
  const modules = ['usr/lib/modules', 'lib/modules'].map((d) => join(tree, d, release)).filter((d) => existsSync(d));
  const files = modules.flatMap((d) => readdirSync(d, { recursive: true, encoding: 'utf8' }));
  const builtin = modules.map((d) => join(d, 'modules.builtin')).find((f) => existsSync(f));
  if (!builtin) throw new Error(`measure: no modules.builtin of ${release} in ${packages.map((p) => p.name).join(', ')}. Mend: add the package of the modules; Debian: linux-modules-${release}, RHEL: kernel-modules-core`);
  return MeasuredKernel.parse({
    format_version: 1,
    release,
    series: seriesOf(release),
    distro: origin.distro,
    track: origin.track,
    packages: [...packages].sort((a, b) => a.name.localeCompare(b.name)),
    config: pick(parseConfig(readFileSync(join(tree, place), 'utf8'), place), wanted.symbols),
    drivers: driverStates(wanted.drivers, files.filter((f) => /\.ko(\.\w+)?$/.test(f)), readFileSync(builtin, 'utf8').split('\n')),
    ...(origin.partial === undefined ? {} : { partial: origin.partial }),
    measured: today,
  });
}

/** Unpacks package files and reads them. @param files paths of .deb or .rpm files of one kernel */
export async function measurePackages(files: readonly string[], wanted: Wanted, origin: Origin, today: string): Promise<MeasuredKernel> {
  const tree = mkdtempSync(join(tmpdir(), 'trialboot-measure-'));
  const forget = onExit(() => rmSync(tree, { recursive: true, force: true }));
  try {
    const packages: PackageRecord[] = [];
    for (const file of files) packages.push(await unpack(file, tree));
    return measureTree(tree, packages, wanted, origin, today);
  } finally {
    forget();
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Writes the record, whole or not at all. @returns its path */
export function writeMeasured(root: string, kernel: MeasuredKernel): string {
  const file = join(root, 'content/kernels', `${kernel.release}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(kernel, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  return file;
}

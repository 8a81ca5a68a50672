/** The package source of a shaped host: stand-in kernel packages beside real packages of the Debian release it stands on. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isUbuntuShaped, type RootHostSpec, type ShapedAs, type UbuntuKernel, type UbuntuShape } from '../../model/host.ts';
import { artifact, removeTree } from '../system/cache.ts';
import { debianOf } from '../host-spec.ts';
import { ARCHIVE_PATH, parseStatus, writeSuite } from '../layer/archive.ts';
import { archiveWeek } from '../layer/base.ts';
import { ScratchApt, type ReleaseFields } from '../layer/scratch-apt.ts';
import { buildDeb, debFile, type DebSpec, fileDigest } from './deb.ts';
import { ubuntuFirmware, ubuntuPackages } from './ubuntu-packages.ts';

const REVISION = 3;

/** Where the packages lie that the archive had when the host was installed and has dropped since. */
export const BEFORE_PATH = '/srv/lab/archive-before';

type Placed = { suite: string; deb: DebSpec };

const kernelPackages = (kernels: readonly UbuntuKernel[]): Placed[] => kernels.flatMap((k) => ubuntuPackages(k).map((deb) => ({ suite: k.suite, deb })));

/** Everything stand-in, by the suite it lies in. */
const packagesOf = (spec: ShapedAs<UbuntuShape>): Placed[] => [
  ...kernelPackages(spec.shape.kernels.filter((k) => !k.dropped)),
  { suite: spec.shape.suites[0]!, deb: ubuntuFirmware() },
];

/** What the archive has dropped. */
const droppedPackages = (spec: ShapedAs<UbuntuShape>): Placed[] => kernelPackages(spec.shape.kernels.filter((k) => k.dropped));

/**
 * The sources of apt with which a host was installed, if its archive has dropped its kernel since: lines for the packages of then, and
 * for the release.
 */
export function sourcesBefore(spec: RootHostSpec): string[] {
  if (spec.lane !== 'shaped' || !isUbuntuShaped(spec)) return [];
  const suites = [...new Set(spec.shape.kernels.filter((k) => k.dropped).map((k) => k.suite))];
  if (suites.length === 0) return [];
  return [`deb [trusted=yes] copy:${ARCHIVE_PATH} ${spec.shape.suites[0]!} main`, ...suites.map((s) => `deb [trusted=yes] copy:${BEFORE_PATH} ${s} main`)];
}

/** What the Release file of a suite says, as Ubuntu's archive has it. */
const releaseOf = (spec: ShapedAs<UbuntuShape>, suite: string): ReleaseFields => ({
  Origin: 'Ubuntu',
  Label: 'Ubuntu',
  Suite: suite,
  Version: spec.shape.osRelease['VERSION_ID'] ?? '',
  Codename: spec.shape.suites[0]!,
});

/** A digest of a package that names all of its content. */
const digest = ({ control, files, scripts }: DebSpec): unknown => ({
  control,
  scripts,
  files: Object.entries(files).map(([path, c]) => [path, fileDigest(c)]),
});

/**
 * The layer that holds the package source of a shaped host.
 * @param base the finished base layer: what it has installed is in the index of the host's own release
 * @returns folder whose `tree/` is the layer
 */
export function shapedArchiveLayer(spec: ShapedAs<UbuntuShape>, base: string): Promise<string> {
  const debian = debianOf(spec);
  const standIn = packagesOf(spec);
  const dropped = droppedPackages(spec);
  const digests = (packages: readonly Placed[]): unknown => packages.map(({ suite, deb }) => [suite, digest(deb)]);
  const before = dropped.length > 0 ? digests(dropped) : undefined;
  const inputs = { revision: REVISION, base: basename(base), suites: spec.shape.suites, release: spec.shape.suites.map((s) => releaseOf(spec, s)), standIn: digests(standIn), before, extra: spec.extraPackages, week: archiveWeek() };
  return artifact(`archive-${spec.id}`, inputs, async (dir) => {
    const root = join(dir, 'tree', ARCHIVE_PATH);
    const [release] = spec.shape.suites;
    const pool = (suite: string): string => join(root, 'pool', suite);
    for (const suite of spec.shape.suites) mkdirSync(pool(suite), { recursive: true });
    const scratch = join(dir, 'build');
    mkdirSync(scratch);
    for (const { suite, deb } of standIn) await buildDeb(deb, scratch, pool(suite));
    const then = join(dir, 'tree', BEFORE_PATH);
    for (const suite of new Set(dropped.map((p) => p.suite))) {
      mkdirSync(join(then, 'pool', suite), { recursive: true });
      for (const p of dropped.filter((d) => d.suite === suite)) await buildDeb(p.deb, scratch, join(then, 'pool', suite));
      await writeSuite(then, suite, releaseOf(spec, suite), '');
    }
    await removeTree(scratch);

    const status = join(base, 'tree/var/lib/dpkg/status');
    const apt = new ScratchApt(dir, status);
    await apt.takeLists([debian.suite, ...debian.mergedSuites]);
    const installed = parseStatus(readFileSync(status, 'utf8'));
    const again = installed.filter((p) => spec.extraPackages.includes(p.name));
    if (again.length > 0) await apt.download(['--reinstall', ...again.map((p) => `${p.name}=${p.version}`)]);
    const others = spec.extraPackages.filter((name) => !installed.some((p) => p.name === name));
    if (others.length > 0) await apt.download(others);
    for (const file of apt.debs()) copyFileSync(join(apt.archives, file), join(pool(release!), file));
    // What is installed is in the index as on a server, so that apt knows where it came from; most of the files are not there.
    const listed = installed.filter((p) => !again.includes(p)).map((p) => `${p.name}=${p.version}`);
    const stanzas = await apt.run('reading the index entries of what is installed', 'apt-cache', ['show', ...listed]);
    for (const suite of spec.shape.suites) await writeSuite(root, suite, releaseOf(spec, suite), suite === release ? stanzas : '');
    writeFileSync(join(dir, 'packages.json'), `${JSON.stringify(standIn.map(({ suite, deb }) => ({ suite, file: debFile(deb) })), undefined, 2)}\n`);
    await removeTree(apt.dir);
  });
}

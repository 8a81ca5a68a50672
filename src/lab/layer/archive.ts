/** The layer with the host's package source: real packages of the real archive, in a small repository of the same shape. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DebianHostSpec } from '../../model/host.ts';
import { artifact, removeTree } from '../system/cache.ts';
import { archiveWeek } from './base.ts';
import { mustRun } from '../system/run.ts';
import { debName, ScratchApt, type ReleaseFields } from './scratch-apt.ts';

const REVISION = 3;

/** Where hosts see the repository. */
export const ARCHIVE_PATH = '/srv/lab/archive';

/** The sources.list entry of a host for that repository, in deb822 style. */
export const aptSource = (suites: readonly string[]): string =>
  ['Types: deb', `URIs: copy:${ARCHIVE_PATH}`, `Suites: ${suites.join(' ')}`, 'Components: main', 'Trusted: yes', ''].join('\n');

/** The suites that a host's package source has. */
export const sourceSuites = (spec: DebianHostSpec): string[] => [spec.suite, ...spec.extraSuites.map((s) => s.suite)];

/** `package version` → the suites that offer it, from `apt-cache madison`. */
export function parseMadison(text: string): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [name, version, where] = line.split('|').map((s) => s.trim());
    const suite = where && /^\S+ ([^/ ]+)\/\S+ \S+ Packages$/.exec(where)?.[1];
    if (!name || !version || !suite) continue;
    const key = `${name} ${version}`;
    result.set(key, [...(result.get(key) ?? []), suite]);
  }
  return result;
}

/** Names and versions of the packages a dpkg status file calls installed. */
export function parseStatus(text: string): { name: string; version: string }[] {
  return text.split('\n\n').flatMap((stanza) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
    const name = field('Package');
    const version = field('Version');
    return name && version && field('Status') === 'install ok installed' ? [{ name, version }] : [];
  });
}

/**
 * The layer that holds the package source of a host, with all the packages of both kernels.
 * @param base the finished base layer; what it has installed is not downloaded again
 * @returns folder whose `tree/` is the layer
 */
export function archiveLayer(spec: DebianHostSpec, base: string): Promise<string> {
  const inputs = {
    revision: REVISION,
    base: basename(base),
    suites: [spec.suite, ...spec.mergedSuites],
    extraSuites: spec.extraSuites,
    kernels: spec.kernels,
    extra: spec.extraPackages,
    week: archiveWeek(),
  };
  const isExtra = (suite: string): boolean => spec.extraSuites.some((s) => s.suite === suite);
  /** Backports and the like: a server takes nothing from there by itself. */
  const isOptional = (suite: string): boolean => spec.extraSuites.some((s) => s.suite === suite && s.notAutomatic);
  return artifact(`archive-${spec.id}`, inputs, async (dir) => {
    const suites = [...new Set([spec.suite, ...spec.mergedSuites, ...spec.extraSuites.map((s) => s.suite)])];
    const apt = new ScratchApt(dir, join(base, 'tree/var/lib/dpkg/status'));
    await apt.takeLists(suites);
    await apt.download(spec.kernels.old.packages);
    await apt.download(['-t', spec.kernels.new.suite, ...spec.kernels.new.packages]);
    const installed = parseStatus(readFileSync(join(base, 'tree/var/lib/dpkg/status'), 'utf8'));
    // Before apt is asked who offers what: these bring packages of their own with them.
    const others = spec.extraPackages.filter((name) => !installed.some((p) => p.name === name));
    if (others.length > 0) await apt.download(others);
    const names = [...new Set([...apt.debs().map((f) => debName(f).name), ...installed.map((p) => p.name), ...spec.extraPackages])];
    const offered = parseMadison(await apt.run('asking which suite has which package', 'apt-cache', ['madison', ...names]));
    const fromRelease = (p: { name: string; version: string }): boolean => (offered.get(`${p.name} ${p.version}`) ?? []).some((s) => !isOptional(s));
    // What the extra suites have too must be there in the release's version as well, or apt would take the extra suite's
    // for an upgrade, which it does not on a server.
    const shadowed = new Set(apt.debs().map(debName).filter((d) => !fromRelease(d)).map((d) => d.name));
    const again = installed.filter((p) => fromRelease(p) && (shadowed.has(p.name) || spec.extraPackages.includes(p.name)));
    if (again.length > 0) await apt.download(['--reinstall', ...again.map((p) => `${p.name}=${p.version}`)]);

    // Updates and security are merged into the release's own suite, unless the host has them as sources of their own.
    const localSuite = (p: { name: string; version: string }): string | undefined => {
      const homes = [...(offered.get(`${p.name} ${p.version}`) ?? [])].sort((a, b) => suites.indexOf(a) - suites.indexOf(b));
      return homes[0] && (isExtra(homes[0]) ? homes[0] : spec.suite);
    };

    const files = apt.debs();
    const root = join(dir, 'tree', ARCHIVE_PATH);
    const chosen: { suite: string; name: string; version: string }[] = [];
    for (const file of files) {
      const { name, version } = debName(file);
      const suite = localSuite({ name, version });
      if (!suite) throw new Error(`lab: no suite of ${spec.id} offers ${name} ${version}, though apt downloaded it. Mend: remove ${dir} and try again.`);
      mkdirSync(join(root, 'pool', suite), { recursive: true });
      copyFileSync(join(apt.archives, file), join(root, 'pool', suite, file));
      chosen.push({ suite, name, version });
    }
    // The rest of what is installed is in the index as on a server, so that apt knows where it came from; the files are not.
    const listed = installed.filter((p) => fromRelease(p) && !again.includes(p));
    for (const suite of sourceSuites(spec)) {
      const here = listed.filter((p) => localSuite(p) === suite).map((p) => `${p.name}=${p.version}`);
      const stanzas = here.length > 0 ? await apt.run('reading the index entries of what is installed', 'apt-cache', ['show', ...here]) : '';
      await writeSuite(root, suite, releaseOf(spec, suite, apt.release(suite)), stanzas);
    }
    writeFileSync(join(dir, 'packages.json'), `${JSON.stringify(chosen, undefined, 2)}\n`);
    await removeTree(apt.dir);
  });
}

/** The Release fields for a suite of the local repository, checked against what the host's YAML promises. */
function releaseOf(spec: DebianHostSpec, suite: string, real: ReleaseFields): ReleaseFields {
  const promised = spec.extraSuites.find((s) => s.suite === suite);
  if (promised) {
    const says = { label: real['Label'], notAutomatic: real['NotAutomatic'] === 'yes', butAutomaticUpgrades: real['ButAutomaticUpgrades'] === 'yes' };
    for (const key of ['label', 'notAutomatic', 'butAutomaticUpgrades'] as const) {
      if (says[key] !== promised[key]) {
        throw new Error(`lab: content/hosts/${spec.id}.yaml: extraSuites ${suite}: ${key} is ${String(promised[key])}, but the archive says ${String(says[key])}. Mend: write what the archive says.`);
      }
    }
  }
  const keep = ['Origin', 'Label', 'Suite', 'Version', 'Codename', 'NotAutomatic', 'ButAutomaticUpgrades', 'Description'];
  return Object.fromEntries(keep.filter((k) => real[k]).map((k) => [k, real[k]!]));
}

/**
 * Writes the index of a suite whose packages lie below pool/SUITE.
 * @param root folder of the repository
 * @param stanzas index entries of packages whose files are not there
 */
export async function writeSuite(root: string, suite: string, release: ReleaseFields, stanzas: string): Promise<void> {
  const binary = join(root, 'dists', suite, 'main/binary-amd64');
  mkdirSync(binary, { recursive: true });
  mkdirSync(join(root, 'pool', suite), { recursive: true });
  const packages = `${await mustRun(`indexing ${suite}`, ['apt-ftparchive', 'packages', `pool/${suite}`], { cwd: root })}\n${stanzas.trim()}\n`.replace(/^\n+/, '');
  writeFileSync(join(binary, 'Packages'), packages);
  writeFileSync(join(binary, 'Packages.gz'), gzipSync(packages));
  const options = Object.entries({ ...release, Architectures: 'amd64', Components: 'main' }).flatMap(([k, v]) => ['-o', `APT::FTPArchive::Release::${k}=${v}`]);
  writeFileSync(join(root, 'dists', suite, 'Release'), await mustRun(`describing ${suite}`, ['apt-ftparchive', ...options, 'release', `dists/${suite}`], { cwd: root }));
}

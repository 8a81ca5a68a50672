/** Downloads packages for a root without running anything in it. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { debianSources, findMirror } from './mirror.ts';
import { artifact, removeTree, touchArtifact } from '../system/cache.ts';
import { mustRun } from '../system/run.ts';

/** Fields of a Release file that decide how apt treats a suite. */
export type ReleaseFields = Record<string, string>;

/** The single-line fields of a Release or InRelease file. */
export function parseRelease(text: string): ReleaseFields {
  const fields: ReleaseFields = {};
  for (const line of text.split('\n')) {
    const m = /^([A-Z][A-Za-z-]*): (.+)$/.exec(line);
    if (m) fields[m[1]!] = m[2]!;
  }
  return fields;
}

/** Name and version of a package file as apt names it: `name_version_arch.deb`, with a colon written as %3a. */
export function debName(file: string): { name: string; version: string } {
  const [name = '', version = ''] = basename(file, '.deb').split('_');
  return { name, version: decodeURIComponent(version) };
}

/** Indexes of suites as apt keeps them, fetched at most once an hour: a dozen layers of one run ask for the same. @returns apt's folder of lists */
async function fetchedLists(suites: readonly string[], options: readonly string[]): Promise<string> {
  const sources = debianSources(await findMirror(), suites);
  const dir = await artifact(`lists-${suites[0]}`, { revision: 1, sources, hour: new Date().toISOString().slice(0, 13) }, async (temp) => {
    mkdirSync(join(temp, 'lists/partial'), { recursive: true });
    writeFileSync(join(temp, 'host.sources'), sources);
    await mustRun('fetching the package indexes', ['apt-get', ...options, ...asOptions({ 'Dir::State::lists': join(temp, 'lists'), 'Dir::Etc::sourcelist': join(temp, 'host.sources') }), 'update', '--error-on=any']);
  });
  touchArtifact(dir);
  return join(dir, 'lists');
}

const asOptions = (settings: Record<string, string>): string[] => Object.entries(settings).flatMap(([k, v]) => ['-o', `${k}=${v}`]);

/** This machine's apt, pointed at a host's suites and at what its base has installed, with folders of its own. */
export class ScratchApt {
  readonly dir: string;
  readonly sources: string;
  readonly archives: string;
  readonly #options: string[];
  /** Where its indexes are. */
  #lists: string;

  /**
   * @param parent folder below which everything is kept
   * @param status dpkg's status file of the root the packages are meant for
   */
  constructor(parent: string, status: string) {
    this.dir = join(parent, 'apt');
    this.sources = join(this.dir, 'host.sources');
    this.archives = join(this.dir, 'cache/archives');
    // A copy: apt puts its locks beside the file.
    mkdirSync(this.dir, { recursive: true });
    copyFileSync(status, join(this.dir, 'status'));
    for (const d of ['state/lists/partial', 'cache/archives/partial']) mkdirSync(join(this.dir, d), { recursive: true });
    this.#lists = join(this.dir, 'state/lists');
    this.#options = asOptions({
      'Dir::State': join(this.dir, 'state'),
      'Dir::State::status': join(this.dir, 'status'),
      'Dir::Cache': join(this.dir, 'cache'),
      'Dir::Etc::sourcelist': this.sources,
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': '/dev/null',
      // This machine may remove downloads after use (containers often do) and may have hooks; neither is ours.
      'DPkg::Post-Invoke': '',
      'APT::Update::Post-Invoke': '',
      'APT::Update::Post-Invoke-Success': '',
      'APT::Keep-Downloaded-Packages': 'true',
      'Acquire::Languages': 'none',
      'APT::Architecture': 'amd64',
      // The cache may lie where apt's own user cannot look.
      'APT::Sandbox::User': 'root',
    });
  }

  /** Fetches the indexes of the suites now. */
  async update(suites: readonly string[]): Promise<void> {
    writeFileSync(this.sources, debianSources(await findMirror(), suites));
    await this.run('fetching the package indexes', 'apt-get', ['update', '--error-on=any']);
  }

  /** Takes the indexes of the suites as they were within the last hour. */
  async takeLists(suites: readonly string[]): Promise<void> {
    writeFileSync(this.sources, debianSources(await findMirror(), suites));
    this.#lists = await fetchedLists(suites, this.#options);
  }

  /** Runs apt-get or apt-cache with these settings. */
  run(what: string, tool: 'apt-get' | 'apt-cache', args: readonly string[], cwd = '/'): Promise<string> {
    return mustRun(what, [tool, ...this.#options, ...asOptions({ 'Dir::State::lists': this.#lists }), ...args], { cwd });
  }

  /** Downloads what an installation would need. `args`: package names and options of apt-get install. */
  async download(args: readonly string[]): Promise<void> {
    await this.run(`downloading ${args.join(' ')}`, 'apt-get', ['install', '--yes', '--no-install-recommends', '--download-only', ...args]);
  }

  /** Downloads these packages without what they depend on: for a root that has it, of another release. */
  async downloadAlone(names: readonly string[]): Promise<void> {
    await this.run(`downloading ${names.join(' ')}`, 'apt-get', ['download', ...names], this.archives);
  }

  /** File names of all packages downloaded so far. */
  debs(): string[] {
    return readdirSync(this.archives).filter((f) => f.endsWith('.deb')).sort();
  }

  /**
   * Unpacks all packages downloaded so far, without what their maintainer scripts would do: for programs that need their libraries only.
   * @param tree folder of a layer; made when it is not there
   * @param but packages that are left out, by the beginning of their files' names
   */
  async unpack(tree: string, but?: RegExp): Promise<void> {
    for (const deb of this.debs().filter((d) => !but?.test(d))) await mustRun(`unpacking ${deb}`, ['dpkg-deb', '--extract', join(this.archives, deb), tree]);
    // Debian 12's packages still name /lib and /sbin; in a root these are links, which folders of that name would hide.
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      if (!existsSync(join(tree, name))) continue;
      await mustRun(`moving /${name} below /usr`, ['cp', '-a', '--', join(tree, name), join(tree, 'usr')]);
      await removeTree(join(tree, name));
    }
  }

  /** The real Release fields of a suite, from the index files apt fetched. */
  release(suite: string): ReleaseFields {
    const file = readdirSync(this.#lists).find((f) => f.endsWith(`_dists_${suite}_InRelease`) || f.endsWith(`_dists_${suite}_Release`));
    if (!file) throw new Error(`lab: apt fetched no Release file of ${suite}. Mend: see that the mirror has this suite.`);
    return parseRelease(readFileSync(join(this.#lists, file), 'utf8'));
  }
}

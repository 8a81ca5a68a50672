/** Downloads packages for a root without running anything in it. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianSources, findMirror } from './mirror.ts';
import { removeTree } from '../system/cache.ts';
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

/** This machine's apt, pointed at a host's suites and at what its base has installed, with folders of its own. */
export class ScratchApt {
  readonly dir: string;
  readonly sources: string;
  readonly archives: string;
  readonly #options: string[];

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
    this.#options = Object.entries({
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
    }).flatMap(([k, v]) => ['-o', `${k}=${v}`]);
  }

  /** Fetches the indexes of the suites. */
  async update(suites: readonly string[]): Promise<void> {
    writeFileSync(this.sources, debianSources(await findMirror(), suites));
    await this.run('fetching the package indexes', 'apt-get', ['update', '--error-on=any']);
  }

  /** Runs apt-get or apt-cache with these settings. */
  run(what: string, tool: 'apt-get' | 'apt-cache', args: readonly string[], cwd = '/'): Promise<string> {
    return mustRun(what, [tool, ...this.#options, ...args], { cwd });
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
   */
  async unpack(tree: string): Promise<void> {
    for (const deb of this.debs()) await mustRun(`unpacking ${deb}`, ['dpkg-deb', '--extract', join(this.archives, deb), tree]);
    // Debian 12's packages still name /lib and /sbin; in a root these are links, which folders of that name would hide.
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      if (!existsSync(join(tree, name))) continue;
      await mustRun(`moving /${name} below /usr`, ['cp', '-a', '--', join(tree, name), join(tree, 'usr')]);
      await removeTree(join(tree, name));
    }
  }

  /** The real Release fields of a suite, from the index files apt fetched. */
  release(suite: string): ReleaseFields {
    const lists = join(this.dir, 'state/lists');
    const file = readdirSync(lists).find((f) => f.endsWith(`_dists_${suite}_InRelease`) || f.endsWith(`_dists_${suite}_Release`));
    if (!file) throw new Error(`lab: apt fetched no Release file of ${suite}. Mend: see that the mirror has this suite.`);
    return parseRelease(readFileSync(join(lists, file), 'utf8'));
  }
}

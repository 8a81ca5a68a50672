/**
 * Indexes of apt archives. They are fetched by apt itself, in folders of its own: it knows this machine's mirror, proxies and
 * credentials, takes its files from mirror lists as well, and tries again. What it fetched is then checked once more here, by the same way
 * that recorded files go: signature by gpgv, size and sha256 by the signed file, dates.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { AGAIN, BadInput } from '../../facts/bad-input.ts';
import { compareDebianVersions } from '../../facts/debian-version.ts';
import { mustBeCurrent, mustMatch, parsePackages, parseRelease, type IndexedPackage } from '../../facts/debian-index.ts';
import type { Found } from '../../facts/diff.ts';
import { findMirror, KEYRING } from '../layer/mirror.ts';
import { mustRun } from '../system/run.ts';
import { signedText } from './signature.ts';

export type Archive = 'debian' | 'ubuntu';

const NAME: Record<Archive, string> = { debian: 'Debian', ubuntu: 'Ubuntu' };
const KEYRINGS: Record<Archive, string> = { debian: KEYRING, ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg' };
/** The index that holds the kernels' packages. */
const INDEX = 'main/binary-amd64/Packages';
const PACKED = ['', '.gz', '.zst'] as const;
/** Trixie's index has 56 MB. */
const MOST_BYTES = 400_000_000;

/** Where this machine's apt has Ubuntu's archive. */
async function ubuntuMirror(): Promise<string> {
  const named = process.env['TRIALBOOT_UBUNTU_MIRROR'];
  if (named) return named;
  const listed = await mustRun('asking apt for its sources', ['apt-get', 'indextargets', '--format', '$(ORIGIN) $(REPO_URI)', 'Created-By: Packages']);
  const uri = /^Ubuntu (\S+)$/m.exec(listed)?.[1];
  if (!uri) throw new Error("this machine's apt names no archive of Ubuntu. Mend: set TRIALBOOT_UBUNTU_MIRROR to a mirror (and install ubuntu-keyring), or read recorded files with --from.");
  return uri;
}

/** Address of a suite → suites there. */
async function sourcesOf(archive: Archive, suites: readonly string[]): Promise<[string, string[]][]> {
  if (archive === 'ubuntu') return [[await ubuntuMirror(), [...suites]]];
  const mirror = await findMirror();
  const security = (s: string): boolean => s.endsWith('-security');
  const all: [string, string[]][] = [
    [mirror.archive, suites.filter((s) => !security(s))],
    [mirror.security, suites.filter(security)],
  ];
  return all.filter(([, s]) => s.length > 0);
}

/**
 * Fetches the signed file and the index of each suite.
 * @param into folder for `SUITE/InRelease` and `SUITE/Packages`
 * @throws Error when one of them cannot be had
 */
export async function fetchSuites(archive: Archive, suites: readonly string[], into: string): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) throw new Error("the indexes are fetched by apt, which this machine has not. Mend: run it on Debian or Ubuntu, or read recorded files with --from.");
  if (!existsSync(KEYRINGS[archive])) throw new Error(`no keyring ${KEYRINGS[archive]}. Mend: apt-get install ${archive === 'debian' ? 'debian-archive-keyring' : 'ubuntu-keyring'}`);
  const dir = mkdtempSync(join(tmpdir(), 'trialboot-apt-'));
  try {
    for (const d of ['state/lists/partial', 'cache/archives/partial', 'etc']) mkdirSync(join(dir, d), { recursive: true });
    writeFileSync(join(dir, 'status'), '');
    const stanzas = (await sourcesOf(archive, suites)).map(
      ([uri, names]) => `Types: deb\nURIs: ${uri}\nSuites: ${names.join(' ')}\nComponents: main\nArchitectures: amd64\nTargets: Packages\nSigned-By: ${KEYRINGS[archive]}\n`,
    );
    writeFileSync(join(dir, 'etc/refresh.sources'), stanzas.join('\n'));
    const options = Object.entries({
      'Dir::State': join(dir, 'state'),
      'Dir::State::status': join(dir, 'status'),
      'Dir::Cache': join(dir, 'cache'),
      // The indexes are read, not used: no cache is built of them.
      'Dir::Cache::pkgcache': '',
      'Dir::Cache::srcpkgcache': '',
      'Dir::Etc::sourcelist': join(dir, 'etc/refresh.sources'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': '/dev/null',
      'APT::Update::Post-Invoke': '',
      'APT::Update::Post-Invoke-Success': '',
      'APT::Architecture': 'amd64',
      'APT::Architectures': 'amd64',
      'APT::Sandbox::User': '',
      'Acquire::GzipIndexes': 'false',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '2',
      'Acquire::http::Timeout': '30',
      'Acquire::https::Timeout': '30',
    }).flatMap(([k, v]) => ['-o', `${k}=${v}`]);
    await mustRun(`fetching the package indexes of ${NAME[archive]}`, ['apt-get', ...options, 'update', '--error-on=any'], { timeoutMs: 900_000 });
    const listed = await mustRun('asking apt what it fetched', ['apt-get', ...options, 'indextargets', '--format', '$(RELEASE) $(FILENAME)', 'Created-By: Packages']);
    for (const suite of suites) {
      const index = listed.split('\n').map((l) => l.split(' ')).find(([release]) => release === suite)?.[1];
      const signed = index?.replace(/_main_binary-amd64_Packages$/, '_InRelease');
      if (!index || !signed || !existsSync(index) || !existsSync(signed)) throw new Error(`apt fetched no index of ${suite}. Mend: see that the mirror has this suite.`);
      mkdirSync(join(into, suite), { recursive: true });
      copyFileSync(signed, join(into, suite, 'InRelease'));
      copyFileSync(index, join(into, suite, 'Packages'));
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A suite that was read: the day it was written, and the packages that were wanted. */
export interface Suite {
  name: string;
  day: string;
  packages: IndexedPackage[];
}

/** @throws BadInput naming the file */
function bytesOf(file: string): Buffer {
  const bytes = readFileSync(file);
  if (bytes.length > MOST_BYTES) throw new BadInput(file, 'whole file', `${bytes.length} bytes are more than an index has`, AGAIN);
  return bytes;
}

/**
 * Reads a suite from a folder, and believes nothing of it that is not signed.
 * @param today day for which the suite has to be valid
 * @throws BadInput
 */
export async function readSuite(folder: string, name: string, wanted: ReadonlySet<string>, today: string, keyring: string): Promise<Suite> {
  const signed = join(folder, name, 'InRelease');
  if (!existsSync(signed)) throw new BadInput(signed, 'whole file', 'it is not there', 'record the suite: npm run refresh -- --record FOLDER');
  const release = parseRelease(await signedText(signed, keyring), signed);
  mustBeCurrent(release, name, today, signed);
  const ending = PACKED.find((e) => existsSync(join(folder, name, `Packages${e}`)));
  if (ending === undefined) throw new BadInput(join(folder, name, 'Packages'), 'whole file', 'it is not there, nor .gz or .zst', 'record the suite: npm run refresh -- --record FOLDER');
  const file = join(folder, name, `Packages${ending}`);
  const bytes = bytesOf(file);
  mustMatch(release, `${INDEX}${ending}`, bytes, file);
  const limit = { maxOutputLength: MOST_BYTES };
  const text = (ending === '.gz' ? gunzipSync(bytes, limit) : ending === '.zst' ? zstdDecompressSync(bytes, limit) : bytes).toString('utf8');
  return { name, day: release.day, packages: parsePackages(text, file, wanted) };
}

/** The keyring that a file of an archive has to be signed by. */
export const keyringOf = (archive: Archive): string => KEYRINGS[archive];

/** The newest version of a package in some suites, and which of them have it. */
export function newestIn(archive: Archive, suites: readonly Suite[], name: string): Found {
  const all = suites.flatMap((s) => s.packages.filter((p) => p.name === name).map((p) => ({ suite: s, version: p.version })));
  const version = all.map((a) => a.version).sort(compareDebianVersions).at(-1);
  const homes = version === undefined ? suites : suites.filter((s) => all.some((a) => a.suite === s && a.version === version));
  return { version, words: `${NAME[archive]} package index of ${homes.map((s) => `${s.name} of ${s.day}`).join(' and ')}` };
}

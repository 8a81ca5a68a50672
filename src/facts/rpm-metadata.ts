/** The metadata of an RPM repository: repomd.xml, which names its files, and primary.xml, which lists its packages. */
import { createHash } from 'node:crypto';
import { zstdDecompressSync, gunzipSync } from 'node:zlib';
import { AGAIN, BadInput } from './bad-input.ts';
import { compareEvr, type Evr } from './rpm-version.ts';
import { walkXml } from './xml.ts';

/** What repomd.xml says of the list of packages. */
export interface RepoMd {
  /** The day on which the list was written. */
  day: string;
  /** Where the list lies below the repository, such as repodata/…-primary.xml.zst. */
  href: string;
  sha256: string;
  size: number | undefined;
  /** Size when unpacked. */
  openSize: number | undefined;
}

/** A binary package of the list. */
export interface RpmPackage extends Evr {
  name: string;
  arch: string;
}

/** Nothing we read is larger unpacked; anything that is, is no list of packages. */
const MOST_BYTES = 1_500_000_000;

/** @throws BadInput */
export function parseRepoMd(text: string, file: string): RepoMd {
  let type: string | undefined;
  const primary = new Map<string, string>();
  walkXml(text, file, {
    open(name, attributes, path) {
      if (path.length === 1 && name !== 'repomd') throw new BadInput(file, 'line 1', `<${name}> is not <repomd>: this is no repomd.xml`, AGAIN);
      if (name === 'data') type = attributes.get('type');
      if (type !== 'primary') return;
      if (name === 'location') primary.set('href', attributes.get('href') ?? '');
      if (name === 'checksum') primary.set('checksum type', attributes.get('type') ?? '');
    },
    text(words, path) {
      if (type === 'primary' && path.length === 3) primary.set(path[2]!, words.trim());
    },
    close(name) {
      if (name === 'data') type = undefined;
    },
  });
  const need = (key: string): string => {
    const value = primary.get(key);
    if (!value) throw new BadInput(file, 'data primary', `no ${key}`, AGAIN);
    return value;
  };
  const href = need('href');
  // It becomes part of an address and of a file's name.
  if (!/^[\w.+-]+(\/[\w.+-]+)*$/.test(href) || href.split('/').includes('..')) throw new BadInput(file, 'data primary', `'${href}' is no path below the repository`, AGAIN);
  const kind = need('checksum type');
  if (kind !== 'sha256') throw new BadInput(file, 'data primary', `a checksum of type ${kind}`, 'take a repository whose metadata has sha256 sums');
  const sha256 = need('checksum');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new BadInput(file, 'data primary', `'${sha256}' is no sha256`, AGAIN);
  const seconds = Number(need('timestamp'));
  if (!Number.isFinite(seconds) || seconds <= 0) throw new BadInput(file, 'data primary', `'${need('timestamp')}' is no time`, AGAIN);
  const size = (key: string): number | undefined => (/^\d+$/.test(primary.get(key) ?? '') ? Number(primary.get(key)) : undefined);
  return { day: new Date(seconds * 1000).toISOString().slice(0, 10), href, sha256, size: size('size'), openSize: size('open-size') };
}

/**
 * Checks the packed list against repomd.xml and unpacks it.
 * @throws BadInput
 */
export function openPrimary(bytes: Uint8Array, md: RepoMd, file: string): string {
  if (md.size !== undefined && bytes.length !== md.size) throw new BadInput(file, `byte ${bytes.length}`, `${bytes.length} bytes; repomd.xml says ${md.size}`, AGAIN);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== md.sha256) throw new BadInput(file, 'whole file', `its sha256 is ${sha256}; repomd.xml says ${md.sha256}`, AGAIN);
  const most = Math.min(md.openSize ?? MOST_BYTES, MOST_BYTES);
  try {
    // The limit of zlib must be positive; an empty list is found by what reads it.
    const limit = { maxOutputLength: Math.max(most, 1) };
    if (md.href.endsWith('.gz')) return gunzipSync(bytes, limit).toString('utf8');
    if (md.href.endsWith('.zst')) return zstdDecompressSync(bytes, limit).toString('utf8');
  } catch (error) {
    throw new BadInput(file, 'whole file', `it cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`, AGAIN);
  }
  if (md.href.endsWith('.xml')) return Buffer.from(bytes).toString('utf8');
  throw new BadInput(file, 'whole file', `packed in a way that is not read here (${md.href})`, 'take a repository whose primary.xml is packed with gzip or zstd');
}

/**
 * The binary packages of the names that are wanted.
 * @param arch architecture; source packages and other architectures are left out
 * @throws BadInput, also when there are not as many packages as the file itself says
 */
export function parsePrimary(text: string, file: string, wanted: ReadonlySet<string>, arch = 'x86_64'): RpmPackage[] {
  const found: RpmPackage[] = [];
  let said: number | undefined;
  let count = 0;
  let now: Partial<RpmPackage> = {};
  walkXml(text, file, {
    open(name, attributes, path) {
      if (path.length === 1) {
        if (name !== 'metadata') throw new BadInput(file, 'line 1', `<${name}> is not <metadata>: this is no primary.xml`, AGAIN);
        said = Number(attributes.get('packages'));
      } else if (path.length === 2 && name === 'package') {
        count += 1;
        now = {};
      } else if (path.length === 3 && name === 'version') {
        now.epoch = attributes.get('epoch') ?? '0';
        now.version = attributes.get('ver') ?? '';
        now.release = attributes.get('rel') ?? '';
      }
    },
    text(words, path) {
      if (path.length === 3 && path[2] === 'name') now.name = words.trim();
      if (path.length === 3 && path[2] === 'arch') now.arch = words.trim();
    },
    close(name, path) {
      if (path.length !== 2 || name !== 'package') return;
      const { name: own, arch: of, epoch, version, release } = now;
      if (!own || !of || epoch === undefined || !version || !release) throw new BadInput(file, `package ${count}${own ? ` (${own})` : ''}`, 'name, arch or version is missing', AGAIN);
      if (wanted.has(own) && of === arch) found.push({ name: own, arch: of, epoch, version, release });
    },
  });
  if (said !== count) throw new BadInput(file, 'whole file', `${count} packages; it says itself that there are ${said}`, AGAIN);
  return found;
}

/** The newest of some packages, as `version-release`; undefined when there is none. */
export function newestRpm(packages: readonly RpmPackage[]): string | undefined {
  const newest = packages.toSorted(compareEvr).at(-1);
  return newest && `${newest.version}-${newest.release}`;
}

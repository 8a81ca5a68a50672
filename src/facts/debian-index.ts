/** The indexes of an apt archive, Debian's or Ubuntu's: the Release fields of a suite and its Packages files. */
import { createHash } from 'node:crypto';
import { AGAIN, BadInput } from './bad-input.ts';
import { isDebianVersion } from './debian-version.ts';

/** What a suite's signed file says. */
export interface Release {
  suite: string;
  codename: string;
  /** The day on which the suite was written. */
  day: string;
  /** Last day on which it may be believed, where the archive sets one. */
  validUntil: string | undefined;
  /** Path below the suite → what its file must be. */
  files: ReadonlyMap<string, { sha256: string; size: number }>;
}

/** A paragraph of a Packages file, as far as it is read here. */
export interface IndexedPackage {
  name: string;
  version: string;
}

const FIELD = /^[!-9;-~]+:/;

function field(lines: readonly string[], name: string): string | undefined {
  const found = lines.find((l) => l.startsWith(`${name}:`));
  return found?.slice(name.length + 1).trim();
}

function dayFrom(words: string, file: string, name: string): string {
  const ms = Date.parse(words);
  if (Number.isNaN(ms)) throw new BadInput(file, name, `'${words}' is no date`, AGAIN);
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * Reads the fields of a Release file, or the text that the signature of an InRelease file covers.
 * @param text what the signature covers: text around it is nobody's word
 * @param file name for errors
 * @throws BadInput
 */
export function parseRelease(text: string, file: string): Release {
  if (text.trim() === '') throw new BadInput(file, 'whole file', 'it is empty', AGAIN);
  if (text.includes('-----BEGIN PGP')) throw new BadInput(file, 'line 1', 'the signature is still around the text', 'give what gpgv put out, not the file itself');
  if (!text.endsWith('\n')) throw new BadInput(file, 'last line', 'it ends in the middle of a line', AGAIN);
  const lines = text.trimEnd().split('\n');
  const bad = lines.findIndex((l) => !FIELD.test(l) && !/^ \S/.test(l));
  if (bad >= 0) throw new BadInput(file, `line ${bad + 1}`, 'neither a field nor a continued one: this is no Release file', AGAIN);
  const need = (name: string): string => {
    const value = field(lines, name);
    if (!value) throw new BadInput(file, 'whole file', `no field ${name}`, AGAIN);
    return value;
  };
  const files = new Map<string, { sha256: string; size: number }>();
  const at = lines.findIndex((l) => l.startsWith('SHA256:'));
  if (at < 0) throw new BadInput(file, 'whole file', 'no field SHA256, so no index can be checked against it', AGAIN);
  for (let i = at + 1; i < lines.length && lines[i]!.startsWith(' '); i += 1) {
    const m = /^ ([0-9a-f]{64}) +(\d+) (\S+)$/.exec(lines[i]!);
    if (!m) throw new BadInput(file, `line ${i + 1}`, 'no "sha256 size path"', AGAIN);
    files.set(m[3]!, { sha256: m[1]!, size: Number(m[2]) });
  }
  if (files.size === 0) throw new BadInput(file, `line ${at + 1}`, 'SHA256 lists no file', AGAIN);
  const until = field(lines, 'Valid-Until');
  return {
    suite: need('Suite'),
    codename: need('Codename'),
    day: dayFrom(need('Date'), file, 'Date'),
    validUntil: until === undefined ? undefined : dayFrom(until, file, 'Valid-Until'),
    files,
  };
}

/**
 * Is the suite the one that was asked for, and may it still be believed? An old suite with a good signature is how
 * somebody in between hides an update.
 * @param name suite or codename that was asked for
 * @throws BadInput
 */
export function mustBeCurrent(release: Release, name: string, today: string, file: string): void {
  if (release.suite !== name && release.codename !== name) {
    throw new BadInput(file, 'Suite', `it is of ${release.codename} (${release.suite}), not of ${name}`, AGAIN);
  }
  if (release.validUntil !== undefined && release.validUntil < today) {
    throw new BadInput(file, 'Valid-Until', `it was valid until ${release.validUntil}, and today is ${today}`, 'take a mirror that is up to date, or set the clock right');
  }
}

/**
 * Is an index the one that the signed file means?
 * @param path where it lies below the suite, such as main/binary-amd64/Packages
 * @throws BadInput
 */
export function mustMatch(release: Release, path: string, bytes: Uint8Array, file: string): void {
  const expected = release.files.get(path);
  if (!expected) throw new BadInput(file, 'whole file', `the suite's signed file does not name ${path}`, 'see that the suite has this component and architecture');
  if (bytes.length !== expected.size) {
    throw new BadInput(file, `byte ${bytes.length}`, `${bytes.length} bytes; the suite's signed file says ${expected.size}`, AGAIN);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== expected.sha256) throw new BadInput(file, 'whole file', `its sha256 is ${sha256}; the suite's signed file says ${expected.sha256}`, AGAIN);
}

const lineOf = (text: string, offset: number): number => {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
};

/**
 * The paragraphs of the packages that are wanted. Every paragraph is looked at, so that damage is seen wherever it is.
 * @param text a Packages file
 * @throws BadInput
 */
export function parsePackages(text: string, file: string, wanted: ReadonlySet<string>): IndexedPackage[] {
  if (text.trim() === '') throw new BadInput(file, 'whole file', 'it is empty', AGAIN);
  if (!text.endsWith('\n')) throw new BadInput(file, `line ${lineOf(text, text.length)}`, 'it ends in the middle of a line', AGAIN);
  const found: IndexedPackage[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n\n', start);
    const paragraph = text.slice(start, end < 0 ? text.length : end);
    const place = (): string => `line ${lineOf(text, start)}`;
    if (paragraph.trim() !== '') {
      const lines = paragraph.trimEnd().split('\n');
      if (lines.some((l) => !FIELD.test(l) && !/^[ \t]\S/.test(l))) {
        throw new BadInput(file, place(), 'a line that is neither a field nor a continued one: this is no Packages file', AGAIN);
      }
      const name = field(lines, 'Package');
      const version = field(lines, 'Version');
      if (!name || !version) throw new BadInput(file, place(), `a paragraph without ${name ? 'Version' : 'Package'}`, AGAIN);
      if (wanted.has(name)) {
        if (!isDebianVersion(version)) throw new BadInput(file, place(), `'${version}' is no version`, AGAIN);
        found.push({ name, version });
      }
    }
    start = end < 0 ? text.length : end + 2;
  }
  return found;
}

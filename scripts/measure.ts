/** `npm run measure -- …`: reads kernels and package indexes, and writes what they say into content/. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { measuredKernel, type Unpacked } from '../src/facts/measured-kernel.ts';
import { wantedDrivers, wantedPackages, wantedSymbols } from '../src/facts/wanted.ts';
import { aptFor, candidates, fetchKernel } from '../src/lab/measure/fetch.ts';
import { readSubset } from '../src/lab/measure/subset.ts';
import { inScratch, unpack } from '../src/lab/measure/unpack.ts';
import { MeasuredKernel } from '../src/model/kernel.ts';
import { readContent } from '../src/model/read.ts';
import { MeasuredUserspace } from '../src/model/userspace.ts';
import { ROOT } from './lib/project.ts';

/** Debian's releases and the suites a server takes its programs from. */
const SUITES: { [distro: string]: string[] } = {
  'debian-12': ['bookworm', 'bookworm-updates', 'bookworm-security'],
  'debian-13': ['trixie', 'trixie-updates', 'trixie-security'],
  'debian-14': ['forky'],
  'debian-sid': ['sid'],
};

/** Debian's kernels that the site speaks of: package, distribution, suites, and the name of the track. */
const DEBIAN: [string, string, string[], string][] = [
  ['linux-image-amd64', 'debian-12', ['bookworm', 'bookworm-security'], 'bookworm-security'],
  ['linux-image-6.12-amd64', 'debian-12', ['bookworm-security'], 'bookworm-security, beside 6.1'],
  ['linux-image-amd64', 'debian-13', ['trixie'], 'trixie, as of its last point release'],
  ['linux-image-amd64', 'debian-13', ['trixie', 'trixie-security'], 'trixie-security'],
  ['linux-image-7.2.12+deb13-amd64', 'debian-13', ['trixie-backports'], 'trixie-backports, by its full name'],
  ['linux-image-amd64', 'debian-13', ['trixie-backports'], 'trixie-backports'],
  ['linux-image-amd64', 'debian-14', ['forky'], 'forky (testing)'],
  ['linux-image-amd64', 'debian-sid', ['sid'], 'sid (unstable)'],
];

const HELP = `usage: npm run measure -- COMMAND

  kernel FILE… --distro ID --track WORDS    package files of one kernel (.deb or .rpm): what they were built with
  kernel NAME --suite SUITE[,SUITE]         a Debian package by name, fetched from the archive this machine's apt uses
         --distro ID [--track WORDS]
  subset [FOLDER]                           the kept part of Debian's 7.0.13 (FOLDER, or $TRIALBOOT_KERNELS): one .tar.xz and a
                                            README.md that lists the packages with their sha256
  debian                                    every Debian kernel the site speaks of, one after another, and the userspace of each release
  userspace ID…                             versions of the programs that go with the features: ${Object.keys(SUITES).join(' ')}

  --out FOLDER   write below this folder instead of content/ (kernels/RELEASE.json, userspace/ID.json)

What is measured is what the notes in content/features name. Needs dpkg-deb for .deb, apt for names, xz for some .rpm.`;

function fail(message: string): never {
  console.error(message.replace(/^(?!measure:|lab:)/, 'measure: '));
  process.exit(2);
}

let args: ReturnType<typeof parse>;
function parse() {
  return parseArgs({
    allowPositionals: true,
    options: {
      suite: { type: 'string' },
      distro: { type: 'string' },
      track: { type: 'string' },
      out: { type: 'string', default: join(ROOT, 'content') },
      help: { type: 'boolean', short: 'h' },
    },
  });
}
try {
  args = parse();
} catch (error) {
  fail(`${(error as Error).message}\n\n${HELP}`);
}
const { values, positionals } = args;
const [command, ...names] = positionals;
const notes = readContent(ROOT).features.map((f) => f.data);
const wanted = { symbols: wantedSymbols(notes), drivers: wantedDrivers(notes) };
const measured = new Date().toISOString().slice(0, 10);

/** A reader never sees half a file: it gets its name when it is whole. */
function write(path: string, data: unknown): void {
  const file = join(values.out, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(data, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function record(packages: readonly Unpacked[], about: { distro: string; track: string; partial?: string }): void {
  const kernel = MeasuredKernel.parse(measuredKernel(packages, wanted, { ...about, measured }));
  write(`kernels/${kernel.release}.json`, kernel);
  const there = Object.values(kernel.config).filter((v) => v !== 'absent').length;
  console.log(`${kernel.release}  ${kernel.distro}, ${kernel.track}: ${there} of ${wanted.symbols.length} symbols known to it, ${packages.length} packages read${about.partial ? ' (partial)' : ''}`);
}

const unpackAll = async (files: readonly string[]): Promise<Unpacked[]> => {
  const result: Unpacked[] = [];
  for (const file of files) result.push(await unpack(file));
  return result;
};

const byName = (name: string, distro: string, suites: string[], track: string): Promise<void> =>
  inScratch(async (dir) => record(await unpackAll(await fetchKernel(await aptFor(dir, suites), name)), { distro, track }));

const userspace = (distro: string): Promise<void> =>
  inScratch(async (dir) => {
    const suites = SUITES[distro];
    if (!suites) fail(`no suites are known for '${distro}'; there are: ${Object.keys(SUITES).join(', ')}`);
    const packages = await candidates(await aptFor(dir, suites), wantedPackages(notes));
    if (Object.values(packages).every((v) => v === 'absent')) fail(`the index of ${suites.join(', ')} has none of the packages; it was not read. Mend: npm run measure -- userspace ${distro}, with the archive in reach.`);
    write(`userspace/${distro}.json`, MeasuredUserspace.parse({ format_version: 1, distro, suites, packages, measured }));
    console.log(`${distro}: ${Object.entries(packages).map(([p, v]) => `${p} ${v}`).join(', ')}`);
  });

async function kernel(): Promise<void> {
  if (names.length === 0) fail(`name a package\n\n${HELP}`);
  if (!values.distro) fail('whose kernel is it? Mend: --distro ID, such as ubuntu-26.04');
  if (values.suite !== undefined) {
    if (names.length > 1 || names[0]!.includes('/')) fail('with --suite name one Debian package, such as linux-image-amd64');
    return await byName(names[0]!, values.distro, values.suite.split(','), values.track ?? values.suite);
  }
  if (!values.track) fail('where is it from? Mend: --track WORDS, such as "noble-updates"');
  record(await unpackAll(names), { distro: values.distro, track: values.track });
}

async function subset(): Promise<void> {
  const dir = names[0] ?? process.env['TRIALBOOT_KERNELS'];
  if (!dir) fail('where is it? Mend: name the folder, or set TRIALBOOT_KERNELS');
  record(await readSubset(dir), {
    distro: 'debian-13',
    track: 'trixie-backports until July 2026',
    partial: 'Read from a kept part of the three packages, whose checksums are those of the whole files: configuration, list of built-in drivers and list of all modules are the originals, most module files are left out.',
  });
}

async function debian(): Promise<void> {
  for (const [name, distro, suites, track] of DEBIAN) {
    try {
      await byName(name, distro, suites, track);
    } catch (error) {
      // One suite that cannot be had must not hide the others.
      console.error(`${track}: ${(error as Error).message}`);
      process.exitCode = 2;
    }
  }
  for (const distro of Object.keys(SUITES)) await userspace(distro);
}

const COMMANDS: { [name: string]: () => Promise<void> } = {
  kernel,
  subset,
  debian,
  userspace: async () => {
    if (names.length === 0) fail(`name a release: ${Object.keys(SUITES).join(', ')}`);
    for (const name of names) await userspace(name);
  },
};
if (values.help) console.log(HELP);
else if (!command || !COMMANDS[command]) fail(`${command ? `no command '${command}'` : 'name a command'}\n\n${HELP}`);
else await COMMANDS[command]().catch((error: unknown) => fail((error as Error).message));

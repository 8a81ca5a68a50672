/** `npm run measure -- …`: reads kernels and tools out of packages, for the feature notes and the matrix. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mustRun } from '../src/lab/system/run.ts';
import { downloadKernel, versionsIn, withSuites } from '../src/lab/measure/debian.ts';
import { measurePackages, measureTree, type Wanted, writeMeasured } from '../src/lab/measure/kernel.ts';
import { MeasuredUserspace } from '../src/model/userspace.ts';
import { readContent } from '../src/model/read.ts';
import { DEBIAN_KERNELS, DEBIAN_USERSPACE, EXTRA_DRIVERS, EXTRA_SYMBOLS, suitesOf, toolsOf } from './lib/measured.ts';
import { readSubset } from './lib/kernel-subset.ts';
import { ROOT } from './lib/project.ts';

const HELP = `usage: npm run measure -- COMMAND …

  kernel FILE…              package files of one kernel: .deb (Debian, Ubuntu) or .rpm (RHEL family, Fedora)
      --distro ID --track WORDS   whose it is, and where it came from
  kernel NAME --suite SUITE a Debian package by its name, downloaded: linux-image-amd64 --suite trixie-backports
      --distro ID
  debian                    every Debian kernel the matrix has, and its tools; 7.0.13 from the folder that TRIALBOOT_KERNELS names
  userspace DISTRO          the tools of a Debian release: debian-12, debian-13, debian-testing, debian-sid

Each writes content/kernels/RELEASE.json or content/userspace/DISTRO.json. Nothing of the packages is run.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { distro: { type: 'string' }, track: { type: 'string' }, suite: { type: 'string' }, help: { type: 'boolean' } },
});

const fail = (words: string): never => {
  console.error(`measure: ${words.replace(/^(measure|lab): /, '')}`);
  process.exit(2);
};

const today = new Date().toISOString().slice(0, 10);
const content = readContent(ROOT);
/** What the notes speak of, and what the matrix wants besides. A note that cannot be read is named by lint, not here. */
const wanted: Wanted = {
  symbols: [...content.features.flatMap((f) => [...f.data.kconfig, ...f.data.alsoKconfig, ...f.data.claims.flatMap((c) => c.evidence.flatMap((e) => ('kernel' in e ? [e.symbol] : [])))]), ...EXTRA_SYMBOLS],
  drivers: [...content.features.flatMap((f) => f.data.drivers), ...EXTRA_DRIVERS],
};

async function debianKernel(name: string, suite: string, distro: string): Promise<void> {
  console.log(`${name} of ${suite} …`);
  const kernel = await withSuites(suitesOf(suite), async (apt) => measurePackages(await downloadKernel(apt, name, suite), wanted, { distro, track: suite }, today));
  console.log(`  ${kernel.release}: ${Object.keys(kernel.config).length} settings, ${Object.keys(kernel.drivers).length} drivers → ${writeMeasured(ROOT, kernel)}`);
}

async function userspace(distro: string): Promise<void> {
  const suite = DEBIAN_USERSPACE[distro] ?? fail(`no Debian release '${distro}'; there are ${Object.keys(DEBIAN_USERSPACE).join(', ')}`);
  const found = await withSuites(suitesOf(suite), (apt) => versionsIn(apt, toolsOf(content.features.map((f) => f.data)), suite));
  const record = MeasuredUserspace.parse({ format_version: 1, distro, suite, packages: Object.fromEntries(Object.entries(found).map(([k, v]) => [k, v ?? null])), measured: today });
  const file = join(ROOT, 'content/userspace', `${distro}.json`);
  mkdirSync(join(ROOT, 'content/userspace'), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  console.log(`  ${distro}: ${Object.entries(record.packages).map(([k, v]) => `${k} ${v ?? 'not there'}`).join(', ')}`);
}

async function main(): Promise<number> {
  const [command, ...words] = positionals;
  if (values.help || command === undefined) {
    console.log(HELP);
    return command === undefined && !values.help ? 2 : 0;
  }
  if (command === 'kernel') {
    if (words.length === 0) fail('kernel needs package files, or a package name with --suite');
    const distro = values.distro ?? fail('whose kernel is it? Mend: --distro ID, such as debian-13');
    if (values.suite !== undefined) {
      await debianKernel(words[0]!, values.suite, distro);
      return 0;
    }
    const missing = words.find((w) => !existsSync(w));
    if (missing) fail(`there is no file ${missing}; for a package by its name say --suite`);
    const kernel = await measurePackages(words, wanted, { distro, track: values.track ?? fail('where did it come from? Mend: --track WORDS, such as "updates"') }, today);
    console.log(`${kernel.release} → ${writeMeasured(ROOT, kernel)}`);
    return 0;
  }
  if (command === 'userspace') {
    await userspace(words[0] ?? fail('userspace needs a release'));
    return 0;
  }
  if (command === 'debian') {
    let missed = 0;
    for (const { name, suite, distro } of DEBIAN_KERNELS) {
      await debianKernel(name, suite, distro).catch((error: unknown) => {
        missed += 1;
        console.error(`  not measured: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
      });
    }
    const subset = await readSubset();
    if (subset === undefined) console.log('7.0.13: not measured; TRIALBOOT_KERNELS names no folder with it');
    else {
      try {
        const kernel = measureTree(subset.tree, subset.packages, wanted, { distro: 'debian-13', track: 'trixie-backports, July 2026', partial: subset.partial }, today);
        console.log(`${kernel.release} → ${writeMeasured(ROOT, kernel)}`);
      } finally {
        await mustRun('tidying up', ['rm', '-rf', '--', subset.tree]);
      }
    }
    for (const distro of Object.keys(DEBIAN_USERSPACE)) {
      await userspace(distro).catch((error: unknown) => {
        missed += 1;
        console.error(`  ${distro}: not measured: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
      });
    }
    return missed > 0 ? 1 : 0;
  }
  return fail(`unknown command '${command}'; see --help`);
}

process.exitCode = await main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));

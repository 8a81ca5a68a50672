/**
 * `npm test [-- SUITE…]`: everything that can run on this machine. As root on Debian or Ubuntu the missing Debian packages are
 * installed first; elsewhere the suites that lack them are listed as skipped, with the command that would install them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { loadavg } from 'node:os';
import { ROOT } from './lib/project.ts';
import { counts, failures, type VitestReport } from './lib/vitest-report.ts';

interface Suite {
  name: string;
  what: string;
  /** Commands of Debian packages the suite cannot do without. */
  needs: Tool[];
  /** Must the suite run as root? */
  root?: boolean;
  argv: string[];
  /** A vitest folder: tests are counted one by one. */
  vitest?: string;
}

interface Tool {
  command: string;
  package: string;
}

const CHROMIUM: Tool = { command: 'chromium', package: 'chromium' };
const REHEARSAL: Tool[] = [
  { command: 'mmdebstrap', package: 'mmdebstrap' },
  { command: 'apt-ftparchive', package: 'apt-utils' },
  { command: 'nsenter', package: 'util-linux' },
];
const VM: Tool[] = [
  ...REHEARSAL,
  { command: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  { command: 'qemu-img', package: 'qemu-utils' },
];
/** Nicer with Debian's own, possible without. */
const OPTIONAL: Tool[] = [{ command: 'shellcheck', package: 'shellcheck' }];

/**
 * @param options of vitest. By itself it leaves one processor out: on two, the files of a suite run one after the other. Rehearsals are one
 * program after the other, so that each file keeps its processor busy, and two files on each would only wait for each other.
 */
const vitest = (folder: string, options: string[] = []): Pick<Suite, 'argv' | 'vitest'> => ({
  argv: ['npx', 'vitest', 'run', `tests/${folder}`, '--reporter=dot', '--reporter=json', `--outputFile.json=test-results/${folder}.json`, ...options],
  vitest: folder,
});

const SUITES: Suite[] = [
  { name: 'content', what: 'step contract, ShellCheck, shell parser', needs: [], argv: ['npx', 'node', 'scripts/lint-content.ts'] },
  { name: 'lint', what: 'Biome', needs: [], argv: ['npx', 'biome', 'lint', '--error-on-warnings', '.'] },
  { name: 'types', what: 'astro check', needs: [], argv: ['npx', 'astro', 'check'] },
  { name: 'unit', what: 'pure functions, and the built site', needs: [], ...vitest('unit') },
  { name: 'browser', what: 'pages in Chromium', needs: [CHROMIUM], ...vitest('browser') },
  { name: 'rehearsal', what: 'scripts and checks on throw-away Debian hosts', needs: REHEARSAL, root: true, ...vitest('rehearsal', ['--maxWorkers=100%', '--maxConcurrency=1']) },
  { name: 'paste', what: 'every fence typed into a terminal', needs: REHEARSAL, root: true, ...vitest('paste') },
  { name: 'vm', what: 'GRUB on real file systems, and machines that really reboot', needs: VM, root: true, ...vitest('vm') },
];

interface Result {
  suite: Suite;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  why?: string;
  /** What failed, each with its name and what it says. */
  failures?: string[];
}

const onPath = (command: string): boolean =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((dir) => existsSync(join(dir, command)));

const isRoot = process.getuid?.() === 0;
const hasApt = onPath('apt-get');
const installCommand = (tools: Tool[]): string =>
  `${isRoot ? '' : 'sudo '}apt-get install --no-install-recommends ${[...new Set(tools.map((t) => t.package))].join(' ')}`;

/** Installs what is missing, where that can be done without asking. */
function installMissing(suites: Suite[]): void {
  const missing = [...suites.flatMap((s) => s.needs), ...OPTIONAL].filter((t) => !onPath(t.command));
  if (missing.length === 0 || !isRoot || !hasApt) return;
  const packages = [...new Set(missing.map((t) => t.package))];
  console.log(`installing Debian packages: ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  const r = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: ['ignore', 'ignore', 'inherit'], env });
  // What counts is whether the commands are there now, below; the status alone says little.
  if (r.status !== 0) console.log(`apt-get ended with ${r.status}`);
}

/** Why a suite cannot run here, with the command that would mend it. */
function obstacle(suite: Suite): string | undefined {
  const missing = suite.needs.filter((t) => !onPath(t.command));
  if (missing.length > 0) {
    return `needs ${missing.map((t) => t.command).join(', ')}: ${hasApt ? installCommand(missing) : 'runs on Debian and Ubuntu only'}`;
  }
  if (suite.root && !isRoot) return 'needs root (namespaces and mounts): sudo npm test';
  return undefined;
}

/** What stops a run: Ctrl-C, a service manager, a terminal that goes away. */
const STOPS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
let stopped = false;

function runSuite(suite: Suite): Promise<Result> {
  const started = Date.now();
  const json = suite.vitest ? join(ROOT, `test-results/${suite.vitest}.json`) : undefined;
  if (json) rmSync(json, { force: true });
  console.log(`\n── ${suite.name}: ${suite.what}`);
  const [file, ...args] = suite.argv;
  // Runners that find CI in the environment colour their lines in a pipe as well.
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }) };
  return new Promise((resolve) => {
    // A process group of its own, so that whatever stops this stops every runner below it, also where no terminal does that.
    const child = spawn(file!, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
    const stop = (signal: NodeJS.Signals): void => {
      process.kill(-child.pid!, signal);
      stopped = true;
    };
    for (const signal of STOPS) process.on(signal, stop);
    // A terminal shows progress by itself; a log file must show that long work goes on.
    const beat = setInterval(() => console.log(`   … ${suite.name}, ${Math.round((Date.now() - started) / 1000)} s, load ${loadavg()[0]!.toFixed(1)}`), 60_000);
    child.on('close', (status) => {
      clearInterval(beat);
      for (const signal of STOPS) process.off(signal, stop);
      if (stopped) process.exit(130);
      const seconds = (Date.now() - started) / 1000;
      if (!json) return resolve({ suite, passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0, seconds });
      if (!existsSync(json)) return resolve({ suite, passed: 0, failed: 1, skipped: 0, seconds, why: `the runner ended with ${status} and wrote no result` });
      const report = JSON.parse(readFileSync(json, 'utf8')) as VitestReport;
      resolve({ suite, seconds, ...counts(report, status), failures: failures(report, ROOT) });
    });
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((w) => !SUITES.some((s) => s.name === w));
if (unknown.length > 0 || wanted.includes('--help')) {
  console.error(`unknown suite ${unknown.join(', ')}; there are: ${SUITES.map((s) => s.name).join(', ')}`);
  process.exit(2);
}
const suites = SUITES.filter((s) => wanted.length === 0 || wanted.includes(s.name));
mkdirSync(join(ROOT, 'test-results'), { recursive: true });
installMissing(suites);
// Pages and tests read the compiled scripts.
const built = spawnSync('npx', ['node', 'scripts/build-scripts.ts'], { cwd: ROOT, stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const results: Result[] = [];
for (const suite of suites) {
  const why = obstacle(suite);
  results.push(why ? { suite, passed: 0, failed: 0, skipped: 1, seconds: 0, why } : await runSuite(suite));
}
console.log('\n── summary');
for (const r of results) {
  const word = r.failed > 0 ? 'FAILED' : r.why ? 'skipped' : 'ok';
  console.log(`${word.padEnd(8)} ${r.suite.name.padEnd(10)} ${String(r.passed).padStart(4)} passed ${String(r.failed).padStart(3)} failed ${String(r.skipped).padStart(3)} skipped ${r.seconds.toFixed(0).padStart(5)} s${r.why ? `  ${r.why}` : ''}`);
}
const sum = (key: 'passed' | 'failed' | 'skipped'): number => results.reduce((n, r) => n + r[key], 0);
const failed = results.flatMap((r) => r.failures ?? []);
if (failed.length > 0) console.log(`\nfailed:\n${failed.map((f) => `  ${f}`).join('\n')}\n`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

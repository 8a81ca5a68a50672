/**
 * Builds the site for tests, in a copy of the project, so that neither dist/ nor public/ of the project is touched. Two
 * forms: as it is, and with made-up evidence. A build is kept until one of its inputs changes.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fixtureNames, ROOT } from '../../scripts/lib/project.ts';
import { readContent } from '../../src/model/read.ts';
import { runbooks, understand } from '../../src/runbook/project.ts';
import { sampleEvidence } from './sample-evidence.ts';

const run = promisify(execFile);
const INPUTS = ['content', 'src', 'scripts', 'public', 'tests/fixtures/hosts', 'tests/browser', 'astro.config.mjs', 'package.json', 'tsconfig.json'];
/** Written by build-scripts: outputs, not inputs. */
const GENERATED = ['public/scripts', 'public/schemas'];
const KEPT = join(ROOT, 'node_modules/.cache/trialboot-site');

const filesOf = (path: string): string[] =>
  GENERATED.includes(path)
    ? []
    : readdirSync(join(ROOT, dirname(path)), { withFileTypes: true }).find((e) => e.name === path.split('/').at(-1))?.isDirectory()
      ? readdirSync(join(ROOT, path)).sort().flatMap((name) => filesOf(`${path}/${name}`))
      : [path];

function inputHash(): string {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap(filesOf)) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

async function build(form: 'plain' | 'evidence', target: string): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'trialboot-site-'));
  try {
    for (const file of INPUTS.flatMap(filesOf)) cpSync(join(ROOT, file), join(copy, file));
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    if (form === 'evidence') {
      rmSync(join(copy, 'content/evidence'), { recursive: true, force: true });
      // The other runbooks stay without evidence: both forms of a badge are on the site.
      for (const runbook of runbooks(understand(readContent(copy), fixtureNames(copy))).filter((r) => r.distro.id === 'debian-13')) {
        for (const [id, data] of Object.entries(sampleEvidence(runbook))) {
          const file = join(copy, 'content/evidence', `${id}.json`);
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, JSON.stringify(data));
        }
      }
    }
    const node = (...args: string[]) =>
      run(process.execPath, args, { cwd: copy, env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }, maxBuffer: 1 << 24 });
    await node('scripts/build-scripts.ts');
    // A cache of its own: the one under node_modules belongs to the project's own builds.
    await node('--input-type=module', '-e', `import { build } from 'astro'; await build({ root: ${JSON.stringify(copy)}, cacheDir: './.cache', logLevel: 'warn' });`);
    cpSync(join(copy, 'dist'), `${target}.new`, { recursive: true });
    renameSync(`${target}.new`, target);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`the site does not build:\n${stdout}${stderr || String(error)}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Folder of the built site. Several test files may ask at once: the first builds, the others wait.
 * @param form `plain` is the project as it is; `evidence` has made-up evidence instead of the project's
 */
export async function builtSite(form: 'plain' | 'evidence'): Promise<string> {
  const hash = inputHash();
  const target = join(KEPT, `${hash}-${form}`);
  mkdirSync(KEPT, { recursive: true });
  for (const old of readdirSync(KEPT)) if (!old.startsWith(hash)) rmSync(join(KEPT, old), { recursive: true, force: true });
  while (!existsSync(target)) {
    const release = takeLock(`${target}.lock`);
    if (!release) {
      await sleep(200);
      continue;
    }
    try {
      rmSync(`${target}.new`, { recursive: true, force: true });
      if (!existsSync(target)) await build(form, target);
    } finally {
      release();
    }
  }
  return target;
}

/** Takes a lock folder that names its owner; undefined if a living process has it. */
function takeLock(lock: string): (() => void) | undefined {
  try {
    mkdirSync(lock);
  } catch {
    try {
      process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    } catch (error) {
      // ESRCH: its owner died. Anything else: the owner lives, or has not written its number yet.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(lock, { recursive: true, force: true });
    }
    return undefined;
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  return () => rmSync(lock, { recursive: true, force: true });
}

/** Every file of a site whose name ends so, as paths from its root. */
export const siteFiles = (site: string, end: string): string[] =>
  (readdirSync(site, { recursive: true }) as string[]).filter((f) => f.endsWith(end)).sort();

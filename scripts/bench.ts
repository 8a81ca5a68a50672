/**
 * `npm run bench`: ratios, each measured side by side in one run, interleaved, so that a busy machine slows both sides.
 *
 * - the script's preflight against the bare texts of its steps, one after another, on one rehearsal host (CPU seconds)
 * - a build of the site against a bare Astro + MDX site of the same pages (CPU seconds)
 * - a fresh rehearsal host (wall seconds)
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, requirements } from '../src/lab/host.ts';
import { SCRIPT_PATH } from '../src/lab/lane/stage.ts';
import { compileScript } from '../src/runbook/compile.ts';
import { runbooks } from '../src/runbook/project.ts';
import { loadOrExit, projectVersion, readRuntime, ROOT } from './lib/project.ts';

const ROUNDS = 7;
const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const row = (what: string, ours: string, theirs: string, ratio: string, target: string): void =>
  console.log(`${what.padEnd(34)} ${ours.padStart(14)} ${theirs.padStart(18)} ${ratio.padStart(7)}   ${target}`);

/** CPU seconds of a command inside a host, children included, as bash's own `times` counts them. */
const CPU = (command: string): string =>
  `TIMEFORMAT='%3U %3S'; { time ${command} > /dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'`;

async function preflight(): Promise<void> {
  const runbook = runbooks(loadOrExit()).find((r) => r.distro.id === 'debian-13')!;
  const script = compileScript(runbook, readRuntime(), projectVersion());
  const steps = runbook.steps.filter((s) => s.id.startsWith('preflight.'));
  const host = await createHost('debian-13');
  try {
    await host.copy(SCRIPT_PATH, script.text);
    await host.copy('/root/bare.sh', `set -a\n${steps.filter((s) => s.meta.kind === 'vars').map((s) => s.text).join('\n')}\nset +a\nfor f in /root/bare/*; do bash "$f" < /dev/null; done\n`);
    for (const [i, s] of steps.filter((x) => x.meta.kind !== 'vars').entries()) {
      await host.copy(`/root/bare/${String(i).padStart(3, '0')}`, s.text);
    }
    const sample = async (command: string): Promise<number> => Number((await host.exec(CPU(command))).stdout);
    await sample(`bash ${SCRIPT_PATH} preflight`);
    const ours: number[] = [];
    const bare: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      ours.push(await sample(`bash ${SCRIPT_PATH} preflight`));
      bare.push(await sample('bash /root/bare.sh'));
    }
    row(`preflight, ${steps.length} steps`, `${median(ours).toFixed(2)} CPU s`, `${median(bare).toFixed(2)} CPU s bare`, (median(ours) / median(bare)).toFixed(2), 'target ≤ 1.20, under 3 CPU s');
  } finally {
    await host.destroy();
  }
  const fresh: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const from = performance.now();
    const h = await createHost('debian-13');
    fresh.push((performance.now() - from) / 1000);
    await h.destroy();
  }
  row('fresh rehearsal host', `${median(fresh).toFixed(2)} s`, '', '', 'target < 0.5 s on an idle machine');
}

/** CPU seconds of a build in a folder, from a warm file cache and without Astro's own cache. */
function buildCpu(dir: string): number {
  rmSync(join(dir, 'dist'), { recursive: true, force: true });
  rmSync(join(dir, '.astro'), { recursive: true, force: true });
  rmSync(join(dir, 'node_modules/.astro'), { recursive: true, force: true });
  const r = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time npx astro build > build.log 2>&1`], {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  const [user, system] = r.stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  if (readdirSync(dir).includes('dist')) return user! + system!;
  throw new Error(`the build in ${dir} wrote no dist:\n${readFileSync(join(dir, 'build.log'), 'utf8').slice(-2000)}`);
}

/** A bare Astro + MDX site of the same pages: each runbook page with its steps as plain MDX, no components, no evidence. */
function bareSite(dir: string): void {
  mkdirSync(join(dir, 'src/pages/upgrade'), { recursive: true });
  mkdirSync(join(dir, 'content'), { recursive: true });
  cpSync(join(ROOT, 'content/steps'), join(dir, 'content/steps'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(dir, 'astro.config.mjs'), "import mdx from '@astrojs/mdx';\nexport default { integrations: [mdx()] };\n");
  writeFileSync(
    join(dir, 'src/content.config.ts'),
    "import { glob } from 'astro/loaders';\nimport { defineCollection } from 'astro:content';\nexport const collections = { steps: defineCollection({ loader: glob({ base: 'content/steps', pattern: '**/*.mdx' }) }) };\n",
  );
  const page = `---
import { getCollection, render } from 'astro:content';
const steps = await Promise.all((await getCollection('steps')).map(async (e) => ({ id: e.id, ...(await render(e)) })));
---
<html lang="en"><head><title>x</title></head><body>{steps.map(({ id, Content }) => <section><h2>{id}</h2><Content /></section>)}</body></html>
`;
  for (const id of ['debian-13', 'debian-12']) writeFileSync(join(dir, `src/pages/upgrade/${id}.astro`), page);
  for (const name of ['index', 'scripts', 'evidence', 'distros', '404']) {
    writeFileSync(join(dir, `src/pages/${name}.astro`), `<html lang="en"><head><title>${name}</title></head><body><h1>${name}</h1></body></html>\n`);
  }
}

function site(): void {
  const temp = mkdtempSync(join(tmpdir(), 'trialboot-bench-'));
  try {
    const bare = join(temp, 'bare');
    bareSite(bare);
    const full = join(temp, 'full');
    mkdirSync(full);
    for (const name of ['package.json', 'astro.config.mjs', 'tsconfig.json', 'src', 'content', 'public', 'scripts', 'tests']) {
      cpSync(join(ROOT, name), join(full, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(full, 'node_modules'));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < 3; i++) {
      ours.push(buildCpu(full));
      theirs.push(buildCpu(bare));
    }
    row('site build', `${median(ours).toFixed(1)} CPU s`, `${median(theirs).toFixed(1)} CPU s bare`, (median(ours) / median(theirs)).toFixed(2), 'target ≤ 1.40');
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

const { ok, missing } = await requirements();
row('', 'trialboot', 'beside it', 'ratio', '');
if (ok) await preflight();
else console.log(`rehearsal left out: ${missing.map((m) => `${m.what} (${m.install})`).join('; ')}`);
site();

/** `lab run` and `lab soak`: chooses scenarios, prints what becomes of each, writes the evidence. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cacheDir } from '../../src/lab/cache.ts';
import { writeEvidence } from '../../src/lab/evidence.ts';
import { makeBench, type Bench } from '../../src/lab/scenario/bench.ts';
import { SCENARIOS } from '../../src/lab/scenario/list.ts';
import { runScenario } from '../../src/lab/scenario/run.ts';
import { soak, soakEvidence, soakSummary } from '../../src/lab/scenario/soak.ts';
import type { Scenario } from '../../src/lab/scenario/types.ts';
import { isLayout } from '../../src/lab/vm/layout.ts';
import { VmGone, type Vm } from '../../src/lab/vm/vm.ts';
import { compileScript } from '../../src/runbook/compile.ts';
import { runbooks } from '../../src/runbook/project.ts';
import { loadLenient, projectVersion, readRuntime } from './project.ts';

/** The host whose machines the scenarios run on. */
export const VM_HOST = 'debian-13-vm';

export async function bench(): Promise<Bench> {
  const runbook = runbooks(loadLenient()).find((r) => r.distro.id === 'debian-13')!;
  return makeBench(VM_HOST, runbook, compileScript(runbook, readRuntime(), projectVersion()));
}

/** Scenario names, `short`, or `all`. @throws Error for a name that is none */
function choose(words: readonly string[]): Scenario[] {
  if (words.length === 0) throw new Error('run needs a scenario, short or all; npm run lab -- scenarios lists them');
  return words.flatMap((word) => {
    const found = SCENARIOS.filter((x) => word === 'all' || (word === 'short' && x.short) || x.name === word || x.name.startsWith(`${word}/`));
    if (found.length === 0) throw new Error(`no scenario '${word}'; npm run lab -- scenarios lists them`);
    return found;
  });
}

/** Commands typed line by line into a machine, until `exit` or the end of input. */
async function shell(vm: Vm): Promise<void> {
  console.error(`lab: ${vm.id} is as the scenario left it; one command a line, exit ends it`);
  for (;;) {
    const r = spawnSync('bash', ['-c', 'read -e -r -p "vm# " line && printf "%s" "$line"'], { stdio: ['inherit', 'pipe', 'inherit'] });
    const line = r.stdout.toString();
    if (r.status !== 0 || line === 'exit') return;
    try {
      const out = await vm.exec(line);
      process.stdout.write(out.stdout + out.stderr);
    } catch (error) {
      if (!(error instanceof VmGone)) throw error;
      console.error(error.message);
    }
  }
}

/** Runs scenarios one after the other. @returns the exit status: 0 if all ended as they call for */
export async function runScenarios(root: string, words: readonly string[], o: { layout?: string | undefined; record?: boolean | undefined; keep?: boolean | undefined }): Promise<number> {
  if (o.layout !== undefined && !isLayout(o.layout)) throw new Error(`no layout '${o.layout}'`);
  const shortOnly = words.length === 1 && words[0] === 'short';
  const chosen = choose(words).flatMap((scenario) => (o.layout ? scenario.layouts.filter((l) => l === o.layout) : shortOnly ? scenario.layouts.slice(0, 1) : scenario.layouts).map((layout) => ({ scenario, layout })));
  const b = await bench();
  let bad = 0;
  let boots = 0;
  for (const [i, { scenario, layout }] of chosen.entries()) {
    console.log(`\n── ${i + 1}/${chosen.length} ${scenario.name} on ${layout}: ${scenario.what}`);
    const r = await runScenario(b, scenario, layout, (line) => console.log(`   ${line}`), o.keep ? shell : undefined);
    boots += r.run?.boots?.length ?? 0;
    if (!r.ok) bad += 1;
    console.log(`${r.ok ? 'ok  ' : 'NOT '} ${scenario.name} on ${layout}: ${r.cpuSeconds} CPU s, ${r.wallSeconds} s`);
    if (r.run && r.ok && o.record) console.log(`     wrote ${writeEvidence(root, r.run)}`);
  }
  console.log(`\n${chosen.length - bad} as they must be, ${bad} not; ${boots} boots`);
  return bad > 0 ? 1 : 0;
}

/** Runs a soak or goes on with one. @returns 0 if no machine was lost and all were resumed */
export async function runSoak(root: string, o: { cuts: number; seed: number; layout?: string | undefined; record?: boolean | undefined }): Promise<number> {
  const layout = o.layout ?? 'root-ext4';
  if (!isLayout(layout)) throw new Error(`no layout '${layout}'`);
  if (!Number.isSafeInteger(o.cuts) || o.cuts < 1 || !Number.isSafeInteger(o.seed)) throw new Error('--cuts and --seed are whole numbers');
  const b = await bench();
  const state = await soak(b, layout, { cuts: o.cuts, seed: o.seed, file: join(cacheDir(), `soak-${layout}-${o.seed}.json`) }, (line) => console.log(line));
  console.log(soakSummary(state));
  const good = state.cuts.every((c) => c.ok && c.resumed && c.booted !== '');
  if (o.record && good) console.log(`wrote ${writeEvidence(root, soakEvidence(b, state))}`);
  return good ? 0 : 1;
}

/** `lab run` and `lab soak`: chooses scenarios, prints what becomes of each, writes the evidence. */
import { join } from 'node:path';
import { cacheDir } from '../../src/lab/system/cache.ts';
import { writeEvidence } from '../../src/lab/lane/evidence.ts';
import { makeBench, type Bench } from '../../src/lab/scenario/bench.ts';
import { SCENARIOS } from '../../src/lab/scenario/list.ts';
import { readImage, runbookOfImage } from '../../src/lab/scenario/image.ts';
import { runScenario, startSnapshot, type ScenarioResult } from '../../src/lab/scenario/run.ts';
import { soakEvidence } from '../../src/lab/scenario/soak-evidence.ts';
import { soak, soakHeld, soakSummary } from '../../src/lab/scenario/soak.ts';
import type { Scenario } from '../../src/lab/scenario/types.ts';
import type { VmLayout } from '../../src/model/host.ts';
import { SCRIPT_PATH } from '../../src/lab/lane/stage.ts';
import { isLayout } from '../../src/lab/vm/layout.ts';
import { eachOf, slots } from '../../src/lab/vm/slot.ts';
import { vmRequirements } from '../../src/lab/vm/requirements.ts';
import { attach } from '../../src/lab/vm/shell.ts';
import { createVm, readVmSpec, type Vm } from '../../src/lab/vm/vm.ts';
import { compileScript } from '../../src/runbook/compile.ts';
import { runbooks } from '../../src/runbook/project.ts';
import { loadLenient, projectVersion, readRuntime } from './project.ts';

/** The host whose machines the scenarios run on, if no other is named. */
export const VM_HOST = 'debian-13-vm';

/** What decides on which machines a scenario runs. */
interface On {
  /** A host of the lane vm. */
  host?: string | undefined;
  layout?: string | undefined;
  /** File of a cloud image. */
  image?: string | undefined;
  /** The image's distribution, if it shall not be asked. */
  distro?: string | undefined;
  /** The image's machines may reach the network. */
  internet?: boolean | undefined;
}

/** The bench of the host's own disks, or of an image: with the script of the image's own distribution. */
export async function bench(o: On = {}): Promise<Bench> {
  const books = runbooks(loadLenient());
  const host = o.host ?? VM_HOST;
  const image = o.image === undefined ? undefined : await readImage(o.image, o.internet ?? false);
  const { distro } = readVmSpec(host);
  const runbook = image ? await runbookOfImage(host, image, books, o.distro) : books.find((r) => r.distro.id === distro);
  if (!runbook) throw new Error(`no script is generated for ${distro}`);
  return makeBench(host, runbook, compileScript(runbook, readRuntime(), projectVersion()), image);
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

/** The layout that is asked for. @throws Error when there is none of that name, or when an image has to have one */
function layoutOf(o: On): VmLayout {
  if (o.image === undefined && (o.distro !== undefined || o.internet)) throw new Error('--distro and --internet are for --image');
  if (o.image !== undefined && o.layout !== undefined) throw new Error('--layout and --image exclude each other: an image is laid out as it comes');
  const layout = o.layout ?? 'root-ext4';
  if (!isLayout(layout)) throw new Error(`no layout '${layout}'`);
  return o.image === undefined ? layout : 'image';
}

/** A terminal on a machine, until its shell ends. */
async function shell(vm: Vm): Promise<number> {
  console.error(`lab: a shell on ${vm.id}; the script is ${SCRIPT_PATH}; it may restart; leave with exit`);
  return attach(vm, process.stdin, process.stdout, (line) => console.error(`lab: ${line}`));
}

/** `lab shell` on a host of the vm lane. @param o `stage`: plain, prepared or upgraded; `image`: a cloud image instead of a layout */
export async function vmShell(o: On & { stage?: string | undefined }): Promise<number> {
  const layout = layoutOf(o);
  const stage = o.stage ?? 'plain';
  if (stage !== 'plain' && stage !== 'prepared' && stage !== 'upgraded') throw new Error(`no stage '${stage}' on a virtual machine; there are plain, prepared and upgraded`);
  const b = await bench(o);
  const vm = await createVm(b.hostId, { layout, image: o.image, internet: o.internet, ...(stage === 'plain' ? {} : { from: await startSnapshot(b, layout, stage) }) });
  try {
    if (stage === 'plain') await vm.copy(SCRIPT_PATH, b.script.text, 0o755);
    return await shell(vm);
  } finally {
    await vm.destroy();
  }
}

/**
 * Runs scenarios, as many at a time as machines may run (TRIALBOOT_VMS).
 * @returns the exit status: 0 if all ended as they call for
 */
export async function runScenarios(root: string, words: readonly string[], o: On & { record?: boolean | undefined; keep?: boolean | undefined }): Promise<number> {
  const layout = layoutOf(o);
  const shortOnly = words.length === 1 && words[0] === 'short';
  const spec = readVmSpec(o.host ?? VM_HOST);
  const layoutsOf = (s: Scenario): readonly VmLayout[] => {
    if (spec.shape && !s.rhel) return [];
    if (o.image !== undefined) return [layout];
    const there = s.layouts.filter((l) => (spec.layouts as readonly VmLayout[]).includes(l));
    if (o.layout !== undefined) return there.filter((l) => l === layout);
    return shortOnly ? there.slice(0, 1) : there;
  };
  const chosen = choose(words).flatMap((scenario) => layoutsOf(scenario).map((l) => ({ scenario, layout: l })));
  if (chosen.length === 0) throw new Error(`none of these scenarios runs on ${[spec.id, o.layout].filter(Boolean).join(', ')}; npm run lab -- scenarios lists the layouts of each`);
  const { missing } = await vmRequirements([...new Set(chosen.map((c) => c.layout))]);
  if (missing.length > 0) throw new Error(`this machine cannot run them:\n${missing.map((m) => `  ${m.what}: ${m.install}`).join('\n')}`);
  const b = await bench(o);
  const bad: string[] = [];
  let boots = 0;
  let cpuSeconds = 0;
  const began = Date.now();
  const together = o.keep ? 1 : Math.min(slots(), chosen.length);
  await eachOf(chosen, together, async ({ scenario, layout }, i) => {
    const name = `${scenario.name} on ${layout}`;
    // Lines of machines that run side by side are told apart by their number in the list.
    const say = (line: string): void => console.log(together > 1 ? `${String(i + 1).padStart(3)}  ${line}` : line);
    say(`── ${i + 1}/${chosen.length} ${name}: ${scenario.what}`);
    const r = await runScenario(b, scenario, layout, (line) => say(`   ${line}`), o.keep ? shell : undefined).catch((error: unknown): ScenarioResult => {
      const words = error instanceof Error ? error.message : String(error);
      say(`   NOT   ${words}`);
      return { run: undefined, ok: false, error: words, cpuSeconds: 0, wallSeconds: 0 };
    });
    boots += r.run?.boots?.length ?? 0;
    cpuSeconds += r.cpuSeconds;
    if (!r.ok) bad.push(name);
    say(`${r.ok ? 'ok  ' : 'NOT '} ${name}: ${r.cpuSeconds} CPU s, ${r.wallSeconds} s`);
    if (r.run && r.ok && o.record) say(`     wrote ${writeEvidence(root, r.run)}`);
  });
  console.log(`\n${chosen.length - bad.length} as they must be, ${bad.length} not; ${boots} boots, ${Math.round(cpuSeconds)} CPU s in ${Math.round((Date.now() - began) / 60_000)} min`);
  for (const name of bad) console.log(`NOT  ${name}`);
  return bad.length > 0 ? 1 : 0;
}

/** Runs a soak or goes on with one. @returns 0 if no machine was lost and all were resumed */
export async function runSoak(root: string, o: { cuts: number; seed: number; layout?: string | undefined; record?: boolean | undefined }): Promise<number> {
  const layout = o.layout ?? 'root-ext4';
  if (!isLayout(layout)) throw new Error(`no layout '${layout}'`);
  if (!Number.isSafeInteger(o.cuts) || o.cuts < 1 || !Number.isSafeInteger(o.seed)) throw new Error('--cuts and --seed are whole numbers');
  const b = await bench();
  const state = await soak(b, layout, { cuts: o.cuts, seed: o.seed, file: join(cacheDir(), `soak-${layout}-${o.seed}.json`) }, (line) => console.log(line));
  console.log(soakSummary(state));
  const good = soakHeld(state);
  if (o.record && good) console.log(`wrote ${writeEvidence(root, soakEvidence(b, state))}`);
  return good ? 0 : 1;
}

/**
 * Power cuts at random instants over the whole way: preflight, upgrade, trial, judgement, commit. After each, the machine must come
 * up with a working kernel, and going on as the script says must lead to the good end. A machine goes through several cuts, so
 * that what goes on after a cut is cut itself.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EvidenceBoot, EvidenceCut } from '../../model/evidence.ts';
import type { VmLayout } from '../../model/host.ts';
import { eachOf, slots } from '../vm/slot.ts';
import { accelOf, createVm, readVmSpec } from '../vm/vm.ts';
import type { Bench } from './bench.ts';
import { resume } from './resume.ts';
import { bootEvidence, startSnapshot } from './run.ts';
import { Scene } from './scene.ts';
import { CUTS_PER_MACHINE, machineRandoms, nextCut, type Lengths } from './soak-plan.ts';
import { Way } from './way.ts';

/** What one machine of a soak went through. */
export interface SoakMachine {
  machine: number;
  cuts: EvidenceCut[];
  boots: EvidenceBoot[];
  cpuSeconds: number;
  wallSeconds: number;
  /** Did it come to the good end? */
  ok: boolean;
}

/** What a soak has done so far; kept in a file, so that one that was ended goes on where it was. */
export interface SoakState {
  seed: number;
  layout: VmLayout;
  script: string;
  lengths: Lengths;
  kernels: { old: string; new: string };
  accel: 'tcg' | 'kvm';
  machines: SoakMachine[];
}

async function newMachine(bench: Bench, layout: VmLayout): Promise<Scene> {
  const vm = await createVm(bench.hostId, { layout, from: await startSnapshot(bench, layout, 'prepared') });
  const lines = (await vm.exec('uname -r; cat /var/lib/trialboot/kernel.new')).stdout.trim().split('\n');
  return new Scene(vm, bench.runbook, bench.script, { old: lines[0] ?? '', new: lines[1] ?? '' }, () => undefined);
}

/** Goes the whole way once without a cut and takes the time. */
async function measure(bench: Bench, layout: VmLayout): Promise<Pick<SoakState, 'lengths' | 'kernels'>> {
  const s = await newMachine(bench, layout);
  try {
    const way = new Way(s);
    const began = Date.now();
    await resume(way.command);
    const middle = Date.now();
    await way.toTheEnd();
    return { lengths: { upgrade: middle - began, trial: Date.now() - middle }, kernels: { old: s.oldKernel, new: s.newKernel } };
  } finally {
    await s.vm.destroy();
  }
}

/** What must hold at the good end. @returns findings; empty: it holds */
async function endFindings(s: Scene): Promise<string> {
  const found = [await s.check('commit.default-is-new'), await s.check('rollback.disarmed'), await s.check('upgrade.modules-indexed'), await s.check('upgrade.packages-clean')];
  if ((await s.sh('uname -r')).trim() !== s.newKernel) found.push(`running ${s.bootLine()}`);
  return found.filter((f) => !f.startsWith('PASS')).join('; ');
}

/** Cuts the power and switches it on again. @returns the cut, whose end is not known yet */
async function cutPower(way: Way): Promise<EvidenceCut> {
  const { s } = way;
  const atMs = Math.max(0, Date.now() - way.since);
  const during = await way.during();
  way.stop();
  await s.vm.powerCut();
  s.words.set(s.vm.boots.length, `power cut during ${during}`.slice(0, 400));
  await s.vm.powerOn();
  const cut: EvidenceCut = { n: 1, atMs, during, booted: '', ok: false, resumed: false, words: '' };
  try {
    await s.up(s.vm.boots.length);
    cut.booted = s.vm.boots.at(-1)?.kernel ?? '';
  } catch (error) {
    cut.words = error instanceof Error ? error.message.slice(0, 900) : String(error);
  }
  return cut;
}

/**
 * One machine: cut after cut, then to the end. Never throws for what the machine does after a cut.
 * @throws Error when it does not get as far as the first
 */
async function oneMachine(bench: Bench, state: SoakState, machine: number, told: (cut: EvidenceCut) => void): Promise<SoakMachine> {
  const began = Date.now();
  const next = machineRandoms(state.seed, machine);
  const s = await newMachine(bench, state.layout);
  const cuts: EvidenceCut[] = [];
  let ok = false;
  try {
    let stage = '';
    for (;;) {
      const last = cuts.at(-1);
      const way = new Way(s);
      const cutNow = new AbortController();
      const work = way.toTheEnd().then(() => 'end' as const);
      // A way that was cut off ends with an error nobody waits for.
      work.catch(() => undefined);
      const power = cuts.length < CUTS_PER_MACHINE ? sleep(nextCut(next(), stage, state.lengths), 'cut' as const, { signal: cutNow.signal }) : new Promise<never>(() => undefined);
      power.catch(() => undefined);
      const first = await Promise.race([work, power]).finally(() => cutNow.abort());
      // As far as the next cut or the end: the cut before has been got over.
      if (last) {
        last.resumed = true;
        last.words = way.repairs.length > 0 ? `repaired with ${way.repairs.join(', ')}` : '';
      }
      if (first === 'end') break;
      const cut = await cutPower(way);
      if (last) told(last);
      cuts.push(cut);
      if (cut.booted === '') break;
      stage = (await s.try('cat /var/lib/trialboot/stage 2> /dev/null')).stdout.trim();
    }
    const found = cuts.at(-1)?.booted === '' ? 'lost' : await endFindings(s);
    ok = found === '';
    const last = cuts.at(-1);
    if (!ok && last) last.words = `${last.words} ${found}`.trim().slice(0, 1000);
  } catch (error) {
    const last = cuts.at(-1);
    // Before the first cut nothing has been done to the machine: then it is the lab that does not know its way.
    if (!last) {
      await s.vm.destroy();
      throw error;
    }
    last.words = `${last.words} ${error instanceof Error ? error.message : String(error)}`.trim().slice(0, 1000);
  }
  for (const cut of cuts) cut.ok = ok && cut.resumed && cut.booted !== '';
  const last = cuts.at(-1);
  if (last) told(last);
  const result: SoakMachine = { machine, cuts, boots: bootEvidence(s), cpuSeconds: s.vm.cpuSeconds, wallSeconds: (Date.now() - began) / 1000, ok };
  await s.vm.destroy();
  return result;
}

const save = (file: string, state: SoakState): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 1)}\n`);
  renameSync(`${file}.new`, file);
};

/** All cuts of a soak, numbered. */
export const cutsOf = (state: SoakState): EvidenceCut[] =>
  [...state.machines].sort((a, b) => a.machine - b.machine).flatMap((m) => m.cuts).map((cut, i) => ({ ...cut, n: i + 1 }));

/**
 * Runs a soak, or goes on with one; as many machines at a time as may run (TRIALBOOT_VMS).
 * @param o `cuts`: at least so many; `file`: where its state is kept; a state of another script, seed or layout is begun anew
 * @returns the state with all machines; who calls decides whether that is good
 */
export async function soak(bench: Bench, layout: VmLayout, o: { cuts: number; seed: number; file: string }, told: (line: string) => void): Promise<SoakState> {
  let state: SoakState | undefined = existsSync(o.file) ? (JSON.parse(readFileSync(o.file, 'utf8')) as SoakState) : undefined;
  if (!state || state.seed !== o.seed || state.layout !== layout || state.script !== bench.script.sha256) {
    state = { seed: o.seed, layout, script: bench.script.sha256, accel: await accelOf(readVmSpec(bench.hostId)), machines: [], ...(await measure(bench, layout)) };
    save(o.file, state);
  }
  const s = state;
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  told(`without a cut: upgrade ${seconds(s.lengths.upgrade)} s, trial to commit ${seconds(s.lengths.trial)} s${s.machines.length > 0 ? `; goes on after ${s.machines.length} machines with ${cutsOf(s).length} cuts` : ''}`);
  // A machine may come to its end before all its cuts, so more are kept ready than are needed.
  const open = Array.from({ length: o.cuts }, (_, i) => i + 1).filter((n) => !s.machines.some((m) => m.machine === n));
  let cutting = cutsOf(s).length;
  await eachOf(open, slots(), async (machine) => {
    if (cutsOf(s).length >= o.cuts) return;
    const done = await oneMachine(bench, s, machine, (cut) => {
      cutting += 1;
      const mark = cut.booted === '' ? 'LOST' : cut.resumed ? 'ok  ' : 'NOT ';
      told(`${mark} ${cutting}/${o.cuts} machine ${machine}: cut after ${seconds(cut.atMs)} s of ${cut.during}; booted ${cut.booted || 'nothing'}${cut.resumed ? ', resumed' : ''}${cut.words ? `; ${cut.words}` : ''}`);
    });
    s.machines.push(done);
    save(o.file, s);
    told(`${done.ok ? 'ok  ' : 'NOT '} machine ${machine}: ${done.cuts.length} cuts, ${done.boots.length} boots, ${done.ok ? 'came to its good end' : 'did not come to its good end'} (${Math.round(done.wallSeconds)} s, ${Math.round(done.cpuSeconds)} CPU s)`);
  });
  return s;
}

/** `60 cuts, 60 booted a working kernel, 60 resumed`. */
export const soakSummary = (s: SoakState): string => {
  const cuts = cutsOf(s);
  return `${cuts.length} cuts, ${cuts.filter((c) => c.booted !== '').length} booted a working kernel, ${cuts.filter((c) => c.resumed).length} resumed`;
};

/** Did all machines come to their good end, and was there a cut at all? */
export const soakHeld = (s: SoakState): boolean => s.machines.some((m) => m.cuts.length > 0) && s.machines.every((m) => m.ok && m.cuts.every((c) => c.ok));

/**
 * Power cuts at random instants over the whole way: upgrade, trial, judgement, commit. After each, the machine must come up
 * with a working kernel, and going on as the script says must lead to the good end.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EvidenceBoot, EvidenceCut, EvidenceRun } from '../../model/evidence.ts';
import type { VmLayout } from '../../model/host.ts';
import { accelOf, createVm, readVmSpec, type Vm } from '../vm/vm.ts';
import { inBackground } from './cut.ts';
import { resume } from './resume.ts';
import type { Bench } from './bench.ts';
import { bootEvidence, startSnapshot } from './run.ts';
import { Scene } from './scene.ts';

/** A sequence of numbers in [0, 1) that is the same for the same seed (mulberry32, by Tommy Ettinger, public domain). */
export function randoms(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Milliseconds that the two halves of the way take without a cut on this machine. */
export interface Lengths {
  upgrade: number;
  trial: number;
}

/** The instant of a cut: in which half, and how long after its command began. */
export function instant(fraction: number, l: Lengths): { half: 'upgrade' | 'trial'; afterMs: number } {
  const at = fraction * (l.upgrade + l.trial);
  return at < l.upgrade ? { half: 'upgrade', afterMs: Math.round(at) } : { half: 'trial', afterMs: Math.round(at - l.upgrade) };
}

/** What a soak has done so far; kept in a file, so that one that was ended goes on where it was. */
export interface SoakState {
  seed: number;
  layout: VmLayout;
  script: string;
  lengths: Lengths;
  cuts: EvidenceCut[];
  cpuSeconds: number;
  wallSeconds: number;
  kernels: { old: string; new: string };
  /** The boots of the last cut, as an example. */
  boots: EvidenceBoot[];
  accel: 'tcg' | 'kvm';
}

/** What the machine was doing: the step of the newest line of the journal, and the programs that say more. */
const DURING = `tail -n 1 /var/lib/trialboot/journal.jsonl | sed -n 's/.*"event":"\\([a-z-]*\\)"\\(,"step":"\\([a-z0-9.-]*\\)"\\)\\{0,1\\}.*/\\1 \\3/p'
pgrep -l 'dpkg|mkinitramfs|update-initramf|depmod|grub-mkconfig|sync|apt-get|linux-run-hooks' 2> /dev/null | awk '{ print $2 }' | sort -u | xargs`;

const words = (out: string): string => {
  const [step = '', programs = ''] = out.trim().split('\n');
  return `${step.replace(/^begin /, '').replace(/^step (.*)$/, 'after $1') || 'before the first step'}${programs ? ` (${programs})` : ''}`.slice(0, 200);
};

/** Runs each half once without a cut and takes the time. */
async function measure(bench: Bench, layout: VmLayout, told: (line: string) => void): Promise<{ lengths: Lengths; kernels: { old: string; new: string } }> {
  const lengths: Lengths = { upgrade: 0, trial: 0 };
  let kernels = { old: '', new: '' };
  for (const half of ['upgrade', 'trial'] as const) {
    const vm = await createVm(bench.hostId, { layout, from: await startSnapshot(bench, layout, half === 'upgrade' ? 'prepared' : 'upgraded') });
    try {
      kernels = await kernelsOf(vm);
      const s = new Scene(vm, bench.runbook, bench.script, kernels, () => undefined);
      const began = Date.now();
      if (half === 'upgrade') await s.command('upgrade --yes');
      else {
        await s.trial();
        await s.up(2);
        await s.stage('committed');
      }
      lengths[half] = Date.now() - began;
    } finally {
      await vm.destroy();
    }
  }
  told(`without a cut: upgrade ${(lengths.upgrade / 1000).toFixed(0)} s, trial to commit ${(lengths.trial / 1000).toFixed(0)} s`);
  return { lengths, kernels };
}

async function kernelsOf(vm: Vm): Promise<{ old: string; new: string }> {
  const lines = (await vm.exec('uname -r; cat /var/lib/trialboot/kernel.new')).stdout.trim().split('\n');
  return { old: lines[0] ?? '', new: lines[1] ?? '' };
}

/** One cut on a machine of its own. */
async function oneCut(bench: Bench, state: SoakState, n: number, fraction: number): Promise<{ cut: EvidenceCut; cpu: number; boots: EvidenceBoot[] }> {
  const { half, afterMs } = instant(fraction, state.lengths);
  const vm = await createVm(bench.hostId, { layout: state.layout, from: await startSnapshot(bench, state.layout, half === 'upgrade' ? 'prepared' : 'upgraded') });
  const s = new Scene(vm, bench.runbook, bench.script, state.kernels, () => undefined);
  const cut: EvidenceCut = { n, atMs: afterMs, during: half, booted: '', ok: false, resumed: false, words: '' };
  try {
    await inBackground(s, `${half} --yes`);
    await sleep(afterMs);
    // A machine that is just restarting answers nobody: then the cut hits firmware, GRUB or an early kernel.
    const during = await s.try(DURING, 3000).then((r) => words(r.stdout), () => `${half}: ${vm.boots.at(-1)?.kernel ? `${s.role(vm.boots.length)} kernel starting` : 'firmware or GRUB'}`);
    cut.during = `${half}: ${during.replace(`${half}: `, '')}`;
    await vm.powerCut();
    await vm.powerOn();
    const cutBoots = vm.boots.length;
    await s.up(cutBoots);
    cut.booted = vm.boots[cutBoots - 1]?.kernel ?? '';
    const stageOf = async (): Promise<string> => (await s.try('cat /var/lib/trialboot/stage')).stdout.trim();
    await s.try('timeout 180 systemctl is-system-running --wait', 200_000);
    if (half === 'upgrade') {
      const repairs = await resume(s);
      cut.words = repairs.length > 0 ? `repaired with ${repairs.join(', ')}` : '';
    } else {
      await s.until('the machine settles', () => true);
      for (let i = 0; i < 60 && !['fell-back', 'committed', 'installed'].includes(await stageOf()); i += 1) await sleep(1000);
    }
    if ((await stageOf()) !== 'committed') {
      await s.trial();
      await s.up(vm.boots.length + (vm.boots.at(-1)?.end === undefined ? 1 : 0));
      await s.stage('committed');
    }
    cut.resumed = true;
    const stays = await s.check('commit.default-is-new');
    const clean = await s.check('rollback.disarmed');
    cut.ok = stays.startsWith('PASS') && clean.startsWith('PASS');
    if (!cut.ok) cut.words += ` ${stays}; ${clean}`;
  } catch (error) {
    cut.words = `${cut.words} ${error instanceof Error ? error.message : String(error)}`.trim().slice(0, 400);
  }
  const cpu = vm.cpuSeconds;
  const boots = bootEvidence(s);
  await vm.destroy();
  return { cut, cpu, boots };
}

const save = (file: string, state: SoakState): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 1)}\n`);
  renameSync(`${file}.new`, file);
};

/**
 * Runs a soak, or goes on with one.
 * @param o `file`: where its state is kept; a state of another script, seed or layout is begun anew
 * @returns the state with all cuts; who calls decides whether that is good
 */
export async function soak(bench: Bench, layout: VmLayout, o: { cuts: number; seed: number; file: string }, told: (line: string) => void): Promise<SoakState> {
  let state: SoakState | undefined = existsSync(o.file) ? (JSON.parse(readFileSync(o.file, 'utf8')) as SoakState) : undefined;
  if (!state || state.seed !== o.seed || state.layout !== layout || state.script !== bench.script.sha256) {
    state = { seed: o.seed, layout, script: bench.script.sha256, cuts: [], cpuSeconds: 0, wallSeconds: 0, boots: [], accel: await accelOf(readVmSpec(bench.hostId)), ...(await measure(bench, layout, told)) };
    save(o.file, state);
  }
  const next = randoms(o.seed);
  for (let n = 1; n <= o.cuts; n += 1) {
    const fraction = next();
    if (n <= state.cuts.length) continue;
    const began = Date.now();
    const { cut, cpu, boots } = await oneCut(bench, state, n, fraction);
    state.cuts.push(cut);
    state.cpuSeconds += cpu;
    state.wallSeconds += (Date.now() - began) / 1000;
    state.boots = boots;
    save(o.file, state);
    const mark = cut.ok ? 'ok  ' : cut.booted ? 'NOT ' : 'LOST';
    told(`${mark} ${n}/${o.cuts} cut after ${(cut.atMs / 1000).toFixed(1)} s, ${cut.during}; booted ${cut.booted || 'nothing'}${cut.resumed ? ', resumed' : ''}${cut.words ? `; ${cut.words}` : ''} (${Math.round((Date.now() - began) / 1000)} s, ${Math.round(cpu)} CPU s)`);
  }
  return state;
}

/** `60 cuts, 60 booted a working kernel, 60 resumed`. */
export const soakSummary = (s: SoakState): string =>
  `${s.cuts.length} cuts, ${s.cuts.filter((c) => c.booted !== '').length} booted a working kernel, ${s.cuts.filter((c) => c.resumed).length} resumed`;

/** A soak as evidence. The boots are those of its last cut. */
export const soakEvidence = (bench: Bench, s: SoakState): EvidenceRun => ({
  format_version: 1,
  host: bench.hostId,
  distro: bench.runbook.distro.id,
  lane: 'vm',
  scenario: 'soak/power-cuts',
  layout: s.layout,
  what: 'Power cuts at random instants over the whole way, from the first write of the upgrade to the commit. After each the machine must boot, and the script must lead on to the good end.',
  accel: s.accel,
  seed: s.seed,
  date: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  result: s.cuts.every((c) => c.ok && c.resumed && c.booted !== '') ? 'pass' : 'fail',
  kernelBefore: s.kernels.old,
  kernelAfter: s.boots.at(-1)?.kernel ?? '',
  cpuSeconds: Math.round(s.cpuSeconds),
  wallSeconds: Math.round(s.wallSeconds),
  real: bench.real,
  standIn: bench.standIn,
  tools: bench.tools,
  script: { version: bench.script.version, sha256: bench.script.sha256 },
  boots: s.boots,
  cuts: s.cuts,
  assertions: [
    { words: 'after every cut the machine came up with a working kernel', ok: s.cuts.every((c) => c.booted !== ''), found: soakSummary(s) },
    { words: 'after every cut the upgrade was brought to its good end: the new kernel committed, no trace of the trial', ok: s.cuts.every((c) => c.ok && c.resumed), found: soakSummary(s) },
  ],
  steps: [],
});

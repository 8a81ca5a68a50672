/** The probe lane: boots each kernel once, asks it all probes, shows what it can do, and compares with what the steps promise. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EvidenceAssertion, EvidenceBoot, EvidenceRun } from '../../model/evidence.ts';
import type { VmHostSpec } from '../../model/host.ts';
import type { Runbook } from '../../runbook/select.ts';
import type { Step } from '../../runbook/step.ts';
import { qemuVersion } from '../vm/qemu.ts';
import { readVmSpec, type Vm } from '../vm/vm.ts';
import { askAll, askedEvidence, type Asked } from './ask.ts';
import { type Demo, type DemoBoot, Show } from './demo.ts';
import { KERNELS, KERNEL_FOLDER, type KernelSeries, packedKernel } from './kernels.ts';
import { startKernel } from './machine.ts';
import { probeTree, type ProbeTree } from './tree.ts';

/** How long a show that boots by itself may take to come to its end. */
const SHOW_MS = 240_000;

/** What is real here, besides what the host's description says that holds here too. */
const REAL = ['A whole Debian 13 machine in QEMU, with its own disk and memory.'];
/** What is a stand-in here, besides the same. */
const STAND_IN = [
  'The kernel is started by QEMU itself, with its initramfs and its command line; GRUB takes no part.',
  'All kernels run on the same Debian 13 root. The demonstrations use programs of Debian testing (xfsprogs, erofs-utils) in a root of their own.',
  'Linux 7.0.13 is an image of Debian\'s with a part of its modules, unpacked instead of installed: no package on the machine owns it.',
  'The system was unpacked by mmdebstrap, and its kernels were installed with their initramfs in a chroot.',
  "The lab's agent runs as root on the machine: one small service that takes commands from a virtio port. There is no ssh and no logind.",
];
/** Sentences of the host's description that are not true of these machines: they are started without boot loader and package source, and have a bus. */
const ELSEWHERE = /GRUB|partitions|reboot|boot sector|package source|power cut|D-Bus/;

export interface LaneOptions {
  probes: readonly Step[];
  demos: readonly Demo[];
  series: readonly KernelSeries[];
}

export interface LaneResult {
  /** One for each kernel that was asked, then one for each demonstration. */
  runs: EvidenceRun[];
  /** Kernels that could not be had. */
  notMeasured: KernelSeries[];
  wrong: string[];
  cpuSeconds: number;
}

/** What was used and seen of one boot. */
interface Seen {
  release: string;
  boot: EvidenceBoot;
  cpuSeconds: number;
  wallSeconds: number;
}

interface Shown extends Seen {
  show: Show;
}

const round = (n: number): number => Math.round(n * 10) / 10;

/**
 * The boot as evidence. Its end is the end of the run: a machine that has answered is switched off.
 * @param upMs when it answered, where the lab's agent does not say so
 */
function bootOf(vm: Vm, series: KernelSeries, release: string, words: string, upMs: number): EvidenceBoot {
  const boot = vm.boots[0];
  return {
    kernel: boot?.kernel ?? release,
    role: Number(series) >= 7 ? 'new' : 'old',
    entry: 'direct',
    cause: 'power-on',
    atMs: 0,
    upMs: boot?.helloMs ?? upMs,
    endMs: null,
    words,
  };
}

/** Boots of several machines, one after the other, in one line of time. */
function inARow(seen: readonly Seen[]): EvidenceBoot[] {
  let from = 0;
  return seen.map(({ boot, wallSeconds }) => {
    const at = from;
    from += Math.ceil(wallSeconds * 1000);
    return { ...boot, atMs: at, upMs: boot.upMs === null ? null : Math.min(at + boot.upMs, from), endMs: from };
  });
}

/** The probe lane on one host. */
export class ProbeLane {
  readonly #spec: VmHostSpec;
  readonly #runbook: Runbook;
  readonly #o: LaneOptions;
  readonly #told: (line: string) => void;
  readonly #wrong: string[] = [];
  readonly #shown = new Map<Demo, Shown[]>();
  /** Demonstrations that lack a machine which did not come up. */
  readonly #incomplete = new Set<Demo>();
  #cpu = 0;

  constructor(hostId: string, runbook: Runbook, o: LaneOptions, told: (line: string) => void) {
    this.#spec = readVmSpec(hostId);
    this.#runbook = runbook;
    this.#o = o;
    this.#told = told;
  }

  /** Runs it. Never throws for what a kernel answers; `wrong` has it then. */
  async run(): Promise<LaneResult> {
    const packed = await packedKernel('7.0');
    const tree = await probeTree(this.#spec, packed);
    const runs: EvidenceRun[] = [];
    const notMeasured: KernelSeries[] = [];
    for (const series of this.#o.series) {
      if (!tree.kernels[series]) {
        notMeasured.push(series);
        this.#told(`${series}: not measured; ${KERNELS[series]}. ${KERNEL_FOLDER} names the folder`);
        continue;
      }
      const shared = this.#o.demos.filter((d) => d.boots === undefined);
      if (this.#o.probes.length > 0 || shared.length > 0) await this.#orTell(series, shared, async () => runs.push(...(await this.#kernel(tree, series, shared))));
      for (const demo of this.#o.demos) for (const boot of demo.boots ?? []) await this.#orTell(`${demo.name} on ${series}`, [demo], () => this.#ownBoot(tree, series, demo, boot));
    }
    for (const [demo, shown] of this.#shown) if (!this.#incomplete.has(demo)) runs.push(await this.#demoRun(demo, shown));
    return { runs, notMeasured, wrong: this.#wrong, cpuSeconds: round(this.#cpu) };
  }

  /** Does a piece of work that must not take the others along when its machine does not come up. @param concerned what is incomplete then */
  async #orTell(what: string, concerned: readonly Demo[], work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => {
      const words = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      this.#told(`NOT   ${words}`);
      this.#wrong.push(words);
      for (const demo of concerned) this.#incomplete.add(demo);
    });
  }

  /** One boot of a kernel, for the probes and for the demonstrations that need no boot of their own. @returns the run of the probes, if any were asked */
  async #kernel(tree: ProbeTree, series: KernelSeries, shared: readonly Demo[]): Promise<EvidenceRun[]> {
    const { release } = tree.kernels[series]!;
    const runs: EvidenceRun[] = [];
    const began = Date.now();
    const vm = await startKernel(this.#spec, tree, { series });
    try {
      await vm.up(1);
      const upMs = Date.now() - began;
      await vm.exec('timeout 120 systemctl is-system-running --wait', { timeoutMs: 180_000 });
      const seen = (words: string): Seen => ({ release, boot: bootOf(vm, series, release, words, upMs), cpuSeconds: round(vm.cpuSeconds), wallSeconds: round((Date.now() - began) / 1000) });
      this.#told(`${release}: up after ${seen('').cpuSeconds} CPU s`);
      if (this.#o.probes.length > 0) {
        const running = (await vm.exec('uname -r')).stdout.trim();
        const answers = await askAll(vm, series, this.#o.probes, (a) => this.#answer(release, a));
        runs.push(await this.#askedRun(vm, series, running, answers, seen(`asked ${answers.length} times`), began));
      }
      for (const demo of shared) {
        const before = vm.cpuSeconds;
        const from = Date.now();
        const show = await this.#play(demo, vm, series, release, '');
        this.#add(demo, { ...seen('shown'), cpuSeconds: round(vm.cpuSeconds - before), wallSeconds: round((Date.now() - from) / 1000) + (seen('').boot.upMs ?? 0) / 1000, show });
      }
      this.#cpu += vm.cpuSeconds;
      return runs;
    } finally {
      await vm.destroy();
    }
  }

  #answer(release: string, a: Asked): void {
    const ok = a.actual === a.expected;
    this.#told(`${ok ? 'ok   ' : 'NOT  '} ${a.actual} ${a.step.id}${a.sight === 'whole' ? '' : ` (${a.sight})`}: ${a.line}${ok ? '' : `; expected ${a.expected}${a.stderr ? `\n${a.stderr.replace(/^/gm, '      | ')}` : ''}`}`);
    if (!ok) this.#wrong.push(`${release}: ${a.step.id}${a.sight === 'whole' ? '' : ` (${a.sight})`} says ${a.actual}, expected ${a.expected}: ${a.line}`);
  }

  async #play(demo: Demo, vm: Vm, series: KernelSeries, release: string, args: string): Promise<Show> {
    this.#told(`── ${release}: ${demo.name}${args ? ` with ${args}` : ''}`);
    const show = new Show(vm, series, release, args, (line) => this.#told(`   ${line}`));
    await demo.play(show).catch((error: unknown) => show.expect('it goes to its end', false, error instanceof Error ? error.message : String(error)));
    for (const a of show.assertions.filter((x) => !x.ok)) this.#wrong.push(`${demo.name}: ${a.words}; found: ${a.found.slice(0, 300)}`);
    return show;
  }

  async #ownBoot(tree: ProbeTree, series: KernelSeries, demo: Demo, boot: DemoBoot): Promise<void> {
    const { release } = tree.kernels[series]!;
    const initrd = await boot.initrd?.(tree, series);
    const began = Date.now();
    const vm = await startKernel(this.#spec, tree, { series, arguments: boot.arguments, ...(initrd ? { initrd } : {}) });
    try {
      if (initrd) {
        const end = Date.now() + SHOW_MS;
        while (!vm.serialText().includes('SHOW END') && Date.now() < end) await sleep(200);
      } else await vm.up(1);
      const upMs = Date.now() - began;
      const show = await this.#play(demo, vm, series, release, boot.arguments);
      this.#cpu += vm.cpuSeconds;
      this.#add(demo, { release, boot: bootOf(vm, series, release, `booted with ${boot.arguments}`, upMs), cpuSeconds: round(vm.cpuSeconds), wallSeconds: round((Date.now() - began) / 1000), show });
    } finally {
      await vm.destroy();
    }
  }

  #add(demo: Demo, shown: Shown): void {
    this.#shown.set(demo, [...(this.#shown.get(demo) ?? []), shown]);
  }

  /** What every run of this lane says. */
  async #common(began: number): Promise<Pick<EvidenceRun, 'format_version' | 'host' | 'distro' | 'lane' | 'layout' | 'date' | 'real' | 'standIn' | 'tools'>> {
    return {
      format_version: 1,
      host: this.#spec.id,
      distro: this.#runbook.distro.id,
      lane: 'vm',
      layout: 'root-ext4',
      date: new Date(began).toISOString().replace(/\.\d+Z$/, 'Z'),
      real: [...REAL, ...this.#spec.real.filter((line) => !ELSEWHERE.test(line))],
      standIn: [...STAND_IN, ...this.#spec.standIn.filter((line) => !ELSEWHERE.test(line))],
      tools: { qemu: /version (\S+)/.exec(await qemuVersion())?.[1] ?? '' },
    };
  }

  async #askedRun(vm: Vm, series: KernelSeries, running: string, answers: readonly Asked[], seen: Seen, began: number): Promise<EvidenceRun> {
    const count = (sight: Asked['sight'], ok?: boolean): number => answers.filter((a) => a.sight === sight && (ok === undefined || (a.actual === a.expected) === ok)).length;
    const all = (sight: Asked['sight'], words: string): EvidenceAssertion[] =>
      count(sight) === 0 ? [] : [{ words, ok: count(sight) === count(sight, true), found: `${count(sight, true)} of ${count(sight)}` }];
    const assertions: EvidenceAssertion[] = [
      { words: `the running kernel is ${seen.release}`, ok: running === seen.release, found: running },
      ...all('whole', 'every probe says of this kernel what it must'),
      ...all('blind', 'every probe whose input was taken away says so, and none passes'),
      ...all('red', 'a probe that all kernels pass is red once its input is altered'),
    ];
    return {
      ...(await this.#common(began)),
      scenario: `probe/kernel-${series.replace('.', '-')}`,
      what: `Linux ${seen.release} is asked by every probe what it has; then each is asked again without what it reads.`,
      accel: vm.accel,
      result: assertions.every((a) => a.ok) ? 'pass' : 'fail',
      kernelBefore: seen.release,
      kernelAfter: seen.release,
      cpuSeconds: seen.cpuSeconds,
      wallSeconds: seen.wallSeconds,
      boots: [seen.boot],
      assertions,
      steps: answers.map(askedEvidence),
    };
  }

  async #demoRun(demo: Demo, shown: readonly Shown[]): Promise<EvidenceRun> {
    const assertions = shown.flatMap((s) => s.show.assertions);
    const sum = (of: (s: Shown) => number): number => round(shown.reduce((n, s) => n + of(s), 0));
    return {
      ...(await this.#common(Date.now())),
      scenario: demo.name,
      what: demo.what,
      accel: shown[0]!.show.vm.accel,
      result: assertions.length > 0 && assertions.every((a) => a.ok) ? 'pass' : 'fail',
      kernelBefore: shown[0]!.release,
      kernelAfter: shown.at(-1)!.release,
      cpuSeconds: sum((s) => s.cpuSeconds),
      wallSeconds: sum((s) => s.wallSeconds),
      boots: inARow(shown),
      assertions,
      transcripts: [...Map.groupBy(shown, (s) => s.release)].map(([kernel, of]) => ({ kernel, text: of.map((s) => s.show.transcript).join('\n\n').slice(0, 20_000) })),
      steps: [],
    };
  }
}


/** Runs a scenario on a machine made from a snapshot, and turns what was seen into evidence. */
import type { EvidenceBoot, EvidenceRun } from '../../model/evidence.ts';
import type { VmLayout } from '../../model/host.ts';
import { withoutNoise } from '../lane/evidence.ts';
import { runScript, SCRIPT_PATH } from '../lane/stage.ts';
import { cachedSnapshot, createVm, type Snapshot, type Vm } from '../vm/vm.ts';
import type { Bench } from './bench.ts';
import { Scene } from './scene.ts';
import type { Scenario, Start } from './types.ts';

/** Preflight findings that a lab machine has by its storage, with the reason that is reported. */
const ACCEPT: Partial<Record<VmLayout, string>> = {
  lvm: `--accept preflight.grub-writes="the lab takes the manual way here"`,
  btrfs: `--accept preflight.grub-writes="the lab takes the manual way here"`,
};

/** Longest part of the console that a run carries, in characters. */
const SERIAL_LIMIT = 6000;

export interface ScenarioResult {
  /** Undefined when the machine could not even be made. */
  run: EvidenceRun | undefined;
  ok: boolean;
  /** Why it did not go to its end; undefined when it did. */
  error: string | undefined;
  cpuSeconds: number;
  wallSeconds: number;
}

/**
 * The snapshot of a running machine in a state that scenarios start from. Made once for each script and layout.
 */
export async function startSnapshot(bench: Bench, layout: VmLayout, start: Start): Promise<Snapshot> {
  const { hostId, script } = bench;
  const inputs = { script: script.sha256 };
  const disk = { image: bench.image?.file, internet: bench.image?.internet };
  const prepared = await cachedSnapshot(hostId, layout, 'prepared', inputs, async (vm) => {
    await vm.copy(SCRIPT_PATH, script.text, 0o755);
    await vm.exec('timeout 120 systemctl is-system-running --wait', { timeoutMs: 180_000 });
    await runScript(vm, `preflight ${ACCEPT[layout] ?? ''}`, [0, 1], 900_000);
  }, disk);
  if (start === 'prepared') return prepared;
  return cachedSnapshot(hostId, layout, 'upgraded', inputs, (vm) => runScript(vm, 'upgrade --yes', [0, 1], 1_500_000).then(() => undefined), { on: prepared, internet: disk.internet });
}

/** The boots as evidence: from the machine's own record, with the words of the scenario. */
export function bootEvidence(s: Scene): EvidenceBoot[] {
  const zero = s.vm.boots[0]?.startedMs ?? 0;
  const at = (ms: number | undefined): number | null => (ms === undefined ? null : Math.max(0, Math.round(ms - zero)));
  return s.vm.boots.map((b, i): EvidenceBoot => {
    const n = i + 1;
    const role = s.role(n);
    return {
      kernel: role === 'none' ? '' : (b.kernel ?? ''),
      role,
      entry: s.entry(n),
      cause: b.cause,
      atMs: at(b.startedMs)!,
      upMs: b.restored ? 0 : at(b.helloMs),
      endMs: at(b.endedMs),
      words: [s.words.get(n), b.end === 'panic' ? b.lastWords : undefined].filter((w) => w).join('; ').slice(0, 400),
    };
  });
}

/** The decisive part of the console: the last lines of the boot that was the trial, else of the first. */
function serialEvidence(vm: Vm, newKernel: string): string {
  const text = withoutNoise(vm.serialText());
  const from = text.lastIndexOf(`Linux version ${newKernel}`);
  if (from < 0) return '';
  const rest = text.slice(from);
  const next = rest.search(/\nSeaBIOS|\nBdsDxe|\n[^\n]*GNU GRUB/);
  return (next < 0 ? rest : rest.slice(0, next)).slice(-SERIAL_LIMIT);
}

/**
 * Plays one scenario. Each line told begins with the CPU seconds that the machine has used so far. Never throws for what the scenario finds; `ok` is false then, and `error` or an assertion says why.
 * @param keep the machine is left running for {@link ScenarioResult.run} to be looked into; the caller destroys it
 */
export async function runScenario(bench: Bench, scenario: Scenario, layout: VmLayout, told: (line: string) => void, keep?: (vm: Vm) => Promise<unknown>): Promise<ScenarioResult> {
  const began = Date.now();
  const snapshot = await startSnapshot(bench, layout, scenario.start);
  const from = Date.now();
  const vm = await createVm(bench.hostId, { layout, from: snapshot, internet: bench.image?.internet });
  let error: string | undefined;
  let scene: Scene | undefined;
  const say = (line: string): void => told(`${vm.cpuSeconds.toFixed(0).padStart(4)} CPU s  ${line}`);
  try {
    const kernels = (await vm.exec('uname -r; cat /var/lib/trialboot/kernel.new')).stdout.trim().split('\n');
    scene = new Scene(vm, bench.runbook, bench.script, { old: kernels[0] ?? '', new: kernels[1] ?? '' }, say);
    try {
      await scenario.play(scene);
    } catch (e) {
      error = e instanceof Error ? e.message : String(e);
      say(`NOT   ${error}`);
    }
    const ok = error === undefined && scene.assertions.length > 0 && scene.assertions.every((a) => a.ok);
    const boots = bootEvidence(scene);
    const cpuSeconds = Math.round((vm.cpuSeconds) * 10) / 10;
    const wallSeconds = Math.round((Date.now() - from) / 100) / 10;
    const serial = serialEvidence(vm, scene.newKernel);
    const run: EvidenceRun = {
      format_version: 1,
      host: bench.recordedAs,
      distro: bench.runbook.distro.id,
      lane: 'vm',
      scenario: scenario.name,
      layout,
      what: scenario.what,
      accel: vm.accel,
      date: new Date(began).toISOString().replace(/\.\d+Z$/, 'Z'),
      result: ok ? 'pass' : 'fail',
      kernelBefore: scene.oldKernel,
      kernelAfter: boots.at(-1)?.kernel ?? '',
      cpuSeconds,
      wallSeconds,
      real: bench.real,
      standIn: bench.standIn,
      tools: bench.tools,
      script: { version: bench.script.version, sha256: bench.script.sha256 },
      boots,
      assertions: scene.assertions,
      ...(serial ? { serial } : {}),
      steps: scene.steps,
    };
    if (keep) await keep(vm);
    return { run, ok, error, cpuSeconds, wallSeconds };
  } finally {
    await vm.destroy();
  }
}

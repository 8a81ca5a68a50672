/** Runs every lane of a host and writes what happened as evidence. */
import { readFileSync } from 'node:fs';
import { type Phase, phaseOf } from '../../model/id.ts';
import { readContent } from '../../model/read.ts';
import { type EvidenceRun, type EvidenceStep, MENDED } from '../../model/evidence.ts';
import type { Script } from '../../runbook/compile.ts';
import type { Runbook } from '../../runbook/select.ts';
import { withoutNoise, writeEvidence } from './evidence.ts';
import { fixtureCases, runCases } from './fixture.ts';
import { createHost } from '../host.ts';
import { runHarden } from './harden.ts';
import { runHousekeeping } from './housekeeping.ts';
import type { PasteOptions } from './paste.ts';
import { runPastePath } from './paste-path.ts';
import { runPath } from './path.ts';
import { mendCases, mended, runMend } from './repair.ts';
import { StageBuilder } from './stage.ts';
import { runWayBack } from './way-back.ts';

/** Terminals in which every fence is typed. The non-English locale is one that apt and dpkg are translated into. */
export const PASTE_CONFIGURATIONS: PasteOptions[] = [
  { user: 'root', bracketed: true, locale: 'C.UTF-8' },
  { user: 'admin', bracketed: false, locale: 'de_DE.UTF-8' },
  { user: 'root', bracketed: false, locale: 'C.UTF-8' },
  { user: 'admin', bracketed: true, locale: 'de_DE.UTF-8' },
];

/** `paste/root-bracketed` and so on. */
export const pasteScenario = (o: PasteOptions): string => `paste/${o.user}-${o.bracketed ? 'bracketed' : 'line-by-line'}`;

/** CPU seconds of this process and of all its children that have ended, from proc_pid_stat(5); one tick is 10 ms on Linux. */
const cpu = (): number => {
  const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /s, '').split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
};

/** Packages whose versions a run names. */
const TOOLS = ['apt', 'dpkg', 'bash', 'initramfs-tools', 'dracut-core', 'grub-common', 'linux-base', 'kmod', 'dkms', 'systemd', 'dnf', 'rpm', 'pacman-package-manager'];

async function toolVersions(hostId: string): Promise<Record<string, string>> {
  const host = await createHost(hostId);
  try {
    // dpkg's own record: dpkg itself is not there on a host of the RHEL family, whose tools are Debian's builds too.
    const r = await host.exec(`awk '$1 == "Package:" { p = $2 } $1 == "Status:" { s = $4 }
      $1 == "Version:" && s == "installed" && p ~ /^(${TOOLS.join('|')})$/ { print p, $2 }' /var/lib/dpkg/status`);
    return Object.fromEntries(
      r.stdout
        .trim()
        .split('\n')
        .map((l) => l.split(' ') as [string, string]),
    );
  } finally {
    await host.destroy();
  }
}

export const RECORD_LANES = ['path', 'way-back', 'paste', 'housekeeping', 'harden', 'repair', 'fixture'] as const;
export type RecordLane = (typeof RECORD_LANES)[number];

/** The kernels of the host's recorded path, for a lane that is recorded without it. */
function recordedKernels(root: string, hostId: string): { before: string; after: string } {
  const run = readContent(root).evidence.find((e) => e.data.host === hostId && e.data.scenario === PATH)?.data;
  if (!run) throw new Error(`no ${PATH} of ${hostId} is recorded yet; record the lane path first`);
  return { before: run.kernelBefore, after: run.kernelAfter };
}

const PATH = 'path/upgrade-and-back';
const WEEK_LATER = 'path/a-week-later';
const WAY_BACK = 'path/back-from-each-state';
const HARDEN = 'path/less-exposed-and-back';

/**
 * Records a host: path, ways back, paste, housekeeping, harden, repairs, fixtures, or some of these. Evidence is written only for a lane that ended as documented.
 * @param phase fixtures: the checks of this phase only, as a run of their own; absent: all
 * @throws Error naming the first lane that did not
 */
export async function recordHost(root: string, hostId: string, runbook: Runbook, script: Script, lanes: readonly RecordLane[], told: (line: string) => void, phase?: Phase): Promise<void> {
  const spec = readContent(root).hosts.find((h) => h.id === hostId)?.data;
  if (!spec) throw new Error(`no host ${hostId}`);
  const tools = await toolVersions(hostId);
  const write = (
    lane: EvidenceRun['lane'],
    scenario: string,
    kernels: { before: string; after: string },
    cpuSeconds: number,
    steps: EvidenceStep[],
  ): void => {
    const path = writeEvidence(root, {
      format_version: 1,
      host: hostId,
      distro: runbook.distro.id,
      lane,
      scenario,
      date: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      result: 'pass',
      kernelBefore: kernels.before,
      kernelAfter: kernels.after,
      cpuSeconds: Math.round(cpuSeconds * 10) / 10,
      real: spec.real,
      standIn: spec.standIn,
      tools,
      script: { version: script.version, sha256: script.sha256 },
      steps,
    });
    told(`wrote ${path}`);
  };

  let from = cpu();
  let kernels: { before: string; after: string } | undefined;
  if (lanes.includes('path')) {
    const path = await runPath(hostId, script, (line) => told(`path: ${line}`));
    if (path.faults.length > 0) throw new Error(`path: ${path.faults.join('\n')}`);
    kernels = { before: path.kernelBefore, after: path.kernelAfter };
    write('rehearsal', PATH, kernels, cpu() - from, path.steps);
  }

  if (lanes.includes('way-back')) {
    from = cpu();
    const run = await runWayBack(new StageBuilder(hostId, script), (line) => told(`way back ${line}`));
    if (run.faults.length > 0) throw new Error(`way back ${run.faults.join('\n')}`);
    write('rehearsal', WAY_BACK, { before: run.kernel, after: run.kernel }, cpu() - from, run.steps);
  }

  for (const options of lanes.includes('paste') ? PASTE_CONFIGURATIONS : []) {
    from = cpu();
    const run = await runPastePath(hostId, runbook, options, (line) => told(`${pasteScenario(options)}: ${line}`));
    if (run.faults.length > 0) throw new Error(`${pasteScenario(options)}: ${run.faults.join('\n')}`);
    write('paste', pasteScenario(options), { before: run.kernelBefore, after: run.kernelAfter }, cpu() - from, run.steps);
  }

  if (lanes.includes('housekeeping') && script.steps.some((s) => s.id === 'repair.drop-oldest')) {
    from = cpu();
    const run = await runHousekeeping(root, new StageBuilder(hostId, script), runbook, (line) => told(`housekeeping: ${line}`));
    if (run.faults.length > 0) throw new Error(`housekeeping: ${run.faults.join('\n')}`);
    write('rehearsal', WEEK_LATER, { before: run.kernelBefore, after: run.kernelAfter }, cpu() - from, run.steps);
  }

  if (lanes.includes('harden')) {
    from = cpu();
    const run = await runHarden(new StageBuilder(hostId, script), (line) => told(`harden: ${line}`));
    if (run.faults.length > 0) throw new Error(`harden: ${run.faults.join('\n')}`);
    write('rehearsal', HARDEN, { before: run.kernel, after: run.kernel }, cpu() - from, run.steps);
  }

  if (lanes.includes('repair')) {
    from = cpu();
    const stages = new StageBuilder(hostId, script);
    const steps: EvidenceStep[] = [];
    for (const mend of mendCases(runbook)) {
      const o = await runMend(root, stages, runbook, mend);
      const words = `${o.before.result} ${mend.check.id}: ${o.before.line}\n${o.screen}${o.after.result} ${mend.check.id}: ${o.after.line}`;
      told(`repair: ${mend.repair.id} on ${mend.fixture}: ${o.before.result}, then ${o.after.result}`);
      if (!mended(o)) throw new Error(`${mend.repair.id} does not mend ${mend.fixture}: status ${o.status}\n${words}`);
      steps.push({ id: mend.repair.id, sha256: mend.repair.sha256, verdict: 'DONE', fixture: mend.fixture, ms: o.ms, transcript: withoutNoise(words) });
    }
    write('rehearsal', MENDED, recordedKernels(root, hostId), cpu() - from, steps);
  }

  if (!lanes.includes('fixture')) return;
  from = cpu();
  kernels ??= recordedKernels(root, hostId);
  const cases = fixtureCases(runbook).filter((c) => phase === undefined || phaseOf(c.step.id) === phase);
  if (cases.length === 0) return;
  const outcomes = await runCases(root, new StageBuilder(hostId, script), runbook, cases, 2, (o, done) => {
    if (o.actual !== o.expected || done % 25 === 0) told(`fixtures ${done}/${cases.length}: ${o.step.id} on ${o.fixture}: ${o.actual}`);
  });
  const wrong = outcomes.filter((o) => o.actual !== o.expected);
  if (wrong.length > 0) throw new Error(wrong.map((o) => `${o.step.id} on ${o.fixture}: expected ${o.expected}, got ${o.actual}: ${o.line}`).join('\n'));
  write(
    'rehearsal',
    phase === undefined ? 'fixture/all-checks' : `fixture/${phase}-checks`,
    kernels,
    cpu() - from,
    outcomes.map((o) => ({
      id: o.step.id,
      sha256: o.step.sha256,
      verdict: o.actual,
      expected: o.expected,
      fixture: o.fixture,
      ms: o.ms,
      transcript: `${o.actual} ${o.step.id}: ${o.line}`,
    })),
  );
}

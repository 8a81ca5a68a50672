/** The path lane: the whole way through the script on one host, from preflight to commit and back again. */
import type { EvidenceStep } from '../../model/evidence.ts';
import { Report } from '../../model/report.ts';
import type { Script } from '../../runbook/compile.ts';
import { withoutNoise } from './evidence.ts';
import { createHost, type HostOps } from '../host.ts';
import { differences, footprint, lostMetapackages } from './footprint.ts';
import { SCRIPT_PATH, type StageBuilder } from './stage.ts';

/** What one command of the script left behind. */
export interface CommandRun {
  command: string;
  status: number;
  report: Report;
  stderr: string;
}

/** Runs a command with --json and reads its report back, validated against the published shape. */
export async function command(host: Pick<HostOps, 'exec'>, words: string, timeoutMs = 900_000): Promise<CommandRun> {
  const r = await host.exec(`bash ${SCRIPT_PATH} ${words} --json`, { timeoutMs });
  let report: Report;
  try {
    report = Report.parse(JSON.parse(r.stdout));
  } catch (error) {
    throw new Error(`'${words}' printed no valid report (status ${r.status}): ${String(error)}\n${r.stdout.slice(0, 2000)}\n${r.stderr}`);
  }
  if (report.exit_status !== r.status) {
    throw new Error(`'${words}' ended with ${r.status}, but its report says ${report.exit_status}`);
  }
  return { command: words, status: r.status, report, stderr: r.stderr };
}

/** The log of an action, or the verdict line of a check, as the transcript of a step. */
async function transcript(host: HostOps, step: Report['steps'][number]): Promise<string> {
  if (step.kind !== 'action') return `${step.result} ${step.id}: ${step.line}`;
  const log = await host.exec(`cat /var/lib/trialboot/log/${step.id}.log 2> /dev/null`);
  return withoutNoise(log.stdout) || step.line;
}

/** Collects the steps of a command as evidence. */
export async function evidenceSteps(host: HostOps, run: CommandRun): Promise<EvidenceStep[]> {
  const steps: EvidenceStep[] = [];
  for (const s of run.report.steps) {
    steps.push({ id: s.id, sha256: s.sha256, verdict: s.result, ms: s.ms, transcript: await transcript(host, s) });
  }
  return steps;
}

/** The result of a whole path. */
export interface PathRun {
  runs: CommandRun[];
  steps: EvidenceStep[];
  kernelBefore: string;
  kernelAfter: string;
  /** What was not as it had to be, in words. Empty: the path holds. */
  faults: string[];
  ms: number;
  before: string;
  after: string;
}

/**
 * preflight → upgrade → trial → reboot → verify → commit → reboot (stays) → rollback → reboot → rollback (finishes).
 * Nothing is believed because a command ended with 0: kernel, default and packages are read back after each.
 * @param stages if given, the first preflight and the first upgrade are those by which it reaches the stage `upgraded`: an installation
 *   takes most of the time, and the result of this one is kept
 */
export async function runPath(hostId: string, script: Script, told: (line: string) => void, stages?: StageBuilder): Promise<PathRun> {
  const started = Date.now();
  let host = await createHost(hostId);
  const faults: string[] = [];
  const runs: CommandRun[] = [];
  const steps: EvidenceStep[] = [];
  const expect = (truth: boolean, words: string): void => {
    if (!truth) faults.push(words);
  };
  const kernel = async (): Promise<string> => (await host.exec('uname -r')).stdout.trim();
  const step = async (words: string, statuses: number[]): Promise<CommandRun> => {
    const run = await command(host, words);
    told(`${words}: status ${run.status}, ${run.report.steps.length} steps${run.report.stopped ? `, ${run.report.stopped}` : ''}`);
    runs.push(run);
    steps.push(...(await evidenceSteps(host, run)));
    if (!statuses.includes(run.status)) {
      const bad = run.report.steps.filter((s) => ['FAIL', 'ERROR', 'SKIP'].includes(s.result)).map((s) => `${s.result} ${s.id}: ${s.line}`);
      throw new Error(`${words} ended with ${run.status}: ${run.report.stopped ?? ''}\n${bad.join('\n')}\n${run.stderr}`);
    }
    return run;
  };
  try {
    await host.copy(SCRIPT_PATH, script.text, 0o755);
    const before = await footprint(host);
    const kernelBefore = await kernel();
    if (stages) {
      await host.destroy();
      host = await stages.host('upgraded');
    } else {
      await step('preflight', [0, 1]);
      await step('upgrade --yes', [0, 1]);
    }
    expect((await kernel()) === kernelBefore, 'the kernel changed without a reboot');
    const again = await step('upgrade --yes', [0, 1]);
    await step('trial --yes', [0]);
    const trial = await host.reboot();
    const kernelAfter = again.report.kernel_new ?? '';
    expect(trial.kernel === kernelAfter, `the trial booted ${trial.kernel}, not ${kernelAfter}`);
    await step('verify', [0, 1]);
    await step('commit --yes', [0, 1]);
    const stays = await host.reboot();
    expect(stays.kernel === kernelAfter, `after the commit ${stays.kernel} booted, not ${kernelAfter}`);
    const committed = await host.exec(`bash ${SCRIPT_PATH} status`);
    expect(committed.stdout.includes('is the default since the commit'), `status after the commit: ${committed.stdout}`);
    const half = await step('rollback --yes', [2]);
    expect(half.report.stopped?.startsWith('rollback.old-running') ?? false, 'the rollback did not wait for a reboot');
    const back = await host.reboot();
    expect(back.kernel === kernelBefore, `after the rollback ${back.kernel} booted, not ${kernelBefore}`);
    await step('rollback --yes', [0, 1]);
    const after = await footprint(host);
    const last = await host.reboot();
    expect(last.kernel === kernelBefore, `in the end ${last.kernel} booted, not ${kernelBefore}`);
    const differ = differences(before, after, lostMetapackages(host.spec));
    expect(differ.length === 0, `packages, boot files or the default differ from before the upgrade:\n${differ.join('\n')}`);
    return { runs, steps, kernelBefore, kernelAfter, faults, ms: Date.now() - started, before, after };
  } finally {
    await host.destroy();
  }
}

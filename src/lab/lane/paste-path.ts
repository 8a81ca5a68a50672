/** The whole runbook by pasting alone, in one terminal configuration. */
import type { EvidenceStep } from '../../model/evidence.ts';
import type { Phase } from '../../model/id.ts';
import { seconds } from '../../model/step.ts';
import { mismatch } from '../../runbook/expect.ts';
import type { Runbook } from '../../runbook/select.ts';
import type { Step } from '../../runbook/step.ts';
import { judge } from '../../runbook/verdict.ts';
import { withoutNoise } from './evidence.ts';
import { createHost } from '../host.ts';
import { type PasteOptions, PasteSession } from './paste.ts';

export interface PasteRun {
  options: PasteOptions;
  steps: EvidenceStep[];
  faults: string[];
  kernelBefore: string;
  kernelAfter: string;
  ms: number;
}

/**
 * Pastes every fence of every phase in order: preflight, upgrade, trial, (reboot), verify, commit, harden up to its undo,
 * rollback up to its reboot, and the rest after it. A step that the runbook says is not needed is pasted all the same: repeating must do
 * no harm.
 */
export async function runPastePath(hostId: string, runbook: Runbook, options: PasteOptions, told: (line: string) => void): Promise<PasteRun> {
  const started = Date.now();
  const host = await createHost(hostId);
  const faults: string[] = [];
  const steps: EvidenceStep[] = [];
  let session: PasteSession | undefined;
  const kernel = async (): Promise<string> => (await host.exec('uname -r')).stdout.trim();
  const fact = async (name: string): Promise<string> => (await host.exec(`cat /var/lib/trialboot/${name} 2> /dev/null`)).stdout.trim();

  const open = async (): Promise<PasteSession> => {
    session = new PasteSession(host, options);
    await session.start();
    for (const vars of runbook.steps.filter((s) => s.meta.kind === 'vars')) await pasteStep(session, vars);
    return session;
  };
  const pasteStep = async (s: PasteSession, step: Step): Promise<void> => {
    const began = Date.now();
    const got = await s.paste(step.text, seconds(step.meta.timeout) * 1000 + 30_000);
    const isCheck = step.meta.kind === 'check' || step.meta.kind === 'probe';
    const judged = isCheck ? judge(step.id, got.status, `${got.verdicts.join('\n')}\n`) : undefined;
    const verdict = judged?.result ?? (got.status === 0 ? 'DONE' : 'FAIL');
    if (verdict === 'ERROR') faults.push(`${step.id}: ${judged?.line ?? ''}\n${got.screen.slice(-1500)}`);
    if (!isCheck && got.status !== 0) faults.push(`${step.id}: status ${got.status}\n${got.screen.slice(-1500)}`);
    if (isCheck && step.output && verdict === 'PASS') {
      const recorded = { KERNEL_OLD: await fact('kernel.old') || (await kernel()), KERNEL_NEW: await fact('kernel.new') };
      const line = mismatch(step.output, got.verdicts.join('\n'), recorded);
      if (line !== undefined) faults.push(`${step.id}: the page promises "${line}", the terminal shows "${got.verdicts.join(' / ')}"`);
    }
    steps.push({
      id: step.id,
      sha256: step.sha256,
      verdict,
      ms: Date.now() - began,
      transcript: isCheck ? got.verdicts.join('\n') : withoutNoise(got.screen).slice(-1500),
    });
  };
  const phase = async (name: Phase, until?: string, after?: string): Promise<void> => {
    const s = session ?? (await open());
    let on = after === undefined;
    for (const step of runbook.steps.filter((x) => x.id.startsWith(`${name}.`))) {
      if (!on) {
        on = step.id === after;
        continue;
      }
      if (step.meta.kind === 'vars' || step.meta.only === 'script') continue;
      await pasteStep(s, step);
      if (step.id === until) break;
    }
    told(`${name}: pasted`);
  };
  const reboot = async (): Promise<void> => {
    await session?.close().catch(() => undefined);
    session = undefined;
    const boot = await host.reboot();
    told(`rebooted: ${boot.kernel}`);
  };
  try {
    const kernelBefore = await kernel();
    await phase('preflight');
    await phase('upgrade');
    await phase('trial', 'trial.armed');
    const kernelAfter = await fact('kernel.new');
    // The reboot itself: the text ends the session, so there is no prompt to wait for.
    const last = runbook.steps.find((s) => s.id === 'trial.reboot');
    if (last && session) {
      await session.paste(last.text, 5000).catch(() => undefined);
      steps.push({ id: last.id, sha256: last.sha256, verdict: 'DONE', ms: 0, transcript: 'the machine goes down' });
    }
    await reboot();
    if ((await kernel()) !== kernelAfter) faults.push(`the trial booted ${await kernel()}, not ${kernelAfter}`);
    await phase('verify');
    await phase('commit');
    await reboot();
    if ((await kernel()) !== kernelAfter) faults.push(`after the commit ${await kernel()} booted, not ${kernelAfter}`);
    await phase('harden');
    await phase('rollback', 'rollback.default-is-old');
    await reboot();
    if ((await kernel()) !== kernelBefore) faults.push(`after the rollback ${await kernel()} booted, not ${kernelBefore}`);
    await phase('rollback', undefined, 'rollback.default-is-old');
    return { options, steps, faults, kernelBefore, kernelAfter, ms: Date.now() - started };
  } finally {
    await session?.close().catch(() => undefined);
    await host.destroy();
  }
}


/** The lane of the way back: a rollback out of each state of the runbook. What the host was before, it must be again. */
import type { EvidenceStep } from '../../model/evidence.ts';
import type { Stage } from '../../model/stage.ts';
import { type HostOps, onHost } from '../host.ts';
import { differences, footprint, lostMetapackages } from './footprint.ts';
import { command, evidenceSteps } from './path.ts';
import type { StageBuilder } from './stage.ts';

/** The states there is something to go back from. */
export const WAYS_BACK = ['prepared', 'upgraded', 'armed', 'trial', 'fell-back', 'committed'] as const satisfies readonly Stage[];

export interface WayBackRun {
  /** Steps of the rollbacks, each with the state it began in. */
  steps: EvidenceStep[];
  kernel: string;
  /** What was not as it had to be, in words. Empty: every way back holds. */
  faults: string[];
}

/**
 * Goes back from each state, in two parts where the new kernel runs (it cannot remove itself: the rollback makes the old one the
 * default, stops, and is finished after a restart); then once more, which must find nothing to do; then restarts.
 */
export async function runWayBack(stages: StageBuilder, told: (line: string) => void): Promise<WayBackRun> {
  const steps: EvidenceStep[] = [];
  const faults: string[] = [];
  const { before, kernel } = await onHost(await stages.host('plain'), async (host) => ({ before: await footprint(host), kernel: await release(host) }));
  for (const stage of WAYS_BACK) {
    const fault = (words: string): number => faults.push(`from ${stage}: ${words}`);
    await onHost(await stages.host(stage), async (host) => {
      const back = async (): Promise<{ status: number; stopped: string }> => {
        const r = await command(host, 'rollback --yes');
        told(`from ${stage}: status ${r.status}, ${r.report.steps.length} steps${r.report.stopped ? `, ${r.report.stopped}` : ''}`);
        steps.push(...(await evidenceSteps(host, r)).map((s) => ({ ...s, fixture: stage })));
        return { status: r.status, stopped: r.report.stopped ?? '' };
      };
      const asBefore = async (when: string): Promise<void> => {
        // After a preflight alone there is nothing that an archive could have lost.
        const lost = stage === 'prepared' ? [] : lostMetapackages(host.spec);
        const differ = differences(before, await footprint(host), lost);
        if (differ.length > 0) fault(`${when}, packages, boot files or the default differ from before the upgrade:\n${differ.join('\n')}`);
      };
      const restart = async (): Promise<void> => {
        const boot = await host.reboot();
        if (boot.kernel !== kernel) fault(`${boot.kernel} booted, not ${kernel}`);
      };
      let r = await back();
      if ((await release(host)) !== kernel) {
        if (r.status !== 2 || !r.stopped.startsWith('rollback.old-running')) fault(`the rollback did not wait for the old kernel: status ${r.status}, ${r.stopped}`);
        await restart();
        r = await back();
      }
      if (r.status > 1) fault(`the rollback ended with ${r.status}: ${r.stopped}`);
      await asBefore('afterwards');
      const again = await back();
      if (again.status > 1) fault(`a second rollback ended with ${again.status}: ${again.stopped}`);
      await asBefore('after a second one');
      await restart();
    });
  }
  return { steps, kernel, faults };
}

const release = async (host: HostOps): Promise<string> => (await host.exec('uname -r')).stdout.trim();

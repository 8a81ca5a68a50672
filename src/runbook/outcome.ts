/** How a run on a virtual machine ended, in two or three words: read from its boots and steps, never from its name. */
import type { EvidenceBoot, EvidenceRun } from '../model/evidence.ts';
import { cutTotals } from './cuts.ts';

/** Did a command of this phase change something, given by hand or by the lab? */
const did = (run: EvidenceRun, phase: string): boolean => run.steps.some((s) => s.id.startsWith(`${phase}.`) && s.verdict === 'DONE');

/** The judge commits within the trial's own boot, without a command: then only the words of that boot tell. */
const isCommitted = (run: EvidenceRun, last: EvidenceBoot): boolean =>
  last.entry === 'default' || did(run, 'commit') || /\bcommitted\b/.test(last.words);

/**
 * What became of the machine.
 * @returns for example `came back`, `committed`, `refused, old kernel`; `failed` if the run did not end as its scenario wants
 */
export function outcome(run: EvidenceRun): string {
  if (run.result === 'fail') return lostMachines(run) > 0 ? 'machine lost' : 'failed';
  if (run.cuts && run.cuts.length > 0) {
    const { total, lost } = cutTotals(run.cuts);
    return `${total - lost} of ${total} came up again`;
  }
  if (run.scenario.startsWith('probe/demo-')) return 'shown';
  if (run.scenario.startsWith('probe/')) return 'answers as promised';
  const boots = run.boots ?? [];
  const last = boots.at(-1);
  if (!last) return 'passed';
  if (last.role === 'new') return isCommitted(run, last) ? 'committed' : 'new kernel runs';
  if (last.role === 'none') return 'passed, in GRUB';
  if (last.entry === 'by-hand') return 'old kernel, picked by hand';
  const ranByDefault = boots.some((b) => b.role === 'new' && b.entry === 'default');
  if (ranByDefault || did(run, 'rollback')) return 'rolled back';
  if (boots.some((b) => b.entry === 'trial')) return 'came back';
  if (boots.some((b) => b.entry === 'refused')) return 'refused, old kernel';
  return 'old kernel';
}

/** Machines left without a running system: after the last boot, or, in a soak run, after each cut that nothing came up from. */
export function lostMachines(run: EvidenceRun): number {
  if (run.cuts && run.cuts.length > 0) return cutTotals(run.cuts).lost;
  return run.boots?.at(-1)?.upMs === null ? 1 : 0;
}

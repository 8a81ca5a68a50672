import type { EvidenceRun } from '../model/evidence.ts';
import { phaseOf } from '../model/id.ts';
import type { Problem } from '../model/problem.ts';
import { bootFindings } from './boot-problems.ts';
import type { Runbook } from './select.ts';

/** The host that runs on a cloud image of a distribution are recorded under. It has no description: each run says what it was. */
export const imageHost = (distro: string): string => `${distro}-image`;

/**
 * Phases whose actions a soak is about: what it cut off is what writes, in its order. A check only reads; it, or a step of another
 * phase, may change or join after a soak, which takes hours, and the soak's page names it.
 */
const MUST_STAY: ReadonlySet<string> = new Set(['upgrade', 'trial', 'commit']);

/** Texts of a soak that are gone from the runbook or read otherwise now. Empty for any other run. */
export function changedTexts(run: EvidenceRun, runbook: Runbook): { id: string; sha256: string }[] {
  const now = new Map(runbook.steps.map((s) => [s.id, s.sha256]));
  return (run.texts ?? []).filter((t) => now.get(t.id) !== t.sha256);
}

/** Steps of the phases a soak went through that the runbook has now and did not have then. Empty for any other run. */
export function joinedTexts(run: EvidenceRun, runbook: Runbook): string[] {
  if (!run.texts) return [];
  const then = new Set(run.texts.map((t) => t.id));
  const phases = new Set(run.texts.map((t) => phaseOf(t.id)));
  return runbook.steps.filter((s) => phases.has(phaseOf(s.id)) && !then.has(s.id)).map((s) => s.id);
}

/**
 * What makes a run unfit to stand on a page: it speaks of a text, host or distribution that is not there any more, or it
 * did not end as documented, or what it says of its boots cannot be so. The script's own hash may differ: a run proves the texts of its steps; whether this very
 * script was run is said on its page.
 * @param file path of the evidence, for messages
 */
export function evidenceProblems(file: string, run: EvidenceRun, runbooks: Runbook[], hosts: string[]): Problem[] {
  const problems: Problem[] = [];
  const report = (rule: string, message: string): void => {
    const host = run.host === 'debian-13-vm' || run.layout === 'image' ? '' : ` --host ${run.host}`;
    const again = run.cuts ? `soak --cuts ${run.cuts.length} --seed ${run.seed ?? 1} --record` : run.scenario.startsWith('probe/') ? 'probe --record' : run.lane === 'vm' ? `run ${run.scenario} --record${host}` : `record ${run.host}`;
    problems.push({ file, line: 0, rule, message, mend: `run it again: npm run lab -- ${again}` });
  };
  const runbook = runbooks.find((r) => r.distro.id === run.distro);
  if (!runbook) {
    report('evidence-unknown-distro', `there is no runbook for ${run.distro}`);
    return problems;
  }
  const onImage = run.layout === 'image' && run.host === imageHost(run.distro);
  if (!onImage && !hosts.includes(run.host)) report('evidence-unknown-host', `there is no host ${run.host}`);
  const texts = new Map(runbook.steps.map((s) => [s.id, s.sha256]));
  for (const step of run.steps) {
    const sha256 = texts.get(step.id);
    if (sha256 === undefined) report('evidence-unknown-step', `${step.id} is not in the runbook of ${run.distro}`);
    else if (sha256 !== step.sha256) report('evidence-stale', `${step.id} was run with another text (${step.sha256.slice(0, 8)}, now ${sha256.slice(0, 8)})`);
    if (step.expected !== undefined && step.expected !== step.verdict) {
      report('evidence-unexpected', `${step.id} on ${step.fixture ?? '?'} ended with ${step.verdict}, expected ${step.expected}`);
    }
  }
  const checks = new Set(runbook.steps.filter((s) => s.meta.kind === 'check').map((s) => s.id));
  for (const id of [...changedTexts(run, runbook).map((t) => t.id), ...joinedTexts(run, runbook)]) {
    if (MUST_STAY.has(phaseOf(id)) && !checks.has(id)) report('evidence-stale', `${id} has another text than on the way that was cut, or was not on it`);
  }
  for (const [rule, message] of bootFindings(run)) report(rule, message);
  return problems;
}

import type { EvidenceRun } from '../model/evidence.ts';
import type { Problem } from '../model/problem.ts';
import { bootFindings } from './boot-problems.ts';
import type { Runbook } from './select.ts';

/**
 * What makes a run unfit to stand on a page: it speaks of a text, host or distribution that is not there any more, or it
 * did not end as documented, or what it says of its boots cannot be so. The script's own hash may differ: a run proves the texts of its steps; whether this very
 * script was run is said on its page.
 * @param file path of the evidence, for messages
 */
export function evidenceProblems(file: string, run: EvidenceRun, runbooks: Runbook[], hosts: string[]): Problem[] {
  const problems: Problem[] = [];
  const report = (rule: string, message: string): void => {
    problems.push({ file, line: 0, rule, message, mend: `run it again: npm run lab -- record ${run.host}` });
  };
  const runbook = runbooks.find((r) => r.distro.id === run.distro);
  if (!runbook) {
    report('evidence-unknown-distro', `there is no runbook for ${run.distro}`);
    return problems;
  }
  if (!hosts.includes(run.host)) report('evidence-unknown-host', `there is no host ${run.host}`);
  const texts = new Map(runbook.steps.map((s) => [s.id, s.sha256]));
  for (const step of run.steps) {
    const sha256 = texts.get(step.id);
    if (sha256 === undefined) report('evidence-unknown-step', `${step.id} is not in the runbook of ${run.distro}`);
    else if (sha256 !== step.sha256) report('evidence-stale', `${step.id} was run with another text (${step.sha256.slice(0, 8)}, now ${sha256.slice(0, 8)})`);
    if (step.expected !== undefined && step.expected !== step.verdict) {
      report('evidence-unexpected', `${step.id} on ${step.fixture ?? '?'} ended with ${step.verdict}, expected ${step.expected}`);
    }
  }
  for (const [rule, message] of bootFindings(run)) report(rule, message);
  return problems;
}

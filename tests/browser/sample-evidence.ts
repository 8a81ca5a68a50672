/** Made-up evidence for tests of the pages. It never goes into content/evidence: that holds what the lab wrote, only. */
import type { EvidenceRun, EvidenceStep } from '../../src/model/evidence.ts';
import type { Runbook } from '../../src/runbook/select.ts';
import type { Step } from '../../src/runbook/step.ts';
import { sampleVmRuns } from './sample-boots.ts';
import { sampleRun } from './sample-run.ts';

export { sampleRun };

type StepResult = EvidenceStep['verdict'];

/** A step's record with the text's own hash. */
export const sampleStep = (step: Step, verdict: StepResult, part: Partial<EvidenceStep> = {}): EvidenceStep => ({
  id: step.id,
  sha256: step.sha256,
  verdict,
  ms: 12,
  transcript: `${verdict} ${step.id}: sample output with <angle brackets> & "quotes"\n`,
  ...part,
});

const usual = (step: Step): StepResult => (step.meta.kind === 'check' || step.meta.kind === 'probe' ? 'PASS' : 'DONE');

/** Runs of every kind over a runbook; its second step has changed since, its third check gives a wrong verdict. */
export function sampleEvidence(runbook: Runbook): Record<string, EvidenceRun> {
  const distro = runbook.distro.id;
  const main = runbook.steps.filter((s) => !s.id.startsWith('repair.') && s.meta.kind !== 'probe');
  const changed = runbook.steps[1];
  const ran = main.filter((s) => s !== changed);
  const checks = runbook.steps.filter((s) => s !== changed).flatMap((step) => ('fixtures' in step.meta ? [{ step, fixtures: step.meta.fixtures }] : []));
  const run = (scenario: string, steps: EvidenceStep[], more: Partial<EvidenceRun> = {}): EvidenceRun =>
    sampleRun({ scenario, steps, host: distro, distro, ...more });
  return {
    [`${distro}/path-commit`]: run('path/commit', ran.map((s) => sampleStep(s, usual(s)))),
    [`${distro}/fixture-checks`]: run(
      'fixture/checks',
      checks.flatMap(({ step, fixtures }, index) =>
        Object.entries(fixtures).map(([fixture, expected]) =>
          sampleStep(step, index === 2 ? 'ERROR' : expected, { fixture, expected }),
        ),
      ),
    ),
    [`${distro}/paste-root-bracketed`]: run('paste/root-bracketed', ran.map((s) => sampleStep(s, usual(s)))),
    [`${distro}/paste-admin-line-by-line`]: run('paste/admin-line-by-line', ran.map((s) => sampleStep(s, usual(s)))),
    [`${distro}/cut-install`]: run('cut/install', ran.slice(-3).map((s) => sampleStep(s, 'DONE')), { host: 'no-such-host' }),
    // Only the steps around the trial: the others show what a badge says without a boot.
    ...sampleVmRuns(distro, ran.filter((s) => /^(trial|verify)\./.test(s.id)).map((s) => sampleStep(s, usual(s)))),
    ...(changed && {
      [`${distro}/path-old`]: run('path/old', [sampleStep(changed, usual(changed), { sha256: '0'.repeat(64) })], { date: '2026-10-01T08:00:00Z' }),
    }),
  };
}

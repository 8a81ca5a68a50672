/** The documents under /api/v1/, as pure functions of the content. Their schemas: src/model/api.ts. */
import type { ApiDocument } from '../model/api.ts';
import { phaseOf } from '../model/id.ts';
import { mendsOf } from '../model/step.ts';
import type { Run } from './badge.ts';
import { cutTotals } from './cuts.ts';
import type { Distro, Runbook } from './select.ts';
import type { Step } from './step.ts';

/** All steps, in the order of the runbooks, each once, variants of a step one after another; then those that stand in none. */
export function stepsDocument(steps: Step[], runbooks: Runbook[], runs: Run[]): ApiDocument<'steps'> {
  const byKey = [...steps].sort((a, b) => a.key.localeCompare(b.key));
  const ordered = [...new Set([...runbooks.flatMap((r) => r.steps.map((s) => s.id)), ...byKey.map((s) => s.id)])];
  return {
    format_version: 1,
    steps: ordered.flatMap((id) => byKey.filter((s) => s.id === id)).map((step) => {
      const { id, meta } = step;
      return {
        id,
        phase: phaseOf(id),
        kind: meta.kind,
        gate: meta.kind === 'check' ? meta.gate : null,
        title: meta.title,
        applies: meta.applies ?? null,
        privilege: meta.privilege,
        only: meta.only ?? null,
        effects: 'effects' in meta ? [...meta.effects] : [],
        outcome: meta.kind === 'action' ? meta.outcome : null,
        undo: meta.kind === 'action' ? meta.undo : null,
        fixtures: 'fixtures' in meta ? meta.fixtures : {},
        mends: mendsOf(meta),
        answers: meta.kind === 'probe' ? meta.answers : {},
        blind: meta.kind === 'probe' ? meta.blind : null,
        sha256: step.sha256,
        text: step.text,
        distros: runbooks.filter((r) => r.steps.includes(step)).map((r) => r.distro.id),
        evidence: runs.flatMap((run) =>
          run.steps
            .filter((s) => s.id === id && s.sha256 === step.sha256)
            .map((s) => ({
              run: run.id,
              host: run.host,
              lane: run.lane,
              verdict: s.verdict,
              date: run.date,
              scenario: run.scenario,
              fixture: s.fixture ?? null,
              expected: s.expected ?? null,
            })),
        ),
      };
    }),
  };
}

export const distrosDocument = (distros: Distro[]): ApiDocument<'distros'> => ({
  format_version: 1,
  distros: distros.map(({ id, name, family, script, kernels }) => ({
    id,
    name,
    family,
    script,
    kernels: kernels.map(({ series, track, package: name, version, maintainedBy, until, checked, asOf, source }) => ({
      series,
      track,
      package: name,
      version,
      maintainedBy,
      until: until as ApiDocument<'distros'>['distros'][number]['kernels'][number]['until'],
      checked,
      asOf: asOf ?? null,
      source,
    })),
  })),
});

/** The runs, without transcripts and console logs: those are on the run's own page and in its file. */
export const evidenceDocument = (runs: Run[]): ApiDocument<'evidence'> => ({
  format_version: 1,
  runs: runs.map((run) => {
    const { id, host, lane, scenario, date, result, kernelBefore, kernelAfter, cpuSeconds, real, standIn, steps } = run;
    return {
      id,
      host,
      lane,
      scenario,
      date,
      result,
      kernelBefore,
      kernelAfter,
      cpuSeconds,
      real,
      standIn,
      steps: steps.map(({ id, sha256, verdict }) => ({ id, sha256, verdict })),
      layout: run.layout ?? null,
      what: run.what ?? null,
      accel: run.accel ?? null,
      wallSeconds: run.wallSeconds ?? null,
      seed: run.seed ?? null,
      boots: run.boots ?? [],
      assertions: run.assertions ?? [],
      cuts: run.cuts ? cutTotals(run.cuts) : null,
    };
  }),
});

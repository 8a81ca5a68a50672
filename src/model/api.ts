/**
 * The JSON API, version 1: what /api/v1/*.json holds. The schemas are published under /schemas/. Fields may be added,
 * never renamed or removed.
 */
import { z } from 'astro/zod';
import { Family, OfferedKernel } from './distro.ts';
import { EvidenceAssertion, EvidenceBoot, EvidenceRun } from './evidence.ts';
import { Availability, FeatureMeta } from './feature.ts';
import { Phase, Sha256, StepId, StepResult, Verdict } from './id.ts';
import { MeasuredKernel } from './kernel.ts';
import { SeriesMeta } from './series.ts';
import { Applies, Effect } from './step.ts';
import { Vulnerability } from './vulnerability.ts';

const Kind = z.enum(['check', 'action', 'vars', 'reboot', 'probe']);
const Lane = EvidenceRun.shape.lane;
const version = { format_version: z.literal(1) };
const day = z.iso.date();

/** A run that had exactly this text of the step (same SHA-256). */
const ApiStepEvidence = z.strictObject({
  run: z.string(),
  host: z.string(),
  lane: Lane,
  verdict: StepResult,
  date: z.iso.datetime(),
  scenario: z.string(),
  /** The host fixture the check ran on; `blind` or `red` of a probe; null otherwise. */
  fixture: z.string().nullable(),
  /** The verdict that the fixture, or the kernel of a probe, calls for; null where nothing is called for. */
  expected: StepResult.nullable(),
});

const ApiStep = z.strictObject({
  id: StepId,
  phase: Phase,
  kind: Kind,
  gate: z.enum(['block', 'override', 'advise']).nullable(),
  title: z.string(),
  /** Where the step applies; null means everywhere. */
  applies: Applies.nullable(),
  privilege: z.enum(['user', 'root']),
  effects: z.array(Effect),
  /** `script`: the script runs it; who pastes leaves it out. */
  only: z.literal('script').nullable(),
  outcome: StepId.nullable(),
  undo: z.union([StepId, z.strictObject({ none: z.string() })]).nullable(),
  fixtures: z.record(z.string(), Verdict),
  /** Repairs: check → host fixtures on which it passes once the repair is done. */
  mends: z.record(z.string(), z.array(z.string())),
  /** Probes: kernel series → what it says there. */
  answers: z.record(z.string(), Verdict),
  /** Probes: what it says once its input has been taken away, and how that is done; null for other steps. */
  blind: z.strictObject({ take: z.string(), verdict: Verdict }).nullable(),
  sha256: Sha256,
  text: z.string(),
  distros: z.array(z.string()),
  evidence: z.array(ApiStepEvidence),
});

export const ApiSteps = z
  .strictObject({ ...version, steps: z.array(ApiStep) })
  .meta({ title: 'Trialboot API v1: steps' });

const ApiKernel = z.strictObject({
  ...OfferedKernel.pick({ series: true, track: true, package: true, version: true, maintainedBy: true, source: true }).shape,
  /** A day; `rolls` if the track moves on to a newer series; `unknown` if we found no date. */
  until: z.union([day, z.enum(['rolls', 'unknown'])]),
  checked: day,
  /** The day of the copy that was read; null: it was read on the day `checked`. */
  asOf: day.nullable(),
});

export const ApiDistros = z
  .strictObject({
    ...version,
    distros: z.array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        family: Family,
        script: z.boolean(),
        kernels: z.array(ApiKernel),
      }),
    ),
  })
  .meta({ title: 'Trialboot API v1: distributions' });

export const ApiScripts = z
  .strictObject({
    ...version,
    scripts: z.array(
      z.strictObject({
        distro: z.string(),
        file: z.string(),
        sha256: Sha256,
        bytes: z.int().positive(),
        version: z.string(),
        steps: z.array(z.strictObject({ id: StepId, sha256: Sha256, phase: Phase, kind: Kind })),
      }),
    ),
  })
  .meta({ title: 'Trialboot API v1: scripts' });

export const ApiEvidence = z
  .strictObject({
    ...version,
    runs: z.array(
      z.strictObject({
        id: z.string(),
        ...EvidenceRun.pick({
          host: true,
          lane: true,
          scenario: true,
          date: true,
          result: true,
          kernelBefore: true,
          kernelAfter: true,
          cpuSeconds: true,
          real: true,
          standIn: true,
        }).shape,
        steps: z.array(z.strictObject({ id: StepId, sha256: Sha256, verdict: StepResult })),
        /** Storage layout of the virtual machine; null outside the vm lane, like the next four. */
        layout: z.string().nullable(),
        what: z.string().nullable(),
        accel: z.enum(['tcg', 'kvm']).nullable(),
        wallSeconds: z.number().nullable(),
        seed: z.number().int().nullable(),
        /** Each boot of the machine, in order. Empty: nothing was booted for real. */
        boots: z.array(EvidenceBoot),
        assertions: z.array(EvidenceAssertion),
        /** Power cuts of a soak run, counted; null if it made none. */
        cuts: z.strictObject({ total: z.int(), asExpected: z.int(), resumed: z.int(), lost: z.int() }).nullable(),
      }),
    ),
  })
  .meta({ title: 'Trialboot API v1: evidence' });

/** Where a statement comes from: its kind, and the words for readers. */
export const ApiSource = z.strictObject({ kind: z.enum(['citation', 'source', 'configuration', 'run']), words: z.string(), checked: day });
export const ApiCell = z.strictObject({
  distro: z.string(),
  /** A release as `uname -r` says it where it was measured, a series where it is cited. */
  kernel: z.string(),
  value: Availability,
  how: z.enum(['measured', 'cited', 'unknown']),
  source: z.string().nullable(),
  checked: day.nullable(),
});
const Certainty = z.enum(['seen', 'read', 'inferred']);

export const ApiVulnerabilities = z
  .strictObject({
    ...version,
    vulnerabilities: z.array(
      z.strictObject({
        id: z.string(),
        ...Vulnerability.pick({ name: true, cve: true, what: true, fix: true, inSevenZero: true }).shape,
        upstream: z.array(z.strictObject({ series: z.string(), fixed: z.string(), certainty: Certainty, evidence: z.array(ApiSource) })),
        packaged: z.array(z.strictObject({ distro: z.string(), series: z.string(), fixed: z.string(), date: day, evidence: z.array(ApiSource) })),
        mitigation: z.array(z.strictObject({ do: z.string(), cost: z.string(), evidence: z.array(ApiSource) })),
        reviewed: day,
      }),
    ),
  })
  .meta({ title: 'Trialboot API v1: named vulnerabilities' });

export const ApiFeatures = z
  .strictObject({
    ...version,
    features: z.array(
      z.strictObject({
        id: z.string(),
        ...FeatureMeta.pick({ title: true, area: true, kind: true, summary: true, concerns: true, since: true, kconfig: true, drivers: true, default: true, switches: true, oneWay: true, before: true, after: true }).shape,
        upstream: z.strictObject({ state: z.enum(['stable', 'experimental', 'internal', 'removed']), note: z.string(), evidence: z.array(ApiSource) }),
        userspace: z.array(z.strictObject({ package: z.string(), min: z.string().nullable(), what: z.string(), evidence: z.array(ApiSource) })),
        /** The step that asks a host; null where there is none. */
        probe: StepId.nullable(),
        claims: z.array(z.strictObject({ claim: z.string(), verdict: z.enum(['true', 'imprecise', 'false', 'unverifiable']), reality: z.string(), check: z.string().nullable(), evidence: z.array(ApiSource) })),
        /** One cell for each kernel of each release: measured in its packages, cited from a source, or unknown. */
        matrix: z.array(ApiCell),
        reviewed: day,
      }),
    ),
  })
  .meta({ title: 'Trialboot API v1: feature notes' });

export const ApiKernels = z
  .strictObject({ ...version, kernels: z.array(z.strictObject({ ...MeasuredKernel.omit({ format_version: true, measured: true, partial: true }).shape, partial: z.string().nullable(), measured: day })) })
  .meta({ title: 'Trialboot API v1: measured kernels' });

export const ApiSeries = z
  .strictObject({
    ...version,
    series: z.array(
      z.strictObject({
        ...SeriesMeta.pick({ series: true, lts: true, last: true, source: true }).shape,
        released: z.union([day, z.literal('unknown')]),
        endOfLife: z.union([day, z.enum(['unknown', 'current'])]),
        note: z.string().nullable(),
        checked: day,
        /** The day of the copy that was read; null where that is the day it was checked. */
        asOf: day.nullable(),
      }),
    ),
  })
  .meta({ title: 'Trialboot API v1: kernel series' });

/** Document → its schema. The names are the file names under /api/v1/ and, with `-v1`, under /schemas/. */
export const API = {
  steps: ApiSteps,
  distros: ApiDistros,
  scripts: ApiScripts,
  evidence: ApiEvidence,
  features: ApiFeatures,
  kernels: ApiKernels,
  series: ApiSeries,
  vulnerabilities: ApiVulnerabilities,
} as const;
export type ApiName = keyof typeof API;
export type ApiDocument<N extends ApiName> = z.infer<(typeof API)[N]>;

/**
 * The JSON API, version 1: what /api/v1/*.json holds. The schemas are published under /schemas/. Fields may be added,
 * never renamed or removed.
 */
import { z } from 'astro/zod';
import { Family, OfferedKernel } from './distro.ts';
import { EvidenceAssertion, EvidenceBoot, EvidenceRun } from './evidence.ts';
import { Phase, Sha256, StepId, StepResult, Verdict } from './id.ts';
import { Applies, Effect } from './step.ts';

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
  /** The host fixture the check ran on; null outside fixture runs. */
  fixture: z.string().nullable(),
  /** The verdict the fixture calls for; null outside fixture runs. */
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

/** Document → its schema. The names are the file names under /api/v1/ and, with `-v1`, under /schemas/. */
export const API = { steps: ApiSteps, distros: ApiDistros, scripts: ApiScripts, evidence: ApiEvidence } as const;
export type ApiName = keyof typeof API;
export type ApiDocument<N extends ApiName> = z.infer<(typeof API)[N]>;

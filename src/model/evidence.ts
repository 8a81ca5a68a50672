import { z } from 'astro/zod';
import { Sha256, StepId, StepResult } from './id.ts';

/** One step as the lab ran it. */
export const EvidenceStep = z.strictObject({
  id: StepId,
  sha256: Sha256,
  verdict: StepResult,
  /** What the fixture lane expected; absent on the path lanes. */
  expected: StepResult.optional(),
  fixture: z.string().optional(),
  /** Wall time on the lab machine. */
  ms: z.number().int().nonnegative(),
  /** The step's output, host noise removed. */
  transcript: z.string().max(20_000),
});

/** One run of the lab. Written by the lab only, never by hand. */
export const EvidenceRun = z.strictObject({
  format_version: z.literal(1),
  host: z.string(),
  distro: z.string(),
  lane: z.enum(['rehearsal', 'paste', 'vm']),
  /** Begins with its kind: path/ fixture/ paste/ death/ storage/ cut/ fault/ probe/ soak/ */
  scenario: z.string().regex(/^(path|fixture|paste|death|storage|cut|fault|probe|soak)\/[a-z0-9-]+$/),
  date: z.iso.datetime(),
  result: z.enum(['pass', 'fail']),
  kernelBefore: z.string(),
  kernelAfter: z.string(),
  cpuSeconds: z.number().nonnegative(),
  real: z.array(z.string()),
  standIn: z.array(z.string()),
  tools: z.record(z.string(), z.string()),
  script: z.strictObject({ version: z.string(), sha256: Sha256 }).optional(),
  steps: z.array(EvidenceStep),
});
export type EvidenceRun = z.infer<typeof EvidenceRun>;
export type EvidenceStep = z.infer<typeof EvidenceStep>;

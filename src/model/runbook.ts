import { z } from 'astro/zod';
import { Day, Phase, StepId } from './id.ts';

/** Front matter of a phase file: what the phase is for, and its steps in order. */
export const PhaseMeta = z.strictObject({
  title: z.string().min(4).max(60),
  phase: Phase,
  /** One sentence: what is true when the phase has passed. */
  promise: z.string().min(20).max(240),
  steps: z
    .array(StepId)
    .min(1)
    .refine((ids) => new Set(ids).size === ids.length, 'a step stands twice in this phase; keep one'),
  reviewed: Day,
});
export type PhaseMeta = z.infer<typeof PhaseMeta>;

import { z } from 'astro/zod';
import { Day, Phase } from './id.ts';

/** Front matter of a page of the guide: what surrounds the runbooks, for whoever runs servers. */
export const GuideMeta = z.strictObject({
  title: z.string().min(8).max(80),
  /** What the page answers, in one or two sentences. */
  summary: z.string().min(30).max(300),
  /** `upgrade`: what surrounds the runbooks; `kernel`: what is true about the kernels. */
  topic: z.enum(['upgrade', 'kernel']).default('upgrade'),
  /** Place in the list of pages; two pages never share one. */
  order: z.int().positive(),
  /** Phases of the runbook whose readers may want this page next: the runbook pages link to it there. */
  phases: z.array(Phase).default([]),
  reviewed: Day,
});
export type GuideMeta = z.infer<typeof GuideMeta>;

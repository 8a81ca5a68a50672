import { z } from 'astro/zod';
import { Claim } from './feature.ts';
import { Day } from './id.ts';

export const CorrectionTopic = z.enum(['releases', 'distributions', 'security', 'commands']);
export type CorrectionTopic = z.infer<typeof CorrectionTopic>;

/** Claims of other guides that belong to no single feature: one file for each topic. */
export const Corrections = z
  .strictObject({ topic: CorrectionTopic, title: z.string().min(4).max(80), summary: z.string().min(30).max(300), claims: z.array(Claim).min(1), reviewed: Day })
  .refine((c) => new Set(c.claims.map((x) => x.claim)).size === c.claims.length, 'a claim stands there twice');
export type Corrections = z.infer<typeof Corrections>;

import { z } from 'astro/zod';
import { Day, StepId } from './id.ts';

/** Where a statement comes from, and when somebody last looked. */
const Source = z.strictObject({ source: z.string().min(8), checked: Day });

/** Something that guides say about a feature, and what is so. */
const Claim = z.strictObject({
  claim: z.string().min(15),
  verdict: z.enum(['true', 'imprecise', 'false', 'unverifiable'], {
    error: 'quote the verdict: "true", "imprecise", "false" or "unverifiable" (YAML reads a bare true as a boolean)',
  }),
  reality: z.string().min(20),
  evidence: z.array(Source).min(1, 'a claim without a source is not published'),
});

/** Front matter of a feature note: one change in the kernel, for whoever runs servers. */
export const FeatureMeta = z.strictObject({
  title: z.string().min(4).max(80),
  /** What it is, in one sentence. */
  summary: z.string().min(30).max(300),
  /** Who needs to know. */
  concerns: z.string().min(10).max(200),
  /** Kernel series it came with; quoted, because YAML reads 7.0 as the number 7. */
  since: z.string({ error: 'quote the series: "7.0"' }).regex(/^\d+\.\d+$/),
  kconfig: z.array(z.string().regex(/^CONFIG_[A-Z0-9_]+$/)).default([]),
  /** What user space must bring, with its version; absent if nothing. */
  userspace: z.string().optional(),
  /** The step that asks a host whether it has the feature; absent while there is none. */
  probe: StepId.optional(),
  claims: z.array(Claim).min(1),
  reviewed: Day,
});
export type FeatureMeta = z.infer<typeof FeatureMeta>;

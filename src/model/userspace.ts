import { z } from 'astro/zod';
import { Day } from './id.ts';

/** Versions of the tools that feature notes name, in one release of a distribution. Written by `npm run measure -- userspace`, never by hand. */
export const MeasuredUserspace = z.strictObject({
  format_version: z.literal(1),
  distro: z.string(),
  /** The suite whose index was asked. */
  suite: z.string(),
  /** Version by package; null: the suite has no such package. */
  packages: z.record(z.string(), z.string().nullable()),
  measured: Day,
});
export type MeasuredUserspace = z.infer<typeof MeasuredUserspace>;

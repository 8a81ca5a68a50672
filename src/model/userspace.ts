import { z } from 'astro/zod';
import { Day } from './id.ts';

/** What `npm run measure -- userspace DISTRO` read out of a distribution's package index. Written by it, never by hand. */
export const MeasuredUserspace = z.strictObject({
  format_version: z.literal(1),
  /** A release of a distribution, as in content/kernels. */
  distro: z.string(),
  suites: z.array(z.string()).min(1),
  /** Package → the version apt would install; `absent`: the suites have none. */
  packages: z.record(z.string(), z.string().min(1)),
  measured: Day,
});
export type MeasuredUserspace = z.infer<typeof MeasuredUserspace>;

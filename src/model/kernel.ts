import { z } from 'astro/zod';
import { Series } from './feature.ts';
import { Day, Sha256 } from './id.ts';

/** `y`, `m`, `n` ("is not set"), `absent` (the symbol is not in the file: unknown to that kernel, or what it depends on is off), or a value. */
export const ConfigValue = z.string().min(1);
export const DriverState = z.enum(['builtin', 'module', 'absent']);

/** What `npm run measure -- kernel` read out of the packages of one kernel. Written by it, never by hand. */
export const MeasuredKernel = z.strictObject({
  format_version: z.literal(1),
  /** As `uname -r` says it. */
  release: z.string().min(3),
  series: Series,
  /** The release of a distribution it belongs to, and the suite or repository it came from. */
  distro: z.string(),
  track: z.string().min(3),
  packages: z.array(z.strictObject({ name: z.string(), version: z.string(), sha256: Sha256 })).min(1),
  config: z.record(z.string().regex(/^CONFIG_[A-Z0-9_]+$/), ConfigValue),
  drivers: z.record(z.string(), DriverState),
  /** What is not whole about what was measured, in words; absent: the whole packages were there. */
  partial: z.string().optional(),
  measured: Day,
});
export type MeasuredKernel = z.infer<typeof MeasuredKernel>;

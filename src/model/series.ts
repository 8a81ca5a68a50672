import { z } from 'astro/zod';
import { Series } from './feature.ts';
import { Day } from './id.ts';

/** An upstream series of the kernel: when it came, until when upstream maintains it, and how far it got. */
export const SeriesMeta = z.strictObject({
  series: Series,
  released: z.union([Day, z.literal('unknown')]),
  /** A day; `current` if upstream maintains it and has set no end; `unknown` if we found none. */
  endOfLife: z.union([Day, z.enum(['unknown', 'current'])]),
  lts: z.boolean(),
  /** The last point release we know of. */
  last: z.union([z.string().regex(/^\d+\.\d+(\.\d+)?$/), z.literal('unknown')]),
  note: z.string().optional(),
  checked: Day,
  /** The day of the copy that was read, where it is not the day we looked. */
  asOf: Day.optional(),
  source: z.string().min(4),
});
export type SeriesMeta = z.infer<typeof SeriesMeta>;

import { z } from 'astro/zod';
import { Day } from './id.ts';

/** One change that readers of the site want to know of: a kernel that moved on, a claim that was corrected, a runbook that is new. */
export const Change = z.strictObject({
  title: z.string().min(10).max(120),
  date: Day,
  /** What is new, in one to three sentences. */
  text: z.string().min(30).max(600),
  /** The page it is about, from the root of the site. */
  href: z.string().regex(/^\/([a-z0-9.-]+\/)*(#[a-z0-9.-]+)?$/, 'write a path with a slash at both ends, such as /upgrade/debian-13/'),
});
export type Change = z.infer<typeof Change>;

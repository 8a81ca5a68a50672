import { z } from 'astro/zod';
import { Day } from './id.ts';

/** A document somebody else wrote: what it is, with its own date in the words, and when we last read it. */
const Cited = z.strictObject({ source: z.string().min(8), checked: Day });

/** A place in the kernel's source: Debian's 7.0.13 with its patches applied, unless `release` says another. `says` stands on that line. */
const InSource = z.strictObject({
  file: z.string().regex(/^[\w.+-]+(\/[\w.+-]+)+$/, 'write the path inside the kernel source, such as fs/xfs/Kconfig'),
  line: z.int().positive(),
  /** A piece of that line, word for word; a test looks it up where the source package can be had. */
  says: z.string().min(4).max(120),
  release: z.string().regex(/^\d+\.\d+(\.\d+)?$/).default('7.0.13'),
  checked: Day,
});

/** A line of the configuration of a measured kernel: content/kernels/KERNEL.json has it. */
const InConfig = z.strictObject({
  kernel: z.string().min(3),
  symbol: z.string().regex(/^CONFIG_[A-Z0-9_]+$/),
  value: z.string().min(1),
  checked: Day,
});

/** Something that was run: the id of a run under content/evidence, with a piece of what it printed. */
const InRun = z.strictObject({
  run: z.string().regex(/^[a-z0-9.-]+\/[a-z0-9-]+$/, 'write a run as HOST/FILE, such as debian-13-vm/probe-nullfs'),
  says: z.string().min(3).max(200),
  checked: Day,
});

/** Where a statement comes from, and the day somebody last looked. */
export const Source = z.union([Cited, InSource, InConfig, InRun], {
  error: 'a source is { source, checked }, { file, line, says, checked }, { kernel, symbol, value, checked } or { run, says, checked }',
});
export type Source = z.infer<typeof Source>;

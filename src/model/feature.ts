import { z } from 'astro/zod';
import { Day, StepId } from './id.ts';
import { Source } from './source.ts';

/** A kernel series; quoted, because YAML reads 7.0 as the number 7. */
export const Series = z.string({ error: 'quote the series: "7.0"' }).regex(/^\d+\.\d+$/);
const KconfigSymbol = z.string().regex(/^CONFIG_[A-Z0-9_]+$/);

/** Something that guides say about a feature, and what is so. */
export const Claim = z.strictObject({
  claim: z.string().min(15),
  verdict: z.enum(['true', 'imprecise', 'false', 'unverifiable'], {
    error: 'quote the verdict: "true", "imprecise", "false" or "unverifiable" (YAML reads a bare true as a boolean)',
  }),
  reality: z.string().min(20),
  /** How a reader checks it: one line of words or a command. */
  check: z.string().min(8).max(300).optional(),
  evidence: z.array(Source).min(1, 'a claim without a source is not published'),
});
export type Claim = z.infer<typeof Claim>;

/** What the feature needs from user space: the package's name on Debian, and from which upstream version on. */
const Userspace = z.strictObject({ package: z.string(), min: z.string().optional(), what: z.string().min(8).max(200), evidence: z.array(Source).min(1) });

/** A switch somebody may turn: a boot parameter, a sysctl, an option of mkfs, a mount option, a property of a file system or a unit. */
const Switch = z.strictObject({ kind: z.enum(['boot', 'sysctl', 'mkfs', 'mount', 'property', 'unit', 'debugfs']), name: z.string().min(3), does: z.string().min(10).max(300) });

/** `yes`, built but `off`, `userspace` is missing or too old, `no`; `unknown` where nobody measured it and no source says it. */
export const Availability = z.enum(['yes', 'off', 'userspace', 'no', 'unknown']);
export type Availability = z.infer<typeof Availability>;

/** A cell of the matrix that was not measured here, with the source that says it. */
const CitedCell = z.strictObject({ distro: z.string(), series: Series, value: Availability.exclude(['unknown']), note: z.string().max(200).optional(), evidence: z.array(Source).min(1) });

/** Front matter of a feature note: one change in the kernel, for whoever runs servers. */
export const FeatureMeta = z.strictObject({
  title: z.string().min(4).max(80),
  area: z.enum(['file systems', 'storage', 'scheduler', 'io_uring', 'security', 'boot', 'network', 'hardware', 'packaging', 'languages']),
  /** `feature`: something new; `change`: something that behaves otherwise or is gone. */
  kind: z.enum(['feature', 'change']),
  /** What it is, in one sentence. */
  summary: z.string().min(30).max(300),
  /** Who needs to know. */
  concerns: z.string().min(10).max(250),
  /** The series it came with. */
  since: Series,
  /** What upstream itself calls it. */
  upstream: z.strictObject({ state: z.enum(['stable', 'experimental', 'internal', 'removed']), note: z.string().min(10).max(300), evidence: z.array(Source).min(1) }),
  /** Symbols that all have to be y or m for it to be there. Empty: no switch, the series alone decides. */
  kconfig: z.array(KconfigSymbol).default([]),
  /** Symbols the text speaks of, measured as well, that do not decide. */
  alsoKconfig: z.array(KconfigSymbol).default([]),
  /** Drivers the text speaks of: measured as built in, a module, or absent. */
  drivers: z.array(z.string().regex(/^[a-z0-9_]+$/)).default([]),
  userspace: z.array(Userspace).default([]),
  /** What it is without anybody's doing. */
  default: z.strictObject({ value: z.enum(['on', 'off', 'build choice', 'per application', 'not applicable']), note: z.string().min(10).max(300) }),
  switches: z.array(Switch).default([]),
  /** Can it be undone? `yes`: using it leaves something an older kernel cannot read. */
  oneWay: z.strictObject({ value: z.enum(['no', 'yes']), note: z.string().min(10).max(300) }),
  /** The step that asks a host; or why there is none. */
  probe: z.union([StepId, z.strictObject({ none: z.string().min(20) })]),
  before: z.array(z.string().min(15).max(400)).default([]),
  after: z.array(z.string().min(15).max(400)).default([]),
  claims: z.array(Claim).min(1),
  cells: z.array(CitedCell).default([]),
  reviewed: Day,
});
export type FeatureMeta = z.infer<typeof FeatureMeta>;

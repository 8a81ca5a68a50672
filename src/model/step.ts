import { z } from 'astro/zod';
import { Day, StepId, Verdict } from './id.ts';

const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]);

/** Where a step applies, over the facts of a distribution. An absent key matches everything. */
export const Applies = z.strictObject({
  distro: oneOrMore.optional(),
  family: oneOrMore.optional(),
  loader: oneOrMore.optional(),
  initramfs: oneOrMore.optional(),
  packageManager: oneOrMore.optional(),
});
export type Applies = z.infer<typeof Applies>;

/** What an action may touch. A check touches nothing. */
export const Effect = z.enum([
  'net', // talks to the network
  'pkg', // package database
  'boot-files', // kernels, initramfs, menu
  'boot-default', // the saved default entry
  'boot-once', // the entry of the next boot only
  'config', // files under /etc
  'services', // starts, stops or enables units
  'state', // files in the runbook's own state directory
  'reboot',
]);
export type Effect = z.infer<typeof Effect>;

const Duration = z.string().regex(/^[1-9][0-9]*(s|m|h)$/, 'write a duration as 30s, 5m or 1h');

const Remedy = z.strictObject({
  hint: z.string().min(15).max(400),
  step: StepId.optional(),
});

const common = {
  title: z.string().min(8).max(80),
  applies: Applies.optional(),
  privilege: z.enum(['user', 'root']).default('user'),
  timeout: Duration.default('60s'),
  needs: z.array(StepId).default([]),
  /** `script`: the page shows the step, the script runs it, and who pastes leaves it out. */
  only: z.literal('script').optional(),
  sources: z.array(z.string().min(8)).default([]),
  reviewed: Day,
};

/** Host fixture → the verdict the check must give there. */
const Fixtures = z
  .record(z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'name a fixture in kebab-case'), Verdict)
  .refine((f) => Object.values(f).includes('PASS'), 'name a healthy fixture in which the check says PASS')
  .refine(
    (f) => Object.entries(f).some(([n, v]) => !n.startsWith('blind-') && v !== 'PASS' && v !== 'SKIP'),
    'never seen red: name a fixture in which the check says WARN or FAIL',
  )
  .refine(
    (f) => Object.entries(f).some(([n, v]) => n.startsWith('blind-') && v !== 'PASS'),
    'name a blind-… fixture that takes the inputs of the check away, with a verdict that is not PASS',
  );

export const CheckStep = z.strictObject({
  kind: z.literal('check'),
  ...common,
  gate: z.enum(['block', 'override', 'advise']),
  remedy: Remedy,
  fixtures: Fixtures,
});

export const ActionStep = z.strictObject({
  kind: z.literal('action'),
  ...common,
  effects: z.array(Effect).min(1),
  /** The check that proves the action worked. Exit status alone never counts. */
  outcome: StepId,
  /** A check; if it passes beforehand, the action is not needed and is skipped. */
  doneWhen: StepId.optional(),
  undo: z.union([StepId, z.strictObject({ none: z.string().min(20) })]),
  /** A repair: check → host fixtures on which that check does not pass, and passes (or warns instead of failing) once the repair is done; or why none is named. */
  mends: z.union([z.strictObject({ none: z.string().min(20) }), z.record(StepId, z.array(z.string()).min(1))]).optional(),
  remedy: Remedy.optional(),
});

export const VarsStep = z.strictObject({
  kind: z.literal('vars'),
  ...common,
  names: z.array(z.string().regex(/^TRIALBOOT_[A-Z_]+$/, 'name a setting TRIALBOOT_…')).min(1),
});

export const RebootStep = z.strictObject({
  kind: z.literal('reboot'),
  ...common,
  effects: z.tuple([z.literal('reboot')]),
  /** The check that must pass after the boot. */
  resume: StepId,
});

/**
 * A change to what a probe reads, made by root in mount namespaces of its own on a machine of the lab, and what the probe says then.
 * Nothing outside these namespaces is changed, so that one boot serves all probes.
 */
const Altered = z.strictObject({
  /** Shell, such as `mount --bind /dev/null /proc/kallsyms`. */
  take: z.string().min(8).max(400),
  verdict: Verdict,
});

/** Kernel series → what the probe must say while that kernel runs. Series quoted, because YAML reads 7.0 as the number 7. */
const Answers = z
  .record(z.string().regex(/^\d+\.\d+$/, 'name a kernel series, quoted: "7.0"'), Verdict)
  .refine((a) => Object.keys(a).length >= 2, 'name the answers of at least two kernel series');

export const ProbeStep = z
  .strictObject({
    kind: z.literal('probe'),
    ...common,
    answers: Answers,
    /** Where all kernels answer alike: why; and the change to its input that the probe is seen red on. */
    same: z.strictObject({ why: z.string().min(20).max(300), red: Altered.refine((r) => r.verdict === 'WARN' || r.verdict === 'FAIL', 'red is WARN or FAIL') }).optional(),
    /** Its input taken away. It must not pass then. */
    blind: Altered.refine((b) => b.verdict !== 'PASS', 'a probe without its input that says PASS is a false green'),
  })
  .refine((p) => new Set(Object.values(p.answers)).size > 1 !== (p.same !== undefined), {
    path: ['answers'],
    message: 'never seen red: name kernels that answer differently; where none does, say why in "same", and only there',
  });

/** Front matter of one step file. Strict: an unknown key fails the build. */
export const StepMeta = z.discriminatedUnion('kind', [
  CheckStep,
  ActionStep,
  VarsStep,
  RebootStep,
  ProbeStep,
]);
export type StepMeta = z.infer<typeof StepMeta>;
export type StepKind = StepMeta['kind'];

/** The faults that an action mends: check → host fixtures. Empty for any other step, and for a repair that says why it names none. */
export const mendsOf = (meta: StepMeta): Record<string, string[]> =>
  meta.kind !== 'action' || !meta.mends || typeof meta.mends['none'] === 'string' ? {} : (meta.mends as Record<string, string[]>);

/** Seconds in a duration such as `5m`. */
export function seconds(duration: string): number {
  const unit = { s: 1, m: 60, h: 3600 }[duration.slice(-1) as 's' | 'm' | 'h'];
  return Number(duration.slice(0, -1)) * unit;
}

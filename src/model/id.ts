import { z } from 'astro/zod';

/** The phases of a runbook, in the order in which a host goes through them. `repair` holds the steps a failed check points to,
 * `harden` settings that lower exposure, `probe` the steps that ask a host what it has. None of the three is part of the way. */
export const PHASES = [
  'preflight',
  'upgrade',
  'trial',
  'verify',
  'commit',
  'rollback',
  'repair',
  'harden',
  'probe',
] as const;

export const Phase = z.enum(PHASES);
export type Phase = z.infer<typeof Phase>;

/** `<phase>.<kebab-name>`, derived from the file's path, never from its title. */
export const StepId = z
  .string()
  .regex(
    /^(preflight|upgrade|trial|verify|commit|rollback|repair|harden|probe)\.[a-z0-9]+(-[a-z0-9]+)*$/,
    'write a step id as <phase>.<kebab-case-name>, for example preflight.boot-space',
  );

/**
 * The id of the step in a file: `trial.arm` for both trial/arm.mdx and its variant trial/arm@bls.mdx, which does the same on
 * hosts that do it differently.
 */
export const stepIdOf = (key: string): string => key.replace(/@.*$/, '');

/** The phase a step id belongs to. */
export const phaseOf = (id: string): Phase => Phase.parse(id.slice(0, id.indexOf('.')));

/** A calendar day, `YYYY-MM-DD`. YAML reads a bare date as a Date object, so both forms are taken. */
export const Day = z.preprocess(
  (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value),
  z.iso.date('write a date as YYYY-MM-DD'),
);

/** The four words a check may print. ERROR is ours: the check broke the contract. */
export const Verdict = z.enum(['PASS', 'WARN', 'FAIL', 'SKIP']);
export type Verdict = z.infer<typeof Verdict>;

/** What became of a step in a run: a verdict, or how an action ended. */
export const StepResult = z.enum(['PASS', 'WARN', 'FAIL', 'SKIP', 'ERROR', 'DONE', 'DRY-RUN']);
export type StepResult = z.infer<typeof StepResult>;

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'write a sha256 as 64 lower-case hex digits');

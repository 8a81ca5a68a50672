import { z } from 'astro/zod';
import { Phase, Sha256, StepId, StepResult } from './id.ts';

/** One step in a report. */
export const ReportStep = z.strictObject({
  id: StepId,
  title: z.string(),
  phase: Phase,
  kind: z.enum(['check', 'action', 'vars', 'reboot', 'probe']),
  gate: z.enum(['block', 'override', 'advise']).nullable(),
  sha256: Sha256,
  result: StepResult,
  /** The verdict line without its word and id, or what became of the action. */
  line: z.string(),
  /** Exit status of the step's text; null if it was not run. */
  rc: z.int().nullable(),
  ms: z.int().nonnegative(),
  /** The reason given with --accept, if the finding was accepted. */
  accepted: z.string().nullable(),
  remedy: z.string().nullable(),
  remedy_step: StepId.nullable(),
});

/**
 * The JSON report of one run of a script (`--json`, `report`). Fields may be added to this format, never renamed;
 * `format_version` changes only if a reader of version 1 would misread the document.
 */
export const Report = z
  .strictObject({
    format_version: z.literal(1),
    tool: z.literal('trialboot'),
    script: z.strictObject({ distro: z.string(), version: z.string() }),
    command: z.string(),
    status: z.enum(['pass', 'warn', 'stop', 'unknown']),
    exit_status: z.int().min(0).max(3),
    /** Why the run ended where it ended; null when it went to its end. */
    stopped: z.string().nullable(),
    host: z.strictObject({
      name: z.string(),
      os: z.string(),
      kernel: z.string(),
      arch: z.string(),
      boot_id: z.string(),
    }),
    kernel_old: z.string().nullable(),
    kernel_new: z.string().nullable(),
    started: z.iso.datetime(),
    finished: z.iso.datetime(),
    dry_run: z.boolean(),
    summary: z.strictObject({
      pass: z.int(),
      warn: z.int(),
      fail: z.int(),
      skip: z.int(),
      error: z.int(),
      done: z.int(),
    }),
    steps: z.array(ReportStep),
  })
  .meta({ title: 'Trialboot report, format 1' });
export type Report = z.infer<typeof Report>;

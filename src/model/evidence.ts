import { z } from 'astro/zod';
import { Sha256, StepId, StepResult } from './id.ts';

/** One step as the lab ran it. */
export const EvidenceStep = z.strictObject({
  id: StepId,
  sha256: Sha256,
  verdict: StepResult,
  /** What the fixture, or the kernel of a probe, calls for; absent on the path lanes. */
  expected: StepResult.optional(),
  /** A host fixture; of a probe, `blind` or `red`: its input was taken away or altered. */
  fixture: z.string().optional(),
  /** Wall time on the lab machine. */
  ms: z.number().int().nonnegative(),
  /** The step's output, host noise removed. */
  transcript: z.string().max(20_000),
});

/** Milliseconds since the machine's first power-on, or since it was restored from a snapshot; on the lab machine's clock. */
const instant = z.number().int().nonnegative();

/** One boot of a virtual machine: from the moment its firmware starts until it is off, dead, or starts again. */
export const EvidenceBoot = z.strictObject({
  /** Release of the kernel that ran, as `uname -r` prints it; empty if the machine never left GRUB. */
  kernel: z.string().max(100),
  /** Which of the run's two kernels that was; `none` if it never left GRUB. */
  role: z.enum(['old', 'new', 'none']),
  /** What GRUB started: its default, the guarded trial entry, the old kernel because that guard refused, or an entry picked by hand; `direct`: QEMU, without GRUB. */
  entry: z.enum(['default', 'trial', 'refused', 'by-hand', 'direct']),
  /** Why this boot happened. */
  cause: z.enum(['power-on', 'reboot', 'panic', 'watchdog', 'power-cut']),
  atMs: instant,
  /** When user space answered; null if it never did. 0 in the first boot: restored from a snapshot of a running machine. */
  upMs: instant.nullable(),
  /** When the boot was over; null for a machine that was still running when the run ended. */
  endMs: instant.nullable(),
  /** What was done in this boot or what ended it: `kernel panic: …`, `verification failed: verify.units`. May be empty. */
  words: z.string().max(400),
});

/** One fact that was read back when the run was over. */
export const EvidenceAssertion = z.strictObject({
  /** What must be so, as a sentence. */
  words: z.string().min(1).max(300),
  ok: z.boolean(),
  /** What was found instead of believed: a value, a line of a file. */
  found: z.string().max(1000),
});

/** What was typed and printed on one machine of a demonstration. */
export const EvidenceTranscript = z.strictObject({
  /** Release of the kernel that ran. */
  kernel: z.string().min(3).max(100),
  text: z.string().max(20_000),
});

/** One power cut of a soak run. */
export const EvidenceCut = z.strictObject({
  /** 1, 2, 3, … in the order of the run. */
  n: z.number().int().positive(),
  /** Milliseconds from the start of the command that was cut. */
  atMs: z.number().int().nonnegative(),
  /** What was cut, `upgrade: upgrade.install (dpkg)`: the command, the step, the programs that ran. */
  during: z.string().min(1).max(300),
  /** Release of the kernel that came up afterwards; empty: none did, the machine was lost. */
  booted: z.string().max(100),
  /** Did everything end as the scenario calls for? */
  ok: z.boolean(),
  /** Could the upgrade be taken up again afterwards and led to its end? */
  resumed: z.boolean(),
  words: z.string().max(1000),
});

/** The run in which a host's repairs are shown to mend the faults they name: one step for each fault, named by its fixture. */
export const MENDED = 'fault/mended';

/** One run of the lab. Written by the lab only, never by hand. Fields may be added, never renamed. */
export const EvidenceRun = z.strictObject({
  format_version: z.literal(1),
  host: z.string(),
  distro: z.string(),
  lane: z.enum(['rehearsal', 'paste', 'vm']),
  /** Begins with its kind: path/ fixture/ paste/ death/ storage/ cut/ fault/ probe/ soak/ */
  scenario: z.string().regex(/^(path|fixture|paste|death|storage|cut|fault|probe|soak)\/[a-z0-9-]+$/),
  date: z.iso.datetime(),
  result: z.enum(['pass', 'fail']),
  kernelBefore: z.string(),
  kernelAfter: z.string(),
  cpuSeconds: z.number().nonnegative(),
  real: z.array(z.string()),
  standIn: z.array(z.string()),
  tools: z.record(z.string(), z.string()),
  script: z.strictObject({ version: z.string(), sha256: Sha256 }).optional(),
  steps: z.array(EvidenceStep),
  /** Storage layout of the virtual machine: root-ext4, boot-ext4, xfs, lvm, btrfs, uefi. */
  layout: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a storage layout such as root-ext4').optional(),
  /** One sentence: what the scenario does and what must come of it. */
  what: z.string().min(10).max(400).optional(),
  /** Each boot of the machine, in order; of a soak run, those of its last machine. Only where kernels really boot: the vm lane. */
  boots: z.array(EvidenceBoot).max(1000).optional(),
  /** What was read back at the end. */
  assertions: z.array(EvidenceAssertion).max(200).optional(),
  /** How the machine's CPU was made: emulated by QEMU, or the lab machine's own. */
  accel: z.enum(['tcg', 'kvm']).optional(),
  /** Seconds from beginning to end on a clock on the wall. */
  wallSeconds: z.number().nonnegative().optional(),
  /** Where the run's random numbers began, so that it can be repeated. */
  seed: z.number().int().optional(),
  /** Soak runs: how many machines; each went through several cuts. */
  machines: z.number().int().positive().optional(),
  /** Soak runs: every power cut. */
  cuts: z.array(EvidenceCut).max(2000).optional(),
  /** Soak runs: the texts of the steps on the way that was cut. No transcripts: which of them ran, `cuts` tells. */
  texts: z.array(z.strictObject({ id: StepId, sha256: Sha256 })).max(300).optional(),
  /** Demonstrations: what was typed and printed, a part for each kernel. */
  transcripts: z.array(EvidenceTranscript).max(10).optional(),
  /** The decisive part of the serial console. */
  serial: z.string().max(20_000).optional(),
});
export type EvidenceRun = z.infer<typeof EvidenceRun>;
export type EvidenceStep = z.infer<typeof EvidenceStep>;
export type EvidenceBoot = z.infer<typeof EvidenceBoot>;
export type EvidenceAssertion = z.infer<typeof EvidenceAssertion>;
export type EvidenceCut = z.infer<typeof EvidenceCut>;

/**
 * A picture of boots and a picture of power cuts, as numbers; made by src/runbook/timeline.ts and src/runbook/cuts.ts,
 * drawn by components. Every `x` and `width` is a percentage of the picture's width, so that it fits any screen without
 * its letters shrinking.
 */
import type { EvidenceBoot } from './evidence.ts';

/** A track on which the machine runs: the new kernel's, the old kernel's, or no kernel at all. */
export interface TimelineLane {
  role: EvidenceBoot['role'];
  words: string;
}

/** One boot, from its start to its end. */
export interface TimelineBar {
  /** Counted from 1, as in the list below the picture. */
  n: number;
  /** Index into the lanes. */
  lane: number;
  x: number;
  width: number;
  /** How much of the bar passed before user space answered; all of it if it never did. */
  starting: number;
  /** Did user space answer? */
  up: boolean;
  /** Where the number stands: at the start of the bar, or moved where numbers would lie on each other. */
  numberX: number;
}

/** Why the machine left a boot (or was switched on), at the place where that happened. */
export interface TimelineMark {
  cause: EvidenceBoot['cause'];
  lane: number;
  x: number;
  /** Words beside the mark, for wide screens; absent where they would lie on others. */
  label?: string;
  /** The words end before the mark instead of beginning behind it. */
  labelLeft?: boolean;
}

export interface TimelineTick {
  x: number;
  words: string;
}

export interface Timeline {
  lanes: TimelineLane[];
  bars: TimelineBar[];
  marks: TimelineMark[];
  /** The machine is dead or off and nothing starts yet. */
  waits: { lane: number; x: number; width: number }[];
  /** Where a boot takes the machine from one lane to another. */
  moves: { x: number; from: number; to: number }[];
  /** Where the trial entry's guard refused, so that the machine stayed on its lane. */
  refusals: { x: number; lane: number }[];
  /** Where the last boot still runs when the run ends. */
  open?: { lane: number; x: number };
  ticks: TimelineTick[];
}

/** One boot in words, for the list below the picture. */
export interface BootWords {
  n: number;
  /** Since the run began, `m:ss`. */
  at: string;
  /** Absent for a machine that ran already when the run began. */
  cause?: EvidenceBoot['cause'];
  /** Why this boot happened. */
  why: string;
  /** Release; empty if no kernel was started. */
  kernel: string;
  /** What GRUB started. */
  entry: string;
  /** Whether and when it came up, and what ended it; a sentence each. */
  then: string[];
}

/** Power cuts along the time since a command began. */
export interface CutStrip {
  /** Of the script; empty if the run does not say which. */
  command: string;
  marks: { n: number; x: number; good: boolean }[];
  ticks: TimelineTick[];
}

/** All cuts during one step. */
export interface CutRow {
  during: string;
  cuts: number;
  /** First and last instant, `m:ss`. */
  from: string;
  to: string;
  /** What came up, most frequent first. */
  booted: { kernel: string; times: number }[];
  resumed: number;
  lost: number;
}

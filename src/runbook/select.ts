import type { DistroMeta, ScriptedDistro } from '../model/distro.ts';
import { PHASES, type Phase } from '../model/id.ts';
import type { PhaseMeta } from '../model/runbook.ts';
import type { Applies } from '../model/step.ts';
import type { Step } from './step.ts';

/** A distribution with its id (the file's name). */
export type Distro = DistroMeta & { id: string };
/** One that a script is made for. */
export type ScriptDistro = ScriptedDistro & { id: string };

/** Those of a list that a script is made for. */
export const scripted = (distros: readonly Distro[]): ScriptDistro[] => distros.filter((d): d is ScriptDistro => d.script);

/** One phase of a distribution's runbook, steps in order. */
export interface RunbookPhase {
  meta: PhaseMeta;
  phase: Phase;
  steps: Step[];
}

/** The ordered steps of one distribution. */
export interface Runbook {
  distro: ScriptDistro;
  phases: RunbookPhase[];
  steps: Step[];
}

const matches = (wanted: string | string[] | undefined, actual: string): boolean =>
  wanted === undefined || (Array.isArray(wanted) ? wanted.includes(actual) : wanted === actual);

/** Does a step with this selector belong into the runbook of this distribution? */
export const appliesTo = (applies: Applies | undefined, distro: Distro): boolean =>
  applies === undefined ||
  (matches(applies.distro, distro.id) &&
    matches(applies.family, distro.family) &&
    matches(applies.loader, distro.loader) &&
    matches(applies.initramfs, distro.initramfs) &&
    matches(applies.packageManager, distro.packageManager));

/**
 * Picks and orders the steps of one distribution. Of the variants of a step it takes the one that applies. Steps that a phase names
 * but that do not exist are left out, as is a second variant that applies: lint reports both.
 */
export function selectRunbook(distro: ScriptDistro, phases: PhaseMeta[], steps: Step[]): Runbook {
  const ordered = [...phases].sort((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase));
  const picked = ordered.map((meta) => ({
    meta,
    phase: meta.phase,
    steps: meta.steps
      .map((id) => steps.find((s) => s.id === id && appliesTo(s.meta.applies, distro)))
      .filter((s) => s !== undefined),
  }));
  return { distro, phases: picked, steps: picked.flatMap((p) => p.steps) };
}

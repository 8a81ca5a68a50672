/** Compares what a disk did with what its scenario calls for. Pure. */
import { parseGrubenv } from '../grub/env.ts';
import type { Plan } from './plan.ts';
import type { MachineRun } from './run.ts';
import { type BootKind, type EnvAfter, type GrubScenario, kindOf } from './scenarios.ts';

/** What of GRUB's environment a scenario speaks about. @param block text of the file; undefined when there is none */
export function envAfter(block: string | undefined): EnvAfter {
  const variables = block === undefined ? undefined : parseGrubenv(block);
  return variables ? { nextEntry: variables.get('next_entry'), tried: variables.get('trialboot_tried') } : 'none';
}

/**
 * Is it what the product promises: never the new kernel without its safeguards, on trial at most once, never standing still?
 * @param committed the new kernel was verified: from then on it, and no other, is what has to start
 */
export const isSafe = (kinds: readonly (BootKind | undefined)[], stuck: boolean, committed = false): boolean =>
  !stuck && (committed ? kinds.every((k) => k === 'new') : kinds.every((k) => k !== undefined && k !== 'new') && kinds.filter((k) => k === 'trial').length <= 1);

/**
 * Everything that is not as the scenario calls for.
 * @param after text of the environment block in the image when the run was over
 * @returns one sentence each; empty when all is as it should be
 */
export function judge(scenario: GrubScenario, plan: Plan, run: Pick<MachineRun, 'boots' | 'stuck'>, after: string | undefined): string[] {
  const kinds = run.boots.map((b) => kindOf(b, plan));
  const faults: string[] = [];
  const words = (list: readonly (string | undefined)[]): string => list.map((k) => k ?? 'neither').join(', ') || 'nothing';
  if (words(kinds) !== words(scenario.boots)) faults.push(`booted ${words(kinds)}; expected ${words(scenario.boots)}`);
  if (run.stuck) faults.push(`GRUB stood still after ${run.boots.length} starts`);
  for (const [i, boot] of run.boots.entries()) {
    const own = plan.paths.initrd(boot.release).replace(/^.*\//, '');
    // A real kernel does not say which initramfs it was given, only that there was one.
    if (boot.real ? !boot.initrd : boot.initrdText !== own) faults.push(`start ${i + 1}: ${boot.release} was given ${boot.initrd ? boot.initrdText : 'no initrd'}, not ${own}`);
  }
  const env = envAfter(after);
  if (JSON.stringify(env) !== JSON.stringify(scenario.env)) faults.push(`environment afterwards ${JSON.stringify(env)}; expected ${JSON.stringify(scenario.env)}`);
  const safe = isSafe(kinds, run.stuck, scenario.stage === 'committed');
  if (!safe && scenario.unsafe === undefined) faults.push('not safe: the new kernel booted unguarded or more than once, or nothing booted');
  if (safe && scenario.unsafe !== undefined) faults.push('safe, although the scenario says why it cannot be: correct the scenario');
  return faults;
}

/** The words for what front matter says in keys. */
import type { Effect, StepMeta } from '../model/step.ts';
import type { z } from 'astro/zod';

export const GATE = {
  block: 'FAIL or SKIP stops the upgrade',
  override: 'FAIL or SKIP stops the upgrade unless you accept it with a reason',
  advise: 'warns, never stops',
} as const;

const EFFECT: Record<z.infer<typeof Effect>, string> = {
  net: 'uses the network',
  pkg: 'changes packages',
  'boot-files': 'writes kernels, initramfs or the boot menu',
  'boot-default': 'sets the default boot entry',
  'boot-once': 'sets the entry of the next boot only',
  config: 'writes under /etc',
  services: 'starts, stops or enables units',
  state: "writes the runbook's own state directory",
  reboot: 'reboots the machine',
};

/** What a step does to the host, in one line. */
export function nature(meta: StepMeta): string {
  switch (meta.kind) {
    case 'check':
      return `Check, changes nothing; ${GATE[meta.gate]}`;
    case 'probe':
      return 'Probe, changes nothing';
    case 'vars':
      return `Settings of your shell: ${meta.names.join(', ')}`;
    default:
      return `Action: ${meta.effects.map((e) => EFFECT[e]).join(', ')}`;
  }
}

/** Who runs the step, where that is not whoever reads it. */
export const runBy = (meta: StepMeta): string | undefined =>
  meta.only === 'script' ? 'Run by the script only. If you paste the runbook, leave it out.' : undefined;

export const privilege = (meta: StepMeta): string => (meta.privilege === 'root' ? 'needs root or sudo' : 'runs as any user');

/** How many lines of a transcript a runbook page shows. The run's own page has them all. */
const SHOWN = 30;

/** The end of a transcript, where the outcome stands, and the words above it. */
export function excerpt(text: string): { text: string; words: string } {
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.length > SHOWN
    ? { text: lines.slice(-SHOWN).join('\n'), words: `The last ${SHOWN} of ${lines.length} lines it printed` }
    : { text: lines.join('\n'), words: 'What it printed' };
}

/** The end of a kernel's maintenance, as a phrase. */
export const untilWords = (until: string): string =>
  until === 'rolls' ? 'moves on to the next series' : until === 'unknown' ? 'unknown' : until;

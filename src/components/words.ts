/** The words for what front matter says in keys. */
import type { DistroMeta } from '../model/distro.ts';
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

/** A release by name, with its codename if it has one. */
export const distroTitle = (d: Pick<DistroMeta, 'name' | 'codename'>): string => (d.codename ? `${d.name} (${d.codename})` : d.name);

/** Until when a release is supported, as a sentence. */
export function supportWords({ full, lts }: DistroMeta['supportedUntil']): string {
  const day = (end: string): string => (end === 'rolls' ? 'no end: it rolls' : end === 'unknown' ? 'unknown' : end);
  return `Full support until ${day(full)}${lts === undefined ? '' : `, long-term support until ${day(lts)}`}.`;
}

/** Does the release get a 7.x kernel from its vendor? A few words. */
export const sevenWords = (d: DistroMeta): string =>
  d.script ? (Number(d.toSeries) >= 7 ? `yes, ${d.toSeries}` : 'no') : d.seven === 'no' ? 'no' : d.seven === '7.0' ? 'yes, 7.0' : 'yes, newer than 7.0';

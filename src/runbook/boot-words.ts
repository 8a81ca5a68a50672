/** A machine's boots in words: what stands under the picture, and what a screen reader reads instead of it. */
import type { EvidenceBoot } from '../model/evidence.ts';
import type { BootWords } from '../model/timeline.ts';
import { clock } from './clock.ts';
import { CAUSE_WORDS, isRestored } from './timeline.ts';

const ENTRY = {
  default: 'default entry',
  trial: 'trial entry',
  refused: 'the trial entry refused by its guard, so the old kernel',
  'by-hand': 'picked by hand in the menu',
  direct: 'started by QEMU itself, without a menu',
} as const satisfies Record<EvidenceBoot['entry'], string>;

/** Did a dead trial end here: the old kernel by GRUB's default, and nobody touched the machine? */
function cameBack(boot: EvidenceBoot, before: EvidenceBoot | undefined): boolean {
  const dead = boot.cause === 'panic' || boot.cause === 'watchdog';
  return before?.entry === 'trial' && boot.role === 'old' && boot.entry === 'default' && dead && boot.upMs !== null;
}

/** A sentence's first letter large and a full stop at its end. */
const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?…]$/.test(words) ? '' : '.');

/** Why a boot happened. Time may have passed since: a panicked kernel waits before it restarts. */
function why(boot: EvidenceBoot, before: EvidenceBoot | undefined): string {
  const words = CAUSE_WORDS[boot.cause];
  if (!before || before.endMs === null || boot.atMs - before.endMs < 1000) return words;
  return `restart after the ${words} at ${clock(before.endMs)}`;
}

/** One entry a boot, in order. @param boots of one run */
export function bootWords(boots: EvidenceBoot[]): BootWords[] {
  return boots.map((boot, i) => {
    const before = boots[i - 1];
    const then: string[] = [];
    const restored = i === 0 && isRestored(boots);
    if (restored) then.push('The machine ran already: it was restored from a snapshot.');
    else if (boot.upMs === null) then.push(boot.role === 'none' ? 'No kernel was started.' : 'User space never answered.');
    else then.push(`${cameBack(boot, before) ? 'Came back by itself, user space' : 'User space'} answered at ${clock(boot.upMs)}.`);
    if (boot.words !== '') then.push(sentence(boot.words));
    if (boot.endMs !== null && boots[i + 1] === undefined) then.push(`Switched off at ${clock(boot.endMs)}.`);
    return {
      n: i + 1,
      at: clock(boot.atMs),
      ...(!restored && { cause: boot.cause }),
      why: restored ? 'start of the run' : why(boot, before),
      kernel: boot.kernel,
      entry: ENTRY[boot.entry],
      then,
    };
  });
}

/** The whole story in one line, for a picture that stands without its list. @param boots of one run */
export const bootSentence = (boots: EvidenceBoot[]): string =>
  bootWords(boots)
    .map((b) => `${b.at} ${b.why}, ${b.kernel || 'no kernel'} (${b.entry}). ${b.then.join(' ')}`)
    .join(' ');

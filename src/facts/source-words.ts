/** A source as a phrase for readers. */
import type { Source } from '../model/source.ts';

/** @returns the words without the day it was checked, which every page shows beside them */
export function sourceWords(s: Source): string {
  if ('source' in s) return s.source;
  if ('file' in s) return `${s.file}, line ${s.line} of Linux ${s.release}: ${s.says}`;
  if ('kernel' in s) return `${s.symbol}=${s.value} in the configuration of ${s.kernel}`;
  return `run ${s.run}: ${s.says}`;
}

/** The words and marks of the matrix. A mark says how we know, a word says what; colour only repeats it. */
import type { Cell } from '../facts/matrix.ts';
import type { FeatureMeta } from '../model/feature.ts';

const FEATURE = { yes: 'yes', off: 'off', userspace: 'tools too old', no: 'no', unknown: 'unknown' } as const;
const CHANGE = { yes: 'applies', off: 'off', userspace: 'tools too old', no: 'not yet', unknown: 'unknown' } as const;

/** What a cell says. A change is not something one has: it applies or not. */
export const valueWords = (kind: FeatureMeta['kind'], value: Cell['value']): string => (kind === 'change' ? CHANGE : FEATURE)[value];

export const HOW = {
  measured: { mark: '■', words: 'measured: read out of the distribution\'s own packages' },
  cited: { mark: '□', words: 'cited: somebody else says so' },
  unknown: { mark: '?', words: 'unknown: nobody measured it, and we found no source' },
} as const;

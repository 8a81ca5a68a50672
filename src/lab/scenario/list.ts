/** All scenarios, in the order in which they are listed and run. */
import { CUT } from './cut.ts';
import { DEATH } from './death.ts';
import { PATH } from './path.ts';
import { STORAGE } from './storage.ts';
import type { Scenario } from './types.ts';

export const SCENARIOS: readonly Scenario[] = [...PATH, ...DEATH, ...STORAGE, ...CUT];

/** What a scenario is. The lists are in path.ts, death.ts, storage.ts and cut.ts. */
import type { VmLayout } from '../../model/host.ts';
import type { Scene } from './scene.ts';

/** States of a machine that scenarios start from, kept as snapshots of a running machine. */
export type Start = 'prepared' | 'upgraded';

export interface Scenario {
  /** `kind/name`, as in the evidence. */
  name: string;
  /** One sentence for readers: what is done and what must come of it. */
  what: string;
  start: Start;
  /** Where it runs; the first is the one of the short list. */
  layouts: readonly VmLayout[];
  /** Part of `npm test`. */
  short?: true;
  /** Runs on machines of the RHEL family too: it names nothing that only Debian has. */
  rhel?: true;
  play(s: Scene): Promise<void>;
}

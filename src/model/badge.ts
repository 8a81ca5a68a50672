/** What the evidence says about one step; made by src/runbook/badge.ts, shown by the pages. */

/** One sentence about one kind of test, and the runs it speaks of. */
export interface BadgeLine {
  words: string;
  good: boolean;
  /** Ids of evidence runs. */
  runs: string[];
  /** It speaks of machines that really booted: dozens of runs, which stand in a table of their own. */
  booted?: true;
}

export interface Badge {
  /** none: this text has not been run. */
  state: 'good' | 'bad' | 'none';
  /** The whole badge in one line of text. */
  words: string;
  lines: BadgeLine[];
  /** What the step printed in the newest run of a whole runbook, else in the newest run of any kind. */
  transcript?: { run: string; text: string };
}

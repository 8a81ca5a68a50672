/** The table of real boots, scenario by storage layout; made by src/runbook/scenario-matrix.ts, shown by the evidence page. */

export interface ScenarioCell {
  layout: string;
  /** Absent: not run. */
  run?: { id: string; words: string; day: string; good: boolean };
}

export interface ScenarioRow {
  scenario: string;
  title: string;
  /** What is done and what must come of it; empty if no run says. */
  what: string;
  cells: ScenarioCell[];
  /** CPU seconds of the cheapest and the dearest run of the row. */
  cpu: { least: number; most: number };
}

export interface ScenarioMatrix {
  layouts: { id: string; words: string }[];
  groups: { kind: string; title: string; rows: ScenarioRow[] }[];
  totals: {
    runs: number;
    /** Starts of a kernel, or of GRUB alone; of a soak run those that followed a cut. */
    boots: number;
    /** Those of the new kernel. */
    trials: number;
    /** Panics, resets by a watchdog and power cuts. */
    deaths: number;
    /** Machines left without a running system. */
    lost: number;
    /** Runs that did not end as their scenario wants. */
    failed: number;
    cpuSeconds: number;
    accels: string[];
    /** Cells of the table in which nothing was run. */
    empty: number;
  };
  /** One for each soak run. */
  soaks: { run: string; layout: string; words: string }[];
  /** Layouts that readers ask for and no run has. */
  untried: string[];
}

/** What was tried on virtual machines that really boot: scenario by storage layout. */
import type { HostLayout } from '../model/host.ts';
import type { ScenarioMatrix, ScenarioRow } from '../model/scenario-matrix.ts';
import { dayOf, kindOf, type Run } from './badge.ts';
import { cutSentence, cutTotals } from './cuts.ts';
import { lostMachines, outcome } from './outcome.ts';
import { KIND_TITLES, scenarioTitle } from './scenario-titles.ts';

/** The lab's layouts, in the order of the columns. */
const LAYOUTS: { readonly [layout: string]: string } = {
  'root-ext4': 'ext4',
  'boot-ext4': 'ext4, own /boot',
  xfs: 'XFS',
  lvm: 'LVM',
  btrfs: 'Btrfs',
  uefi: 'UEFI',
} satisfies Record<HostLayout, string>;

/** Layouts that servers have and readers ask for; named as untried as long as no run has one. */
const ASKED_FOR = { mdraid: 'software RAID', luks: 'an encrypted root (LUKS)', zfs: 'ZFS', multipath: 'multipath storage' } as const;

/** Words for a layout; its id if it is new here. */
export const layoutWords = (layout: string): string => LAYOUTS[layout] ?? (layout === 'image' ? 'a cloud image' : layout);

/** Newest first; of the same instant, in the order of their ids. */
const newer = (a: Run, b: Run): number => b.date.localeCompare(a.date) || a.id.localeCompare(b.id);

/** The newest run per scenario and layout, newest first. */
function newestRuns(runs: Run[]): Run[] {
  const groups = Map.groupBy([...runs].sort(newer), (run) => `${run.scenario} ${run.layout ?? ''}`);
  return [...groups.values()].map((group) => group[0]!);
}

/** @param runs of one scenario, newest first, at most one for each layout */
function toRow(scenario: string, runs: Run[], layouts: string[]): ScenarioRow {
  const cpu = runs.map((r) => r.cpuSeconds);
  return {
    scenario,
    title: scenarioTitle(scenario),
    what: runs.find((r) => r.what !== undefined)?.what ?? '',
    cells: layouts.map((layout) => {
      const run = runs.find((r) => r.layout === layout);
      return run ? { layout, run: { id: run.id, words: outcome(run), day: dayOf(run), good: run.result === 'pass' } } : { layout };
    }),
    cpu: { least: Math.min(...cpu), most: Math.max(...cpu) },
  };
}

/** A soak run carries the boots of one of its machines only, as an example: of the others the boot after the cut is counted. */
function bootTotals(runs: Run[]): { boots: number; trials: number; deaths: number } {
  const each = runs.map((run) => {
    if (run.cuts && run.cuts.length > 0) {
      const { total, lost } = cutTotals(run.cuts);
      return { boots: total - lost, trials: run.cuts.filter((c) => c.booted !== '' && c.booted !== run.kernelBefore).length, deaths: total };
    }
    const boots = run.boots ?? [];
    return {
      boots: boots.length,
      trials: boots.filter((b) => b.role === 'new').length,
      deaths: boots.filter((b) => ['panic', 'watchdog', 'power-cut'].includes(b.cause)).length,
    };
  });
  const sum = (key: keyof (typeof each)[number]): number => each.reduce((n, of) => n + of[key], 0);
  return { boots: sum('boots'), trials: sum('trials'), deaths: sum('deaths') };
}

/**
 * The table and its sums, over the newest run of each scenario and layout of one distribution.
 * @param runs of any lane and distribution
 * @returns undefined if none of them is a real boot
 */
export function scenarioMatrix(runs: Run[], distro: string): ScenarioMatrix | undefined {
  const real = newestRuns(runs.filter((r) => r.lane === 'vm' && r.distro === distro));
  if (real.length === 0) return undefined;
  const seen = new Set(real.flatMap((r) => r.layout ?? []));
  const layouts = [...Object.keys(LAYOUTS), ...[...seen].filter((l) => !(l in LAYOUTS)).sort()];
  const kinds = [...new Set([...Object.keys(KIND_TITLES), ...real.map(kindOf).sort()])];
  const groups = kinds.flatMap((kind) => {
    const rows = [...Map.groupBy(real.filter((r) => kindOf(r) === kind), (r) => r.scenario)]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([scenario, of]) => toRow(scenario, of, layouts));
    return rows.length > 0 ? [{ kind, title: KIND_TITLES[kind] ?? kind, rows }] : [];
  });
  return {
    layouts: layouts.map((id) => ({ id, words: layoutWords(id) })),
    groups,
    totals: {
      runs: real.length,
      ...bootTotals(real),
      lost: real.reduce((sum, r) => sum + lostMachines(r), 0),
      failed: real.filter((r) => r.result === 'fail').length,
      cpuSeconds: real.reduce((sum, r) => sum + r.cpuSeconds, 0),
      accels: [...new Set(real.flatMap((r) => r.accel ?? []))].sort(),
      empty: groups.flatMap((g) => g.rows.flatMap((row) => row.cells)).filter((c) => !c.run).length,
    },
    soaks: real.flatMap((r) => (r.cuts && r.cuts.length > 0 ? [{ run: r.id, layout: layoutWords(r.layout ?? ''), words: cutSentence(r.cuts, r) }] : [])),
    untried: Object.entries(ASKED_FOR)
      .filter(([id]) => !seen.has(id))
      .map(([, words]) => words),
  };
}

/** Did the old kernel follow a panic of the trial by GRUB's own default, so that nobody's hands were needed? */
const cameBackFromPanic = ({ boots = [] }: Run): boolean =>
  boots.some((b, i) => b.cause === 'panic' && b.role === 'old' && b.entry === 'default' && b.upMs !== null && boots[i - 1]?.entry === 'trial');

/** The run whose picture stands for all: the newest `death/panic` in which the old kernel came back. */
export const signatureRun = (runs: Run[]): Run | undefined =>
  runs.filter((r) => r.lane === 'vm' && r.result === 'pass' && r.scenario === 'death/panic' && cameBackFromPanic(r)).sort(newer)[0];

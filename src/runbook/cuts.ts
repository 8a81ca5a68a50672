/** What came of the power cuts of a soak run. */
import type { EvidenceCut } from '../model/evidence.ts';
import { PHASES } from '../model/id.ts';
import type { CutRow, CutStrip } from '../model/timeline.ts';
import { clock, percent, ticksOf } from './clock.ts';

/** A machine is lost if no kernel came up after the cut. */
const isLost = (cut: EvidenceCut): boolean => cut.booted === '';

/** Counts. `asExpected`: everything ended as the scenario calls for; `resumed`: the upgrade could be led to its end afterwards. */
export const cutTotals = (cuts: EvidenceCut[]): { total: number; asExpected: number; resumed: number; lost: number } => ({
  total: cuts.length,
  asExpected: cuts.filter((c) => c.ok).length,
  resumed: cuts.filter((c) => c.resumed).length,
  lost: cuts.filter(isLost).length,
});

/** `upgrade: upgrade.install (dpkg)` was cut during the command `upgrade`; where no command is named, it is empty. */
const commandOf = (cut: EvidenceCut): string => /^([a-z]+): /.exec(cut.during)?.[1] ?? '';

/** Cuts by command, in the order in which a host goes through them: each command has a clock of its own. */
function byCommand(cuts: EvidenceCut[]): [command: string, cuts: EvidenceCut[]][] {
  const place = (command: string): number => (PHASES as readonly string[]).indexOf(command);
  const inTime = [...cuts].sort((a, b) => a.atMs - b.atMs);
  return [...Map.groupBy(inTime, commandOf)].sort(([a], [b]) => place(a) - place(b));
}

/** Where along each command the power went; none if it never did. */
export function cutStrips(cuts: EvidenceCut[]): CutStrip[] {
  return byCommand(cuts).map(([command, of]) => {
    const span = Math.max(...of.map((c) => c.atMs), 1000) * 1.04;
    const x = (ms: number): number => percent(0.02 + (ms / span) * 0.96);
    return { command, marks: of.map((c) => ({ n: c.n, x: x(c.atMs), good: c.ok && !isLost(c) })), ticks: ticksOf(span, x) };
  });
}

/** One row for each step that was cut, in the order in which it was reached. Programs in brackets behind a step make no row of their own. */
export function cutRows(cuts: EvidenceCut[]): CutRow[] {
  const groups = byCommand(cuts).flatMap(([, of]) => [...Map.groupBy(of, (c) => c.during.replace(/ \(.*$/, ''))]);
  return groups.map(([during, group]) => {
    const booted = [...Map.groupBy(group.filter((c) => !isLost(c)), (c) => c.booted)].map(([kernel, of]) => ({ kernel, times: of.length }));
    return {
      during,
      cuts: group.length,
      from: clock(group[0]!.atMs),
      to: clock(group.at(-1)!.atMs),
      booted: booted.sort((a, b) => b.times - a.times || a.kernel.localeCompare(b.kernel)),
      resumed: group.filter((c) => c.resumed).length,
      lost: group.filter(isLost).length,
    };
  });
}

/** What came of all cuts, in words. @param of `seed` and `machines` of the run, if it has them */
export function cutSentence(cuts: EvidenceCut[], of: { seed?: number | undefined; machines?: number | undefined } = {}): string {
  const { total, asExpected, resumed, lost } = cutTotals(cuts);
  const where = of.machines === undefined ? 'each on a machine of its own' : `on ${of.machines} machines`;
  return (
    `${total} power cuts at random instants${of.seed === undefined ? '' : ` (seed ${of.seed})`}, ${where}. ` +
    `${total - lost} came up again with a kernel, ${resumed} went on to the end afterwards, ${asExpected} ended as they must, ` +
    `${lost} ${lost === 1 ? 'was' : 'were'} lost.`
  );
}

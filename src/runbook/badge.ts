/**
 * What the evidence says about one step: the join of the step's id and SHA-256 with the runs of its distribution. A run
 * of any other text counts for nothing, so a badge falls back by itself when a step changes by one byte.
 */
import type { Badge, BadgeLine } from '../model/badge.ts';
import { type EvidenceRun, type EvidenceStep, MENDED } from '../model/evidence.ts';
import { mendsOf } from '../model/step.ts';
import type { Step } from './step.ts';

/** A run with its id: the path of its file under content/evidence, without extension. */
export interface Run extends EvidenceRun {
  id: string;
}

/** A step within a run. */
interface Hit {
  run: Run;
  step: EvidenceStep;
}

/** The part of a scenario before its slash: path, fixture, paste, … */
export const kindOf = (run: EvidenceRun): string => run.scenario.slice(0, run.scenario.indexOf('/'));
/** The part of a scenario after its slash. */
export const nameOf = (run: EvidenceRun): string => run.scenario.slice(run.scenario.indexOf('/') + 1);
/** The calendar day of a run, in UTC. */
export const dayOf = (run: EvidenceRun): string => run.date.slice(0, 10);

const WELL = new Set(['PASS', 'DONE', 'WARN']);

/** Who pasted and how, from a scenario such as `paste/root-bracketed` or `paste/admin-line-by-line`. */
function pasteOf(run: EvidenceRun): { who: string; how: string } {
  const [user = '', ...how] = nameOf(run).split('-');
  return { who: user === 'root' ? 'root' : 'user with sudo', how: how.join(' ') };
}

const newer = (a: Hit, b: Hit): number =>
  a.run.date < b.run.date ? 1 : a.run.date > b.run.date ? -1 : a.run.id < b.run.id ? -1 : 1;

/** The newest record per key, newest first. */
function newestBy(records: Hit[], key: (r: Hit) => string): Hit[] {
  const found = new Map<string, Hit>();
  for (const r of [...records].sort(newer)) if (!found.has(key(r))) found.set(key(r), r);
  return [...found.values()];
}

const list = (items: string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

const ids = (records: Hit[]): string[] => [...new Set(records.map((r) => r.run.id))];
const isWell = (r: Hit): boolean => r.run.result === 'pass' && WELL.has(r.step.verdict);
const failed = (r: Hit): string => (r.run.result === 'fail' ? ' (the run failed)' : '');

/** `PASS` if all agree, else each verdict with the scenario it belongs to. */
function verdicts(records: Hit[]): string {
  const all = new Set(records.map((r) => `${r.step.verdict}${failed(r)}`));
  if (all.size === 1) return [...all][0]!;
  return records.map((r) => `${r.step.verdict} in ${r.run.scenario}${failed(r)}`).join(', ');
}

/**
 * Whole runbooks, newest per host and scenario. A scenario may call for a failing check (a trial that falls back), so
 * the line is good when every run ended as its scenario wants and the step ended well in at least one of them.
 */
function pathLines(records: Hit[], titles: ReadonlyMap<string, string>): BadgeLine[] {
  const newest = newestBy(records, (r) => `${r.run.lane} ${r.run.host} ${r.run.scenario}`);
  const groups = new Map<string, Hit[]>();
  for (const r of newest) {
    const key = `${r.run.lane} ${r.run.host}`;
    groups.set(key, [...(groups.get(key) ?? []), r]);
  }
  return [...groups.values()].map((group) => {
    const { run } = group[0]!;
    const title = titles.get(run.host) ?? run.host;
    // Rehearsal hosts never boot a kernel: said here and not only below, or `trial.reboot … DONE` would be a lie.
    const how = run.lane === 'paste' ? `pasted on ${title}` : `rehearsed on ${title} (no kernel booted there)`;
    return {
      words: `${how} on ${dayOf(run)}: ${verdicts(group)}`,
      good: group.every((r) => r.run.result === 'pass') && group.some(isWell),
      runs: ids(group),
    };
  });
}

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

/**
 * Virtual machines: the only line that may say booted. In a run that kills the new kernel or cuts the power a step may be
 * meant to fail, so there the end of the run counts, and a verdict counts only where the whole runbook was followed.
 */
function bootedLines(records: Hit[], titles: ReadonlyMap<string, string>): BadgeLine[] {
  const newest = newestBy(records, (r) => `${r.run.host} ${r.run.scenario} ${r.run.layout ?? ''}`);
  return [...Map.groupBy(newest, (r) => r.run.host)].map(([host, group]) => {
    const title = titles.get(host);
    const machine = title === undefined ? `the virtual machine ${host}` : `${/^[AEIOU]/.test(title) ? 'an' : 'a'} ${title}`;
    const layouts = new Set(group.flatMap((r) => r.run.layout ?? []));
    const sums = [count(new Set(group.map((r) => r.run.scenario)).size, 'scenario'), ...(layouts.size > 0 ? [count(layouts.size, 'storage layout')] : [])];
    const broken = group.filter((r) => r.run.result === 'fail').map((r) => `${r.run.scenario}${r.run.layout ? ` on ${r.run.layout}` : ''} failed`);
    const paths = group.filter((r) => kindOf(r.run) === 'path');
    const wellOnPath = paths.length === 0 || paths.some(isWell);
    const wrong = [...broken.sort(), ...(wellOnPath ? [] : [verdicts(paths)])];
    return {
      words: `booted on ${machine}, ${dayOf(group[0]!.run)}: ${sums.join(', ')}${wrong.length > 0 ? ` (${wrong.join('; ')})` : ''}`,
      good: broken.length === 0 && wellOnPath,
      runs: ids(group),
      booted: true,
    };
  });
}

/** Host fixtures: how many of those the step names gave the verdict it names. */
function fixtureLine(records: Hit[], step: Step): BadgeLine | undefined {
  const wanted = 'fixtures' in step.meta ? Object.entries(step.meta.fixtures) : [];
  const newest = newestBy(records, (r) => r.step.fixture ?? '');
  const byName = new Map(newest.map((r) => [r.step.fixture ?? '', r]));
  const used = wanted.flatMap(([name]) => byName.get(name) ?? []).sort(newer);
  if (used.length === 0) return undefined;
  const wrong = wanted.flatMap(([name, verdict]) => {
    const got = byName.get(name)?.step.verdict;
    return got !== undefined && got !== verdict ? [`${name} gave ${got}, not ${verdict}`] : [];
  });
  const missing = wanted.length - used.length;
  const right = used.length - wrong.length;
  const rest = [...wrong, ...(missing > 0 ? [`${missing} not run`] : [])];
  return {
    words: `fixtures: ${right} of ${wanted.length} as expected on ${dayOf(used[0]!.run)}${rest.length > 0 ? ` (${rest.join('; ')})` : ''}`,
    good: right === wanted.length,
    runs: ids(used),
  };
}

/** A repair: how many of the faults that it names it has mended. */
function mendLine(records: Hit[], step: Step): BadgeLine | undefined {
  const wanted = new Set(Object.values(mendsOf(step.meta)).flat());
  const newest = newestBy(records, (r) => r.step.fixture ?? '').filter((r) => wanted.has(r.step.fixture ?? ''));
  if (newest.length === 0) return undefined;
  const done = newest.filter(isWell);
  return {
    words: `mended ${done.length} of the ${wanted.size} faults it is for on ${dayOf(newest[0]!.run)}`,
    good: done.length === wanted.size,
    runs: ids(newest),
  };
}

/** A release's series: `7.0` of `7.0.13+deb13-amd64`. */
const seriesOf = (release: string): string => /^\d+\.\d+/.exec(release)?.[0] ?? release;

/** Probes: what each kernel answered, the oldest first, and whether it was seen without its input. */
function probeLine(records: Hit[], step: Step): BadgeLine | undefined {
  if (step.meta.kind !== 'probe' || records.length === 0) return undefined;
  const { answers } = step.meta;
  const newest = newestBy(records, (r) => `${seriesOf(r.run.kernelAfter)} ${r.step.fixture ?? ''}`);
  const asked = newest.filter((r) => r.step.fixture === undefined);
  const said = (r: Hit): string => `${seriesOf(r.run.kernelAfter)} ${r.step.verdict}${r.step.verdict === r.step.expected ? '' : `, expected ${r.step.expected ?? 'nothing'}`}${failed(r)}`;
  const missing = Object.keys(answers).filter((series) => !asked.some((r) => seriesOf(r.run.kernelAfter) === series));
  const altered = newest.filter((r) => r.step.fixture !== undefined);
  const kinds = [...Map.groupBy(altered, (r) => r.step.fixture!)].sort().map(([kind, of]) => `${kind} ${list([...new Set(of.map((r) => r.step.verdict))].sort())}`);
  return {
    words: [
      `asked on booted kernels on ${dayOf(newest[0]!.run)}: ${[...asked].sort((a, b) => (Number(seriesOf(a.run.kernelAfter)) - Number(seriesOf(b.run.kernelAfter)))).map(said).join(', ')}`,
      ...kinds,
      ...(missing.length > 0 ? [`not asked on ${list(missing)}`] : []),
    ].join('; '),
    good: missing.length === 0 && newest.every((r) => r.run.result === 'pass' && r.step.verdict === r.step.expected),
    runs: ids(newest),
  };
}

/** Pasted into an interactive shell: as whom. */
function pasteLine(records: Hit[]): BadgeLine | undefined {
  const newest = newestBy(records, (r) => r.run.scenario);
  if (newest.length === 0) return undefined;
  const good = newest.every(isWell);
  const pastes = [...newest].sort((a, b) => (a.run.scenario > b.run.scenario ? -1 : 1)).map((hit) => ({ hit, ...pasteOf(hit.run) }));
  const day = dayOf(newest[0]!.run);
  const each = (of: (p: (typeof pastes)[number]) => string): string => list([...new Set(pastes.map(of).filter((w) => w !== ''))]);
  const how = each((p) => p.how);
  return {
    words: good
      ? `pasted ${each((p) => `as ${p.who}`)}${how === '' ? '' : `, ${how},`} on ${day}`
      : `pasted on ${day}: ${pastes.map((p) => `as ${[p.who, p.how].filter(Boolean).join(' ')} ${p.hit.step.verdict}${failed(p.hit)}`).join(', ')}`,
    good,
    runs: ids(newest),
  };
}

/** Everything that broke things on purpose, short of booting: verdicts mean little there, what counts is how the run ended. */
function otherLine(records: Hit[]): BadgeLine | undefined {
  const newest = newestBy(records, (r) => r.run.scenario);
  if (newest.length === 0) return undefined;
  const names = newest.map((r) => r.run.scenario).sort();
  const bad = newest.filter((r) => r.run.result === 'fail').map((r) => r.run.scenario);
  return {
    words: `also in ${names.length <= 3 ? list(names) : `${names.length} runs with faults`}${bad.length > 0 ? `; failed: ${list(bad.sort())}` : ''}`,
    good: bad.length === 0,
    runs: ids(newest),
  };
}

/**
 * The badge of a step.
 * @param runs evidence of any distribution; those of others are left out here
 * @param distro whose runbook the badge stands in
 * @param titles host id → title
 */
export function badgeOf(step: Step, runs: Run[], distro: string, titles: ReadonlyMap<string, string>): Badge {
  const own = runs.filter((run) => run.distro === distro);
  const same = own.flatMap((run) =>
    // A check may run more than once in a run (before and after an action); what it said last counts.
    kindOf(run) === 'fixture' || kindOf(run) === 'probe' || run.scenario === MENDED
      ? run.steps.filter((s) => s.id === step.id && s.sha256 === step.sha256).map((s) => ({ run, step: s }))
      : run.steps.filter((s) => s.id === step.id && s.sha256 === step.sha256).slice(-1).map((s) => ({ run, step: s })),
  );
  const ofKind = (...kinds: string[]): Hit[] => same.filter((r) => kinds.includes(kindOf(r.run)));
  const paths = ofKind('path');
  const booted = same.filter((r) => r.run.lane === 'vm' && !['fixture', 'probe'].includes(kindOf(r.run)));
  const lines = [
    ...bootedLines(booted, titles),
    ...pathLines(paths.filter((r) => !booted.includes(r)), titles),
    fixtureLine(ofKind('fixture'), step),
    mendLine(same.filter((r) => r.run.scenario === MENDED), step),
    probeLine(ofKind('probe'), step),
    pasteLine(ofKind('paste')),
    otherLine(same.filter((r) => !booted.includes(r) && r.run.scenario !== MENDED && !['path', 'fixture', 'paste', 'probe'].includes(kindOf(r.run)))),
  ].filter((line): line is BadgeLine => line !== undefined);

  if (lines.length === 0) {
    const earlier = own.filter((run) => run.steps.some((s) => s.id === step.id && s.sha256 !== step.sha256)).map(dayOf).sort().at(-1);
    const words = earlier === undefined ? 'not run yet' : `not run yet: the text changed since the last run, on ${earlier}`;
    return { state: 'none', words, lines };
  }
  const badge: Badge = {
    state: lines.every((l) => l.good) ? 'good' : 'bad',
    words: lines.map((l) => l.words).join('; '),
    lines,
  };
  const shown = [...(paths.length > 0 ? paths : same)].sort(newer)[0];
  // A repeated action finds its work done already: its first run is the one worth reading.
  const told = step.meta.kind === 'action' ? shown?.run.steps.find((s) => s.id === step.id && s.sha256 === step.sha256) : shown?.step;
  if (shown && told && told.transcript !== '') badge.transcript = { run: shown.run.id, text: told.transcript };
  return badge;
}

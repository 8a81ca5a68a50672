import { PHASES, phaseOf } from '../model/id.ts';
import type { Problem } from '../model/problem.ts';
import type { PhaseMeta } from '../model/runbook.ts';
import { mendsOf } from '../model/step.ts';
import { appliesTo, type Runbook, type ScriptDistro } from './select.ts';
import type { Step } from './step.ts';
import { TEXT_RULES, view } from './text-rules.ts';

/** A phase with the file it stands in. */
export interface PhaseSource {
  meta: PhaseMeta;
  file: string;
}

/** Applies every text rule to one step. */
export function lintText(step: Step): Problem[] {
  const v = view(step);
  return TEXT_RULES.flatMap((r) =>
    r.find(v).map((index) => ({
      file: step.file,
      line: step.textLine + index,
      rule: r.rule,
      message: r.message,
      mend: r.mend,
    })),
  );
}

/** Finds cycles in `needs`. Returns one closed path per cycle found, each id once. */
export function needCycles(steps: Step[]): string[][] {
  const needs = new Map<string, string[]>();
  for (const { id, meta } of steps) needs.set(id, [...(needs.get(id) ?? []), ...meta.needs]);
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[][] = [];
  const visit = (id: string, path: string[]): void => {
    if (state.get(id) === 'done') return;
    if (state.get(id) === 'open') {
      cycles.push([...path.slice(path.indexOf(id)), id]);
      return;
    }
    state.set(id, 'open');
    for (const next of needs.get(id) ?? []) visit(next, [...path, id]);
    state.set(id, 'done');
  };
  for (const id of needs.keys()) visit(id, []);
  return cycles;
}

/**
 * Checks what no schema can see: that references resolve, that phases name real steps of their own, that an action's
 * outcome is a check, that needs have no cycle.
 * @param knownFixtures names of the host fixtures and lab stages that exist
 */
export function lintReferences(steps: Step[], phases: PhaseSource[], knownFixtures: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const byId = Map.groupBy(steps, (s) => s.id);
  const report = (file: string, line: number, rule: string, message: string, mend: string) =>
    problems.push({ file, line, rule, message, mend });

  const listed = new Map<string, string>();
  for (const { meta, file } of phases) {
    for (const id of meta.steps) {
      if (!byId.has(id)) {
        report(file, 0, 'phase-unknown-step', `names ${id}, which does not exist`, `write content/steps/${id.replace('.', '/')}.mdx or remove the line`);
      } else if (phaseOf(id) !== meta.phase) {
        report(file, 0, 'phase-foreign-step', `names ${id} of another phase`, 'a phase lists its own steps');
      }
      listed.set(id, file);
    }
  }
  for (const phase of PHASES) {
    if (!phases.some((p) => p.meta.phase === phase)) {
      report('content/runbooks', 0, 'phase-missing', `there is no phase ${phase}`, `write content/runbooks/${phase}.mdx`);
    }
  }

  for (const step of steps) {
    const { meta } = step;
    const target = (key: string, id: string | undefined, kind?: Step['meta']['kind']): void => {
      if (id === undefined) return;
      const found = byId.get(id);
      if (!found) report(step.file, 0, `${key}-unknown`, `${key} names ${id}, which does not exist`, 'correct the id or write that step');
      for (const other of found ?? []) {
        if (kind && other.meta.kind !== kind) report(step.file, 0, `${key}-kind`, `${key} names ${id}, a ${other.meta.kind}`, `${key} must name a ${kind}`);
      }
    };
    if (!listed.has(step.id)) {
      report(step.file, 0, 'step-unlisted', `${step.id} stands in no phase`, `add it to content/runbooks/${phaseOf(step.id)}.mdx`);
    }
    for (const id of meta.needs) target('needs', id);
    if (meta.kind === 'check' || meta.kind === 'action') target('remedy', meta.remedy?.step);
    if (meta.kind === 'action') {
      target('outcome', meta.outcome, 'check');
      target('doneWhen', meta.doneWhen, 'check');
      if (typeof meta.undo === 'string') target('undo', meta.undo, 'action');
      for (const [id, fixtures] of Object.entries(mendsOf(meta))) {
        target('mends', id, 'check');
        const red = new Set((byId.get(id) ?? []).flatMap((c) => (c.meta.kind === 'check' ? Object.entries(c.meta.fixtures) : [])).flatMap(([name, verdict]) => (verdict === 'PASS' ? [] : [name])));
        for (const name of fixtures.filter((f) => !red.has(f))) {
          report(step.file, 0, 'mends-not-red', `${id} has no fixture ${name} on which it does not pass`, `name one of: ${[...red].sort().join(', ')}`);
        }
      }
      if (phaseOf(step.id) === 'repair' && !meta.mends) {
        report(step.file, 0, 'repair-unproven', 'no fault is named that this repair mends', 'name a check and its red fixtures under "mends" (tests/rehearsal/repairs.test.ts runs them), or say under "none" why there is no such fault');
      }
    }
    const repair = meta.kind === 'check' ? meta.remedy.step : undefined;
    if (repair !== undefined && phaseOf(repair) === 'repair' && !(byId.get(repair) ?? []).some((r) => step.id in mendsOf(r.meta))) {
      report(step.file, 0, 'remedy-unproven', `its remedy is ${repair}, which mends none of its faults`, `name ${step.id} and a fixture under "mends" of ${repair}, or leave the step out of the remedy and say in its hint what to do`);
    }
    if (meta.kind === 'reboot') target('resume', meta.resume, 'check');
    if ((meta.kind === 'probe') !== (phaseOf(step.id) === 'probe')) {
      report(step.file, 0, 'probe-place', `${step.id} is a ${meta.kind}`, 'probes, and nothing else, stand in content/steps/probe');
    }
    if (meta.kind === 'check') {
      for (const fixture of Object.keys(meta.fixtures)) {
        if (!knownFixtures.has(fixture)) {
          report(step.file, 0, 'fixture-unknown', `fixture ${fixture} does not exist`, `write tests/fixtures/hosts/${fixture}.sh, or name a stage of the lab`);
        }
      }
    }
    const usesSudo = /\bsudo\b/.test(step.text);
    if (usesSudo && meta.privilege === 'user') {
      report(step.file, 0, 'privilege', 'the text uses sudo but privilege is user', 'set privilege: root');
    }
    if (!usesSudo && meta.privilege === 'root') {
      report(step.file, 0, 'privilege', 'privilege is root but the text never uses sudo', 'put sudo where it is needed, or set privilege: user');
    }
  }
  for (const cycle of needCycles(steps)) {
    report(byId.get(cycle[0]!)?.[0]?.file ?? 'content/steps', 0, 'needs-cycle', `needs go in a circle: ${cycle.join(' → ')}`, 'remove one of these needs');
  }
  return problems;
}

/** The steps a step refers to, with the key that names each. */
const references = ({ meta }: Step): [key: string, id: string][] => [
  ...meta.needs.map((id): [string, string] => ['needs', id]),
  ...(meta.kind === 'action' ? [['outcome', meta.outcome], ...(meta.doneWhen ? [['doneWhen', meta.doneWhen]] : []), ...(typeof meta.undo === 'string' ? [['undo', meta.undo]] : [])] as [string, string][] : []),
  ...((meta.kind === 'check' || meta.kind === 'action') && meta.remedy?.step ? [['remedy', meta.remedy.step] as [string, string]] : []),
  ...(meta.kind === 'reboot' ? [['resume', meta.resume] as [string, string]] : []),
];

/**
 * Checks one distribution's runbook: at most one variant of a step applies, and what its steps refer to is in it too.
 * @param steps all steps of the project
 */
export function lintRunbook(distro: ScriptDistro, runbook: Runbook, steps: readonly Step[]): Problem[] {
  const problems: Problem[] = [];
  const here = new Map(runbook.steps.map((s) => [s.id, s]));
  for (const step of steps) {
    const taken = here.get(step.id);
    if (taken && taken !== step && appliesTo(step.meta.applies, distro)) {
      problems.push({ file: step.file, line: 0, rule: 'variants-overlap', message: `${step.key} and ${taken.key} both apply to ${distro.id}`, mend: 'narrow "applies" of one of them' });
    }
  }
  for (const step of runbook.steps) {
    for (const [key, id] of references(step)) {
      if (!here.has(id) && steps.some((s) => s.id === id)) {
        problems.push({ file: step.file, line: 0, rule: 'reference-elsewhere', message: `${key} names ${id}, which is not in the runbook of ${distro.id}`, mend: `write a variant of ${id} that applies there, or a variant of this step that does not need it` });
      }
    }
  }
  return problems;
}

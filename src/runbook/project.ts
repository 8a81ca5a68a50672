import type { Content } from '../model/read.ts';
import type { Problem } from '../model/problem.ts';
import { lintGuide, lintGuideOrder } from './guide.ts';
import { lintReferences, lintRunbook, lintText, type PhaseSource } from './lint.ts';
import { type Distro, type Runbook, scripted, selectRunbook } from './select.ts';
import { type Step, toStep } from './step.ts';

/** The content, understood: steps with their texts, phases, distributions, and what is wrong with them. */
export interface Project {
  steps: Step[];
  phases: PhaseSource[];
  distros: Distro[];
  problems: Problem[];
}

/**
 * Turns content entries into steps and lints them. Pure.
 * @param knownFixtures names of host fixtures and lab stages
 */
export function understand(content: Content, knownFixtures: ReadonlySet<string>): Project {
  const problems = [...content.problems];
  const steps: Step[] = [];
  for (const entry of content.steps) {
    const result = toStep({ key: entry.id, meta: entry.data, body: entry.body, file: entry.file, bodyLine: entry.bodyLine });
    problems.push(...result.problems);
    if (result.step) steps.push(result.step);
  }
  const phases = content.phases.map((p) => ({ meta: p.data, file: p.file }));
  const distros = content.distros.map((d) => ({ id: d.id, ...d.data }));
  problems.push(...steps.flatMap(lintText), ...lintReferences(steps, phases, knownFixtures));
  const project = { steps, phases, distros, problems };
  // A reference that is wrong everywhere has been reported once; here are those that are wrong on one distribution.
  const found = runbooks(project).flatMap((r) => lintRunbook(r.distro, r, steps));
  problems.push(...found.filter((p, i) => found.findIndex((o) => o.file === p.file && o.message === p.message) === i));
  const guide = content.guide.map(({ data, body, file, bodyLine }) => ({ meta: data, body, file, bodyLine }));
  problems.push(...guide.flatMap((page) => lintGuide(page, runbooks(project))), ...lintGuideOrder(guide));
  return project;
}

/** The runbook of every distribution for which a script is generated. */
export const runbooks = (project: Project): Runbook[] =>
  scripted(project.distros).map((d) => selectRunbook(d, project.phases.map((p) => p.meta), project.steps));

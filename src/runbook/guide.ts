/** Pages of the guide: which texts of steps they show, and what is wrong with them. Pure. */
import type { GuideMeta } from '../model/guide.ts';
import type { Problem } from '../model/problem.ts';
import { findFences } from './fence.ts';
import type { Runbook, ScriptDistro } from './select.ts';
import type { Step } from './step.ts';

/** A page of the guide as read from disk. */
export interface GuideSource {
  meta: GuideMeta;
  body: string;
  file: string;
  /** 1-based line of the body's first line. */
  bodyLine: number;
}

/** One text of a step, with the distributions in whose runbooks it stands, in their order. */
export interface SharedText {
  step: Step;
  distros: ScriptDistro[];
}

/** The distributions a page speaks of: one, or those with a package manager; all if neither is named. */
export interface Only {
  distro?: string | undefined;
  manager?: string | undefined;
}

/** The texts that a step's id stands for, each once: most distributions share one, variants have their own. */
export function textsOf(id: string, runbooks: readonly Runbook[], only: Only = {}): SharedText[] {
  const texts: SharedText[] = [];
  for (const runbook of runbooks) {
    if (only.distro !== undefined && runbook.distro.id !== only.distro) continue;
    if (only.manager !== undefined && runbook.distro.packageManager !== only.manager) continue;
    const step = runbook.steps.find((s) => s.id === id);
    if (!step) continue;
    const same = texts.find((t) => t.step.sha256 === step.sha256);
    if (same) same.distros.push(runbook.distro);
    else texts.push({ step, distros: [runbook.distro] });
  }
  return texts;
}

/** `<StepText id="repair.free-boot" distro="debian-13" />` or `… manager="apt" />`, alone on its line; both may be left away. */
const STEP_TEXT = /^<StepText id="([^"]+)"(?: (distro|manager)="([^"]+)")? \/>$/;
const EXAMPLE = /^example="[^"]{5,}"$/;

/**
 * Checks one page: shell stands there as the text of a step, which is embedded and never typed again, or as a marked example;
 * and each step it embeds is in a runbook.
 */
export function lintGuide({ body, file, bodyLine }: GuideSource, runbooks: readonly Runbook[]): Problem[] {
  const { fences, problems } = findFences(body, file, bodyLine);
  for (const f of fences) {
    if ((f.lang === 'bash' && EXAMPLE.test(f.meta)) || (f.lang === 'text' && f.meta === '')) continue;
    problems.push({
      file,
      line: f.line,
      rule: 'guide-shell',
      message: `\`\`\`${f.lang} ${f.meta} is neither a marked example nor plain text`,
      mend: 'show the text of a step with <StepText id="…" />, or mark what the lab does not run: ```bash example="who ran it, or that nobody did"',
    });
  }
  body.split('\n').forEach((text, index) => {
    if (!text.includes('<StepText')) return;
    const [, id, key, value] = STEP_TEXT.exec(text) ?? [];
    if (id === undefined) {
      problems.push({ file, line: bodyLine + index, rule: 'guide-step-form', message: `cannot read ${text.trim()}`, mend: 'write <StepText id="…" />, with distro="…" or manager="…" if it is for some only, alone on its line' });
    } else if (textsOf(id, runbooks, key === undefined ? {} : { [key]: value }).length === 0) {
      problems.push({ file, line: bodyLine + index, rule: 'guide-step-unknown', message: `${id} is in no runbook${value === undefined ? '' : ` of ${value}`}`, mend: 'correct the id or the distribution; the ids are the paths below content/steps' });
    }
  });
  return problems;
}

/** Checks that no two pages ask for the same place in the list. */
export function lintGuideOrder(pages: readonly GuideSource[]): Problem[] {
  return pages.flatMap((page, i) => {
    const other = pages.findIndex((p) => p.meta.order === page.meta.order);
    if (other === i) return [];
    return [{ file: page.file, line: 0, rule: 'guide-order', message: `order ${page.meta.order} is that of ${pages[other]!.file}`, mend: 'give it a number of its own' }];
  });
}

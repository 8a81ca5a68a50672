import { stepIdOf } from '../model/id.ts';
import type { StepMeta } from '../model/step.ts';
import { digest } from './digest.ts';
import { findFences } from './fence.ts';
import type { Problem } from '../model/problem.ts';

/** A step: its front matter, the text that is read, copied, run and hashed, and where it stands. */
export interface Step {
  /** Its file below content/steps as `phase.name` or, for a variant, `phase.name@variant`. Unique. */
  key: string;
  /** The same without the variant: what runbooks, references and reports name. */
  id: string;
  meta: StepMeta;
  /** The runnable text, without a newline at its end. */
  text: string;
  sha256: string;
  /** Expected output, asserted line by line; absent if the step has no ```text output block. */
  output?: string;
  file: string;
  /** 1-based line of the first line of the text within the file. */
  textLine: number;
}

/** A step file as read from disk, before its body is understood. */
export interface StepSource {
  key: string;
  meta: StepMeta;
  body: string;
  file: string;
  /** 1-based line of the body's first line. */
  bodyLine: number;
}

const EXAMPLE = /^example="[^"]{5,}"$/;
const SHELL = new Set(['bash', 'sh', 'shell', 'console', 'zsh', 'shellsession']);

/** Builds a step from its source: exactly one runnable fence, at most one output block, everything else explained. */
export function toStep(source: StepSource): { step?: Step; problems: Problem[] } {
  const { fences, problems } = findFences(source.body, source.file, source.bodyLine);
  const report = (line: number, rule: string, message: string, mend: string) =>
    problems.push({ file: source.file, line, rule, message, mend });

  const runnable = fences.filter((f) => f.lang === 'bash' && f.meta === '');
  const outputs = fences.filter((f) => f.lang === 'text' && f.meta === 'output');
  for (const f of fences) {
    if (runnable.includes(f) || outputs.includes(f)) continue;
    if (f.lang === 'bash' && EXAMPLE.test(f.meta)) continue;
    if (f.lang === 'text' && f.meta === '') continue;
    if (SHELL.has(f.lang) || f.lang === 'text') {
      report(
        f.line,
        'fence-unclassified',
        `\`\`\`${f.lang} ${f.meta} is neither the step's text nor marked as an example`,
        'a step has one ```bash, one ```text output; shell that is shown but not run is ```bash example="reason"',
      );
    }
  }
  const [only, second] = runnable;
  if (second) {
    report(
      second.line,
      'two-texts',
      'a second runnable ```bash fence',
      'make it a step of its own, or mark it ```bash example="reason"',
    );
  }
  if (!only) {
    report(source.bodyLine, 'no-text', 'no runnable ```bash fence', 'add exactly one');
  }
  const [output, extra] = outputs;
  if (extra) report(extra.line, 'two-outputs', 'a second ```text output block', 'keep one');
  if (output && only && output.line < only.line) {
    report(output.line, 'output-first', 'the output stands before the text', 'move it below the ```bash fence');
  }
  if (!only) return { problems };
  const step: Step = {
    key: source.key,
    id: stepIdOf(source.key),
    meta: source.meta,
    text: only.text,
    sha256: digest(only.text),
    file: source.file,
    textLine: only.line + 1,
  };
  if (output) step.output = output.text;
  return { step, problems };
}

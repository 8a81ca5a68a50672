import type { Problem } from '../model/problem.ts';

/** A fenced block of a step's body. `text` has no newline at its end: it is what a reader copies. */
export interface Fence {
  lang: string;
  /** Info string after the language, trimmed. */
  meta: string;
  text: string;
  /** 1-based line of the opening fence within the file. */
  line: number;
}

const OPEN = /^```([A-Za-z0-9_-]*)[ \t]*(.*)$/;
const ANY_FENCE = /^\s*(?:`{3,}|~{3,})/;

/**
 * Finds the fenced blocks of an MDX body.
 *
 * Narrower than CommonMark on purpose: a fence is exactly three backticks at column 0, so that this scanner and every
 * Markdown parser must agree on where a block begins and ends. Anything that only some parsers would call a fence
 * (indented, four backticks, tildes) is a problem, not a fence.
 *
 * @param body the file after its front matter
 * @param file path for messages
 * @param firstLine 1-based line of the body's first line within the file
 */
export function findFences(
  body: string,
  file: string,
  firstLine: number,
): { fences: Fence[]; problems: Problem[] } {
  const fences: Fence[] = [];
  const problems: Problem[] = [];
  let open: { lang: string; meta: string; line: number; lines: string[] } | undefined;
  body.split('\n').forEach((text, index) => {
    const line = firstLine + index;
    if (open) {
      if (text === '```') {
        fences.push({ lang: open.lang, meta: open.meta, text: open.lines.join('\n'), line: open.line });
        open = undefined;
      } else if (ANY_FENCE.test(text)) {
        problems.push({
          file,
          line,
          rule: 'fence-nested',
          message: `a fence inside the block that opens in line ${open.line}`,
          mend: 'close the block with ``` alone at column 0 first',
        });
      } else {
        open.lines.push(text);
      }
      return;
    }
    const match = text.startsWith('````') ? null : OPEN.exec(text);
    if (match) {
      open = { lang: match[1] ?? '', meta: (match[2] ?? '').trim(), line, lines: [] };
    } else if (ANY_FENCE.test(text)) {
      problems.push({
        file,
        line,
        rule: 'fence-form',
        message: 'this looks like a fence but is not three backticks at column 0',
        mend: 'write ```bash, ```text output or ```bash example="why" at the start of the line',
      });
    }
  });
  if (open) {
    problems.push({
      file,
      line: open.line,
      rule: 'fence-open',
      message: 'the block is never closed',
      mend: 'add ``` alone on a line after it',
    });
  }
  return { fences, problems };
}

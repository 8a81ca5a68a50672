/** Something wrong with the content, in the words its author needs: where, what, and how to mend it. */
export interface Problem {
  /** Path relative to the project, with `/` separators. */
  file: string;
  /** 1-based; 0 when the whole file is meant. */
  line: number;
  /** A short stable name of the rule, for tests and for searching. */
  rule: string;
  message: string;
  mend: string;
}

/** One line for a terminal: `file:line: rule: message. Mend: …` */
export const formatProblem = (p: Problem): string =>
  `${p.file}:${p.line}: ${p.rule}: ${p.message}. Mend: ${p.mend}`;

/** Sentences of YAML files may hold `code`. Nothing else of Markdown. */
const ESCAPES: { [c: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** HTML of a sentence: everything escaped, then text in backquotes as code. */
export const render = (sentence: string): string =>
  sentence.replace(/[&<>"]/g, (c) => ESCAPES[c]!).replace(/`([^`]+)`/g, '<code>$1</code>');

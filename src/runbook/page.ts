/** Do a built page, its copy buttons, the script and the JSON API agree on the text of every step? */
import { stepTextInScript } from './compile.ts';
import { digest } from './digest.ts';

const NAMED: { [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** Text of HTML source without tags: character references resolved. Throws for a reference it does not know. */
export const plainText = (html: string): string =>
  html.replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|([a-zA-Z]+));/g, (whole, dec?: string, hex?: string, name?: string) => {
    if (dec) return String.fromCodePoint(Number(dec));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    const character = NAMED[name ?? ''];
    if (character === undefined) throw new Error(`unknown character reference ${whole}`);
    return character;
  });

/** A step as it stands on a page. */
export interface PageStep {
  id: string;
  /** What a reader sees: the text content of each runnable block. */
  shown: string[];
  /** What the copy buttons carry. */
  copied: string[];
}

/** The steps of a page, in its order. For our own markup (src/components/Step.astro, src/markdown/code-block.ts), not for any HTML. */
export function stepsOnPage(html: string): PageStep[] {
  return [...html.matchAll(/<article class="step" id="([^"]+)">(.*?)<\/article>/gs)].map(([, id, inner]) => {
    const figures = [...inner!.matchAll(/<figure class="code run">(.*?)<\/figure>/gs)].map((m) => m[1]!);
    return {
      id: id!,
      shown: figures.flatMap((f) => [...f.matchAll(/<code>(.*?)<\/code>/gs)].map((m) => plainText(m[1]!.replace(/<[^>]*>/g, '')))),
      copied: [...inner!.matchAll(/ data-copy="([^"]*)"/g)].map((m) => plainText(m[1]!)),
    };
  });
}

/** Where two texts part, for a message. */
function parting(a: string, b: string): string {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const line = a.slice(0, i).split('\n').length;
  return `line ${line}: ${JSON.stringify(a.slice(i, i + 24))} against ${JSON.stringify(b.slice(i, i + 24))}`;
}

/**
 * Compares a runbook page with its script and with the API. Returns one sentence for each disagreement.
 * @param page HTML of /upgrade/<distro>/
 * @param script the script's bytes as text
 * @param steps the steps of the distribution in their order, from the API
 */
export function pageProblems(page: string, script: string, steps: { id: string; text: string; sha256: string }[]): string[] {
  const problems: string[] = [];
  const onPage = stepsOnPage(page);
  const order = onPage.map((s) => s.id).join(' ');
  if (order !== steps.map((s) => s.id).join(' ')) {
    problems.push(`the page's steps are not those of the API: ${order || 'none'}`);
  }
  for (const { id, text, sha256 } of steps) {
    const compare = (where: string, found: string[]): void => {
      if (found.length !== 1) problems.push(`${id}: ${where} ${found.length} times, not once`);
      else if (found[0] !== text) problems.push(`${id}: ${where} otherwise, ${parting(text, found[0]!)}`);
    };
    if (digest(text) !== sha256) problems.push(`${id}: the API's sha256 is not that of its text`);
    const there = onPage.filter((s) => s.id === id);
    compare('the page shows the text', there.flatMap((s) => s.shown));
    compare('the copy button holds the text', there.flatMap((s) => s.copied));
    const inScript = stepTextInScript(script, id);
    compare('the script holds the text', inScript === undefined ? [] : [inScript]);
  }
  return problems;
}

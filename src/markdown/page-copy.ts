/** A page as Markdown, for readers that are programs: its main part, without what only serves a browser. Pure. */
import { gfm } from 'turndown-plugin-gfm';
import TurndownService from 'turndown';

export interface PageCopy {
  title: string;
  description: string;
  markdown: string;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#38': '&', '#x27': "'" };
const plain = (text: string): string => text.replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);

function converter(): TurndownService {
  const t = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', emDelimiter: '*', hr: '---' });
  t.use(gfm);
  t.remove(['button', 'script', 'style', 'nav', 'noscript', 'input', 'form', 'select']);
  // Pictures are drawn for eyes; each has its words beside it.
  t.remove('svg' as keyof HTMLElementTagNameMap);
  t.addRule('unseen', { filter: (node) => node.getAttribute('aria-hidden') === 'true' || node.classList.contains('unseen'), replacement: () => '' });
  // Shiki puts each line into a span of its own; the text is what counts, and it must stay as it is.
  t.addRule('code', {
    filter: 'pre',
    replacement: (_content, node) => {
      const element = node as HTMLElement;
      const text = (element.textContent ?? '').replace(/\n$/, '');
      const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map((m) => m[0].length + 1)));
      const language = element.getAttribute('data-language') ?? 'text';
      return `\n\n${fence}${language === 'plaintext' ? 'text' : language}\n${text}\n${fence}\n\n`;
    },
  });
  // A remark stands on a line of its own on the page; in a cell of a table there is one line.
  t.addRule('note', { filter: (node) => node.nodeName === 'SPAN' && node.classList.contains('note'), replacement: (content, node) => `${node.previousSibling ? '; ' : ''}${content}` });
  t.addRule('summary', { filter: 'summary', replacement: (content) => `\n\n**${content.trim()}**\n\n` });
  return t;
}

/**
 * Makes the copy of one page.
 * @param html the whole page
 * @returns undefined for a page without a main part, such as a redirect
 */
export function pageCopy(html: string): PageCopy | undefined {
  const main = /<main\b[^>]*>([\s\S]*)<\/main>/.exec(html)?.[1];
  const title = /<title>([\s\S]*?)<\/title>/.exec(html)?.[1];
  if (main === undefined || title === undefined) return undefined;
  const description = /<meta name="description" content="([^"]*)"/.exec(html)?.[1] ?? '';
  const markdown = converter()
    .turndown(main)
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return { title: plain(title).replace(/ · Trialboot$/, ''), description: plain(description), markdown: `${markdown}\n` };
}

/** A page of the site, as llms.txt lists it. */
export interface Listed extends Omit<PageCopy, 'markdown'> {
  /** Address of the page, with a slash at both ends. */
  path: string;
}

/** The sections of llms.txt: the beginning of an address, and its heading. What fits none comes first. */
const SECTIONS: readonly [string, string][] = [
  ['/upgrade/', 'Runbooks'],
  ['/guide/', 'Guide'],
  ['/features/', 'What is true about the 7.x kernels'],
  ['/distros/', 'Distributions'],
  ['/checklist/', 'Checklists'],
  ['/evidence/', 'Evidence'],
];

/** llms.txt after the proposal of llmstxt.org (read 2026-11): a heading, a summary, and lists of links to the Markdown copies. */
export function llmsText(pages: readonly Listed[]): string {
  const line = (p: Listed): string => `- [${p.title}](${p.path}index.md)${p.description === '' ? '' : `: ${p.description}`}`;
  const sectionOf = (p: Listed): string | undefined => SECTIONS.find(([start]) => p.path.startsWith(start))?.[1];
  const sorted = [...pages].sort((a, b) => a.path.localeCompare(b.path));
  const blocks = [
    '# Trialboot',
    '> Runbooks for upgrading the kernel of Linux servers to the 7.x series, with a trial boot: the new kernel starts once, and the old one comes back unless it was verified. Each text is what the lab ran; each claim has its source and its date.',
    'Programs: JSON under /api/v1/ (described by /api/v1/openapi.json), changes in /feed.xml. Commands are to be taken from the runbooks, not from memory.',
    sorted.filter((p) => sectionOf(p) === undefined).map(line).join('\n'),
    ...SECTIONS.flatMap(([, heading]) => {
      const own = sorted.filter((p) => sectionOf(p) === heading);
      return own.length === 0 ? [] : [`## ${heading}`, own.map(line).join('\n')];
    }),
  ];
  return `${blocks.filter((b) => b !== '').join('\n\n')}\n`;
}

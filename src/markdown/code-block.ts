/**
 * A Shiki transformer: the form of a code block on the page. It knows three kinds, by the info string of the fence
 * (src/runbook/step.ts gives them their meaning):
 *
 *   bash                  the text of a step, with a copy button that carries it byte for byte
 *   text output           what the step prints
 *   bash example="why"    shown, not run
 */
import type { Element, ElementContent } from 'hast';
import type { ShikiTransformer } from 'shiki';
import { TOKEN_CLASS } from './palette.ts';

const element = (tagName: string, properties: Element['properties'], children: ElementContent[]): Element => ({
  type: 'element',
  tagName,
  properties,
  children,
});
const words = (value: string): ElementContent => ({ type: 'text', value });

interface Form {
  className: string;
  caption: string;
  label: string;
  copy: boolean;
}

/** What a block is, from its language and its info string. */
export function formOf(lang: string, meta: string): Form {
  if (lang === 'bash' && meta === '') return { className: 'run', caption: 'Commands', label: 'Commands', copy: true };
  if (meta === 'output') return { className: 'output', caption: 'Expected output', label: 'Expected output', copy: false };
  const why = /^example="([^"]+)"$/.exec(meta)?.[1];
  if (why) return { className: 'example', caption: `Not part of the runbook: ${why}`, label: 'Example', copy: false };
  return { className: 'plain', caption: '', label: 'Text', copy: false };
}

/** Class of a token, from the style Shiki gave it. Throws for a colour that the palette lacks. */
export function tokenClass(style: unknown): string {
  const colour = /(?:^|;)\s*color:\s*(#[0-9a-f]{6})/i.exec(String(style ?? ''))?.[1]?.toLowerCase();
  if (colour === undefined) return '';
  const name = TOKEN_CLASS[colour];
  if (name === undefined) {
    throw new Error(`a code token has the colour ${colour}, which src/markdown/palette.ts does not know; add it there and in src/styles/code.css`);
  }
  return name;
}

/** Lines of tokens → one flat list: plain text as text, coloured text in spans, neighbours of one class joined. */
export function flatten(lines: Element[]): ElementContent[] {
  const runs: { name: string; value: string }[] = [];
  const add = (name: string, value: string): void => {
    const last = runs.at(-1);
    if (last && (last.name === name || /^\s*$/.test(value))) last.value += value;
    else runs.push({ name, value });
  };
  lines.forEach((line, index) => {
    if (index > 0) add('', '\n');
    for (const token of line.children) {
      if (token.type !== 'element') continue;
      const value = token.children.map((c) => (c.type === 'text' ? c.value : '')).join('');
      add(tokenClass(token.properties['style']), value);
    }
  });
  return runs.map(({ name, value }) => (name === '' ? words(value) : element('span', { class: name }, [words(value)])));
}

export const codeBlock: ShikiTransformer = {
  name: 'trialboot:code-block',
  code(node) {
    node.children = flatten(node.children.filter((c): c is Element => c.type === 'element'));
    node.properties = {};
  },
  root(root) {
    const pre = root.children[0];
    if (pre?.type !== 'element') return;
    const form = formOf(this.options.lang, this.options.meta?.__raw?.trim() ?? '');
    // A long line scrolls inside the block, so the block must be reachable by keyboard and have a name.
    pre.properties = { tabindex: '0', role: 'group', 'aria-label': form.label };
    const caption: ElementContent[] = form.caption === '' ? [] : [words(form.caption)];
    if (form.copy) {
      caption.push(element('button', { type: 'button', hidden: true, 'data-copy': this.source }, [words('Copy')]));
    }
    const figure = element('figure', { class: `code ${form.className}` }, [
      ...(caption.length > 0 ? [element('figcaption', {}, caption)] : []),
      pre,
    ]);
    root.children = [figure];
  },
};

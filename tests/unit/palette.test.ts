import { readFileSync } from 'node:fs';
import { bundledThemes } from 'shiki';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { flatten, formOf, tokenClass } from '../../src/markdown/code-block.ts';
import { THEMES, TOKEN_CLASS } from '../../src/markdown/palette.ts';

const load = async (name: keyof typeof bundledThemes) => (await bundledThemes[name]()).default;
const css = readFileSync(`${ROOT}/src/styles/code.css`, 'utf8');
const [inLight = '', inDark = ''] = css.split('@media screen and (prefers-color-scheme: dark)');
const colourIn = (part: string, name: string): string | undefined => new RegExp(`\\.${name} \\{\\s*color: (#[0-9a-f]{6})`).exec(part)?.[1];

/** Scopes of Markdown and diff markup, and invalid text: no fence of ours has them, and Shiki paints them with backgrounds. */
const UNUSED = new Set(['#f6f8fa', '#eaeef2']);

describe('the colours of code', () => {
  test('are those of the two themes as installed, one class for each pair', async () => {
    const light = (await load(THEMES.light)).tokenColors!;
    const dark = (await load(THEMES.dark)).tokenColors!;
    expect(light.length).toBe(dark.length);
    let compared = 0;
    light.forEach((rule, i) => {
      expect(dark[i]?.scope).toEqual(rule.scope);
      const colour = rule.settings.foreground?.toLowerCase();
      if (colour === undefined || UNUSED.has(colour)) return;
      const name = TOKEN_CLASS[colour];
      expect(name, `${colour} of ${JSON.stringify(rule.scope)}`).toBeDefined();
      if (!name) return;
      expect(colourIn(inLight, name), `light ${name}`).toBe(colour);
      expect(colourIn(inDark, name), `dark ${name}`).toBe(dark[i]?.settings.foreground?.toLowerCase());
      compared++;
    });
    expect(compared).toBeGreaterThan(30);
  });

  test('an unknown colour stops the build', () => {
    expect(tokenClass('color:#CF222E')).toBe('tk');
    expect(tokenClass(undefined)).toBe('');
    expect(() => tokenClass('color:#123456')).toThrow('palette.ts');
  });
});

describe('the form of a block', () => {
  test('only a bare bash fence is copied', () => {
    expect(formOf('bash', '').copy).toBe(true);
    for (const [lang, meta] of [['text', 'output'], ['bash', 'example="shown only"'], ['text', ''], ['yaml', '']] as const) {
      expect(formOf(lang, meta).copy).toBe(false);
    }
  });

  test('joining tokens keeps every character', () => {
    const token = (style: string, value: string) => ({ type: 'element' as const, tagName: 'span', properties: { style }, children: [{ type: 'text' as const, value }] });
    const line = (...children: ReturnType<typeof token>[]) => ({ type: 'element' as const, tagName: 'span', properties: {}, children });
    const nodes = flatten([line(token('color:#CF222E', 'if'), token('color:#1F2328', ' [')), line(), line(token('color:#1F2328', '  x'))]);
    const text = nodes.map((n) => (n.type === 'text' ? n.value : n.type === 'element' ? n.children.map((c) => (c.type === 'text' ? c.value : '')).join('') : '')).join('');
    expect(text).toBe('if [\n\n  x');
  });
});

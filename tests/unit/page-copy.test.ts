import { describe, expect, test } from 'vitest';
import { llmsText, pageCopy } from '../../src/markdown/page-copy.ts';

const page = (main: string): string =>
  `<!doctype html><html><head><meta name="description" content="Debian&#39;s &amp; others"><title>A page · Trialboot</title></head><body><header>bar</header><nav>crumbs</nav><main id="content" tabindex="-1">${main}</main><footer>foot</footer></body></html>`;
const copy = (main: string) => pageCopy(page(main))!.markdown;

describe('a page as Markdown', () => {
  test('has title and description, and the main part only', () => {
    const c = pageCopy(page('<h1>A page</h1><p>Text.</p>'))!;
    expect(c).toEqual({ title: 'A page', description: "Debian's & others", markdown: '# A page\n\nText.\n' });
  });
  test('commands stay byte for byte, whatever they hold', () => {
    const text = "tb_x=$(sed -n 's/^\\(a*\\)_/\\1/p' <f) &&\n  printf '%s\\n' \"`uname -r`\" | tee /x > /dev/null";
    const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').split('\n').map((l) => `<span class="line">${l}</span>`).join('\n');
    expect(copy(`<div><pre class="astro-code" data-language="bash"><code>${html}\n</code></pre><button>Copy</button></div>`)).toBe(`\`\`\`bash\n${text}\n\`\`\`\n`);
  });
  test('a fence is longer than the backticks in it', () => {
    expect(copy('<pre data-language="text"><code>```\nx\n```</code></pre>')).toBe('````text\n```\nx\n```\n````\n');
  });
  test('a table is a table', () => {
    expect(copy('<table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody><tr><th scope="row">x</th><td>y</td></tr></tbody></table>')).toMatch(/\| A +\| B +\|\n\| --- \| --- \|\n\| x +\| y +\|/);
  });
  test('remarks in a cell are told apart', () => {
    expect(copy('<table><thead><tr><th>A</th></tr></thead><tbody><tr><td><span class="note">x</span><span class="note">y</span></td></tr><tr><td>z<span class="note">w</span></td></tr></tbody></table>')).toMatch(/\| x; y \|\n\| z; w \|/);
  });
  test('pictures, buttons and hidden words are left out', () => {
    expect(copy('<p>a</p><svg><text>drawn</text></svg><p class="unseen">said</p><p aria-hidden="true">twice</p><button>Copy</button>')).toBe('a\n');
  });
  test('a page without a main part has no copy', () => {
    expect(pageCopy('<html><head><title>Redirect</title></head><body></body></html>')).toBeUndefined();
  });
});

describe('llms.txt', () => {
  test('lists each page once, in its section', () => {
    const text = llmsText([
      { path: '/upgrade/debian-13/', title: 'Debian 13', description: 'From 6.12.' },
      { path: '/', title: 'Start', description: '' },
      { path: '/features/rust/', title: 'Rust', description: 'R.' },
    ]);
    expect(text).toMatch(/^# Trialboot\n\n> /);
    expect(text).toMatch(/- \[Start\]\(\/index\.md\)\n\n## Runbooks\n\n- \[Debian 13\]\(\/upgrade\/debian-13\/index\.md\): From 6\.12\.\n\n## What is true/);
    expect(text.match(/index\.md/g)?.length).toBe(3);
  });
});

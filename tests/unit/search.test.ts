/** What of a page the search reads, and what of it lies in the site. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexed } from '../../src/search/indexed.ts';
import { builtSite, siteFiles } from '../browser/built-site.ts';

describe('what of a page is indexed', () => {
  const page = (main: string, asks = ' data-pagefind-body') => `<main id="content"${asks}>${main}</main>`;
  test('nothing of a page that does not ask for it', () => {
    expect(indexed(page('<p>x</p>', ''))).toBeUndefined();
  });
  test('a step is found under its own anchor, and its commands count less', () => {
    const step = (id: string) => `<article class="step" id="${id}" data-x="y"><header><h3>Title</h3></header><pre tabindex="0">x</pre></article>`;
    expect(indexed(page(`${step('a.b')}<h2 id="own">Own</h2>${step('c.d')}`))).toBe(
      page(['a.b', 'c.d'].map((id) => `<article class="step" data-x="y"><header><h3 id="${id}">Title</h3></header><pre data-pagefind-weight="0.3" tabindex="0">x</pre></article>`).join('<h2 id="own">Own</h2>')),
    );
  });
});

describe('the index in the site', () => {
  test('has the engine and its data, and none of the interfaces', async () => {
    const root = join(await builtSite('plain'), 'pagefind');
    const files = siteFiles(root, '');
    for (const name of ['pagefind.js', 'pagefind-worker.js', 'wasm.en.pagefind', 'pagefind-entry.json']) expect(files).toContain(name);
    expect(files.filter((f) => /-ui|highlight|\.css$/.test(f))).toEqual([]);
    const entry = JSON.parse(readFileSync(join(root, 'pagefind-entry.json'), 'utf8')) as { languages: { en: { page_count: number } } };
    const pages = siteFiles(await builtSite('plain'), '.html').filter((f) => readFileSync(join(root, '..', f), 'utf8').includes('data-pagefind-body'));
    expect(entry.languages.en.page_count).toBe(pages.length);
    expect(pages.length).toBeGreaterThan(50);
    // Records of runs are reached from what they prove; as pages to read they would bury the rest.
    expect(pages.filter((f) => /^evidence\/[^/]+\/./.test(f) && !f.startsWith('evidence/faults/'))).toEqual([]);
    expect(pages).not.toContain('404.html');
  });
  test('costs a first question at most 150 KB before its answers', async () => {
    const root = join(await builtSite('plain'), 'pagefind');
    const once = siteFiles(root, '').filter((f) => /^(pagefind\.js|pagefind-worker\.js|wasm\.en\.pagefind|pagefind-entry\.json|.*\.pf_meta)$/.test(f));
    expect(once.length).toBe(5);
    expect(once.reduce((sum, f) => sum + statSync(join(root, f)).size, 0)).toBeLessThan(160_000);
  });
});

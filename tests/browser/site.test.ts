/** The built site in Chromium: errors, accessibility, copying, narrow screens, no JavaScript. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ApiDocument } from '../../src/model/api.ts';
import { eachOf } from '../../src/lab/vm/slot.ts';
import { siteServer } from '../../src/serve.ts';
import { openAll, sideways, violations, watch, withBrowser } from './browser.ts';
import { builtSite, siteFiles } from './built-site.ts';

// Browsers on a busy machine are slow; nothing here is about time.
vi.setConfig({ testTimeout: 900_000 });

let server: Server;
let origin: string;
let pages: string[];
let steps: ApiDocument<'steps'>['steps'];

beforeAll(async () => {
  const site = await builtSite('evidence');
  pages = siteFiles(site, '.html').map((f) => `/${f.replace(/index\.html$/, '')}`);
  steps = (JSON.parse(readFileSync(join(site, 'api/v1/steps.json'), 'utf8')) as ApiDocument<'steps'>).steps;
  server = siteServer(site);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

/** Rules of axe whose answer depends on colours; all others say the same in both schemes. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

test('no page has errors, failed requests, more than four requests, axe violations (WCAG 2.2 AA) in a scheme, or anything over the edge at 360 pixels', async () => {
  await withBrowser({ colorScheme: 'light' }, async (context) => {
    // A page is loaded once and looked at in several ways; two at a time, for two processors.
    await eachOf(pages, 2, async (path) => {
      const page = await context.newPage();
      const wrong = watch(page);
      const requests: string[] = [];
      page.on('request', (r) => requests.push(r.url()));
      // What is asked for later is counted as well, below: a look takes longer than any request.
      await page.goto(origin + path);
      await openAll(page);
      expect(await violations(page), `${path}, light`).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await violations(page, COLOUR_RULES), `${path}, dark`).toEqual([]);
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await sideways(page, 360), path).toEqual([]);
      expect(wrong, path).toEqual([]);
      expect(requests.length, requests.join(' ')).toBeLessThanOrEqual(4);
      expect(requests.every((r) => r.startsWith(origin)), requests.join(' ')).toBe(true);
      await page.close();
    });
  });
});

test.each(['light', 'dark'] as const)('the background is that of the %s scheme', async (colorScheme) => {
  await withBrowser({ colorScheme }, async (context) => {
    const page = await context.newPage();
    await page.goto(origin);
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)');
  });
});

test('a violation in either scheme, a console error, a missing file and something over the edge would be seen', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    const wrong = watch(page);
    await page.goto(origin);
    await page.evaluate(() => {
      document.querySelector('main')!.insertAdjacentHTML('beforeend', '<p class="faint">faint</p><img src="/gone.png">');
      // A rule set through the object model is not an inline style to the page's policy.
      (document.querySelector('.faint') as HTMLElement).style.color = '#888';
      console.error('seen');
    });
    await page.waitForLoadState('networkidle');
    expect((await violations(page)).map((v) => v.split(':')[0])).toEqual(expect.arrayContaining(['image-alt', 'color-contrast']));
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate(() => {
      (document.querySelector('.faint') as HTMLElement).style.color = '#444';
    });
    expect((await violations(page, COLOUR_RULES)).map((v) => v.split(':')[0])).toEqual(['color-contrast']);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await sideways(page, 360)).toEqual([]);
    await page.evaluate(() => {
      (document.querySelector('.faint') as HTMLElement).style.width = '400px';
    });
    expect((await sideways(page, 360)).length).toBeGreaterThan(0);
    expect(wrong).toEqual(expect.arrayContaining(['console: seen', `404: ${origin}/gone.png`]));
  });
});

test('an address that does not exist shows the 404 page with links that work', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    const response = await page.goto(`${origin}/some/where/`);
    expect(response?.status()).toBe(404);
    expect(await page.locator('h1').textContent()).toBe('No such page');
    await page.locator('main a').first().click();
    expect(page.url()).toContain('/upgrade/');
  });
});

describe('copying', () => {
  test('every block shows and carries the text of its step, and a click puts exactly that on the clipboard', async () => {
    await withBrowser({ permissions: ['clipboard-read', 'clipboard-write'] }, async (context) => {
      const page = await context.newPage();
      for (const path of pages.filter((p) => p.startsWith('/upgrade/'))) {
        await page.goto(origin + path);
        const blocks = await page.evaluate(() =>
          [...document.querySelectorAll('article.step')].map((a) => ({
            id: a.id,
            shown: a.querySelector('figure.run code')!.textContent,
            copied: a.querySelector<HTMLElement>('figure.run [data-copy]')!.dataset['copy'],
          })),
        );
        expect(blocks.length).toBeGreaterThan(2);
        for (const { id, shown, copied } of blocks) {
          // A step may have variants: the one of this page's distribution.
          const { text } = steps.find((s) => s.id === id && s.distros.includes(path.split('/')[2]!))!;
          expect(shown, id).toBe(text);
          expect(copied, id).toBe(text);
        }
        for (const { id, shown } of [blocks[0]!, blocks.at(-1)!, ...blocks.filter((b) => b.shown.includes("'")).slice(0, 2)]) {
          const button = page.locator(`article[id="${id}"] figure.run button`);
          await button.click();
          await page.waitForFunction((b) => b?.textContent === 'Copied', await button.elementHandle());
          expect(await page.evaluate(() => navigator.clipboard.readText()), id).toBe(shown);
          expect(await page.locator('#said').textContent()).toBe('Commands copied to the clipboard.');
        }
      }
    });
  });

  test('works by keyboard', async () => {
    await withBrowser({ permissions: ['clipboard-read', 'clipboard-write'] }, async (context) => {
      const page = await context.newPage();
      await page.goto(`${origin}/upgrade/debian-13/`);
      const button = page.locator('article.step figure.run button').first();
      await button.focus();
      await page.keyboard.press('Enter');
      await page.waitForFunction((b) => b?.textContent === 'Copied', await button.elementHandle());
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await button.getAttribute('data-copy'));
    });
  });

  test('without a clipboard the text is selected and the reader is told', async () => {
    await withBrowser({}, async (context) => {
      const page = await context.newPage();
      const wrong = watch(page);
      await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
      await page.goto(`${origin}/upgrade/debian-13/`);
      const button = page.locator('article.step figure.run button').first();
      await button.click();
      await page.waitForFunction((b) => b?.textContent === 'Selected', await button.elementHandle());
      expect(await page.evaluate(() => getSelection()?.toString())).toBe(await button.getAttribute('data-copy'));
      expect(await page.locator('#said').textContent()).toContain('press Ctrl+C');
      expect(wrong).toEqual([]);
    });
  });

  test('a selection by hand over block and caption holds the commands whole', async () => {
    await withBrowser({}, async (context) => {
      const page = await context.newPage();
      await page.goto(`${origin}/upgrade/debian-13/`);
      const [selected, text] = await page.evaluate(() => {
        const figure = document.querySelector('article.step figure.run')!;
        getSelection()!.selectAllChildren(figure.querySelector('pre')!);
        return [getSelection()!.toString(), figure.querySelector('code')!.textContent];
      });
      expect(selected).toBe(text);
    });
  });
});

test('without JavaScript every command is there to read, and no dead button', async () => {
  await withBrowser({ javaScriptEnabled: false }, async (context) => {
    const page = await context.newPage();
    await page.goto(`${origin}/upgrade/debian-13/`);
    const codes = page.locator('article.step figure.run code');
    expect(await codes.count()).toBeGreaterThan(2);
    for (const code of await codes.all()) expect(await code.isVisible()).toBe(true);
    const first = (await page.locator('article.step').first().getAttribute('id'))!;
    expect(await codes.first().innerText()).toBe(steps.find((s) => s.id === first && s.distros.includes('debian-13'))!.text);
    expect(await page.locator('button:visible').count()).toBe(0);
  });
});

test('the skip link is the first stop and leads to the content', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${origin}/scripts/`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
  });
});

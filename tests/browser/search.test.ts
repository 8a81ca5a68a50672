/** The search, in the reader's browser: what it finds, where its hits lead, and what it asks for. */
import { expect, test, vi } from 'vitest';
import { sideways, violations, watch, withBrowser } from './browser.ts';
import { siteDuringTests } from '../lib/served-site.ts';

vi.setConfig({ testTimeout: 300_000 });

const site = siteDuringTests('plain');

test('finds pages and steps while you type; every hit leads to a place that is there', async () => {
  await withBrowser({ colorScheme: 'light' }, async (context) => {
    const page = await context.newPage();
    const wrong = watch(page);
    const requests: string[] = [];
    page.on('request', (r) => requests.push(r.url()));
    await page.goto(`${site.origin}/search/`);
    // The engine is loaded with the first question, not with the page.
    expect(requests.filter((r) => r.includes('/pagefind/'))).toEqual([]);
    const ask = async (words: string): Promise<string[]> => {
      await page.getByRole('searchbox').fill(words);
      await page.waitForFunction((q) => location.search.includes(encodeURIComponent(q)) && document.querySelector('#found')!.getAttribute('aria-busy') === 'false', words);
      return page.locator('#found a').evaluateAll((links) => links.map((a) => a.getAttribute('href')!));
    };
    expect((await ask('xfs_healer'))[0]).toBe('/features/xfs-self-healing/');
    await page.getByLabel('Runbooks and checklists of').selectOption('debian-13');
    const hits = await ask('grubenv');
    expect(hits).toContain('/upgrade/debian-13/#preflight.grubenv');
    expect(hits.filter((h) => /^\/(upgrade|checklist)\//.test(h) && !h.includes('/debian-13/'))).toEqual([]);
    for (const hit of hits) {
      const there = await context.newPage();
      expect((await there.goto(site.origin + hit))?.status(), hit).toBe(200);
      const id = hit.split('#')[1];
      if (id !== undefined) expect(await there.locator(`[id="${id}"]`).count(), hit).toBe(1);
      await there.close();
    }
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page, ['color-contrast'])).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await sideways(page, 360)).toEqual([]);
    expect(requests.every((r) => r.startsWith(site.origin)), requests.join(' ')).toBe(true);
    expect(wrong).toEqual([]);
  });
});

test('an address carries the question; markup in it is text; nothing found and an index that is not there are said', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/search/?q=grubenv&of=rhel-10`);
    await expect.poll(() => page.locator('#found > li').count(), { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await page.getByLabel('Runbooks and checklists of').inputValue()).toBe('rhel-10');
    await page.goto(`${site.origin}/search/?q=${encodeURIComponent('<zzqqvv>')}&of=nowhere`);
    await expect.poll(() => page.locator('#count').textContent(), { timeout: 30_000 }).toContain('Nothing is found for <zzqqvv>');
    expect(await page.locator('main zzqqvv').count()).toBe(0);
    expect(await page.getByLabel('Runbooks and checklists of').inputValue()).toBe('');
    await page.route('**/pagefind/**', (route) => route.abort());
    await page.goto(`${site.origin}/search/?q=grubenv`);
    await expect.poll(() => page.locator('#count').textContent(), { timeout: 30_000 }).toContain('could not be loaded');
  });
});

test('without JavaScript it says so and leads to the list of all pages', async () => {
  await withBrowser({ javaScriptEnabled: false }, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/search/`);
    expect(await page.locator('form:visible').count()).toBe(0);
    await page.locator('main a:visible').click();
    expect(page.url()).toBe(`${site.origin}/llms.txt`);
  });
});

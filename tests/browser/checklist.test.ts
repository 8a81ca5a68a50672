/** The checklist: ticks that stay in the browser, and a page that can be printed. */
import { expect, test, vi } from 'vitest';
import { withBrowser } from './browser.ts';
import { siteDuringTests } from '../lib/served-site.ts';

vi.setConfig({ testTimeout: 300_000 });

const site = siteDuringTests('evidence');

test('ticks outlive the page, belong to one list, and can be cleared', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/checklist/debian-13/`);
    const boxes = page.locator('.ticks input');
    const all = await boxes.count();
    expect(all).toBeGreaterThan(50);
    await page.getByLabel('The data was backed up').check();
    await boxes.nth(20).check();
    expect(await page.locator('#ticked').textContent()).toBe(`2 of ${all} ticked.`);
    await page.reload();
    expect(await page.locator('#ticked').textContent()).toBe(`2 of ${all} ticked.`);
    expect(await page.getByLabel('The data was backed up').isChecked()).toBe(true);
    await page.goto(`${site.origin}/checklist/debian-12/`);
    expect(await page.locator('#ticked').textContent()).toMatch(/^0 of /);
    await page.goto(`${site.origin}/checklist/debian-13/`);
    await page.getByRole('button', { name: 'Clear all ticks' }).click();
    await page.reload();
    expect(await page.locator('#ticked').textContent()).toBe(`0 of ${all} ticked.`);
    expect(await page.getByRole('button', { name: 'Clear all ticks' }).isHidden()).toBe(true);
  });
});

test('on paper there are lines to write on, and nothing to click', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/checklist/debian-13/`);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.paper .blank:visible').count()).toBeGreaterThan(8);
    expect(await page.locator('.screen:visible, nav:visible, footer:visible').count()).toBe(0);
    expect(await page.locator('.ticks input:visible').count()).toBeGreaterThan(50);
  });
});

/** Pages of a PDF that Chromium made: it writes their objects in the clear. */
const pagesOf = (pdf: Buffer): number => (pdf.toString('latin1').match(/\/Type \/Page\b(?!s)/g) ?? []).length;

test('it fits on two pages, black on white even where the screen is dark', async () => {
  await withBrowser({ colorScheme: 'dark' }, async (context) => {
    const page = await context.newPage();
    for (const distro of ['debian-13', 'ubuntu-24.04']) {
      await page.goto(`${site.origin}/checklist/${distro}/`);
      expect(pagesOf(await page.pdf({ format: 'A4' })), distro).toBe(2);
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(31, 35, 40)');
      await page.emulateMedia({ media: null });
      expect(await page.evaluate(() => getComputedStyle(document.body).color)).not.toBe('rgb(31, 35, 40)');
    }
    // A longer list would be seen.
    await page.evaluate(() => {
      const list = document.querySelector('.ticks')!;
      list.append(list.cloneNode(true));
    });
    expect(pagesOf(await page.pdf({ format: 'A4' }))).toBeGreaterThan(2);
  });
});

test('each command is that of the script, and leads to the guide where that says more', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/checklist/debian-12/`);
    const commands = await page.locator('.ticks code').allTextContents();
    for (const phase of ['preflight', 'upgrade', 'trial', 'verify', 'commit']) expect(commands).toContain(`sudo bash trialboot-debian-12.sh ${phase}`);
    await page.getByRole('link', { name: 'Guide: first hour' }).click();
    expect(await page.locator('h1').textContent()).toContain('After the boot');
    expect(await page.locator('nav[aria-label="Site"] [aria-current]').textContent()).toBe('Guide');
  });
});

test('without JavaScript the boxes tick and nothing is promised', async () => {
  await withBrowser({ javaScriptEnabled: false }, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/checklist/debian-13/`);
    await page.getByLabel('The data was backed up').check();
    expect(await page.getByRole('button', { name: 'Clear all ticks' }).isHidden()).toBe(true);
  });
});

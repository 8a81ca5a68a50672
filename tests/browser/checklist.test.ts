/** The checklist: ticks that stay in the browser, and a page that can be printed. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { withBrowser } from './browser.ts';
import { serveSite } from '../lib/served-site.ts';

vi.setConfig({ testTimeout: 300_000 });

let origin: string;
let close: () => void;
beforeAll(async () => {
  ({ origin, close } = await serveSite('evidence'));
});
afterAll(() => close());

test('ticks outlive the page, belong to one list, and can be cleared', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${origin}/checklist/debian-13/`);
    const boxes = page.locator('.ticks input');
    const all = await boxes.count();
    expect(all).toBeGreaterThan(50);
    await page.getByLabel('The data was backed up').check();
    await boxes.nth(20).check();
    expect(await page.locator('#ticked').textContent()).toBe(`2 of ${all} ticked.`);
    await page.reload();
    expect(await page.locator('#ticked').textContent()).toBe(`2 of ${all} ticked.`);
    expect(await page.getByLabel('The data was backed up').isChecked()).toBe(true);
    await page.goto(`${origin}/checklist/debian-12/`);
    expect(await page.locator('#ticked').textContent()).toMatch(/^0 of /);
    await page.goto(`${origin}/checklist/debian-13/`);
    await page.getByRole('button', { name: 'Clear all ticks' }).click();
    await page.reload();
    expect(await page.locator('#ticked').textContent()).toBe(`0 of ${all} ticked.`);
    expect(await page.getByRole('button', { name: 'Clear all ticks' }).isHidden()).toBe(true);
  });
});

test('on paper there is a line for name and date, and nothing to click', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${origin}/checklist/debian-13/`);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.paper').isVisible()).toBe(true);
    expect(await page.locator('.screen:visible, nav:visible').count()).toBe(0);
    expect(await page.locator('.ticks input:visible').count()).toBeGreaterThan(50);
  });
});

test('without JavaScript the boxes tick and nothing is promised', async () => {
  await withBrowser({ javaScriptEnabled: false }, async (context) => {
    const page = await context.newPage();
    await page.goto(`${origin}/checklist/debian-13/`);
    await page.getByLabel('The data was backed up').check();
    expect(await page.getByRole('button', { name: 'Clear all ticks' }).isHidden()).toBe(true);
  });
});

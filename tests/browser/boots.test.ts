/** Pages of runs on virtual machines, in Chromium: the picture, its text, the table of scenarios. */
import type { Page } from 'playwright-core';
import { describe, expect, test, vi } from 'vitest';
import { openAll, sideways, violations, watch, withBrowser } from './browser.ts';
import { siteDuringTests } from '../lib/served-site.ts';

vi.setConfig({ testTimeout: 900_000 });

const site = siteDuringTests('evidence');

/** The pages of the sample runs, by scenario. */
async function runPages(page: Page): Promise<{ [scenario: string]: string }> {
  await page.goto(`${site.origin}/evidence/`);
  return page.evaluate(() =>
    Object.fromEntries([...document.querySelectorAll<HTMLAnchorElement>('.scenarios a')].map((a) => [a.pathname.split('/').at(-2)!, a.pathname])),
  );
}

describe.each(['light', 'dark'] as const)('a death in the %s scheme', (colorScheme) => {
  test('has no axe violation, nothing over the edge at 360 pixels, and colours that differ', async () => {
    await withBrowser({ colorScheme, viewport: { width: 360, height: 740 } }, async (context) => {
      const page = await context.newPage();
      const all = await runPages(page);
      expect(Object.keys(all)).toEqual(expect.arrayContaining(['death-panic', 'storage-guard', 'soak-upgrade', 'cut-while-initramfs']));
      for (const path of ['/', '/evidence/', ...Object.values(all)]) {
        const one = await context.newPage();
        const wrong = watch(one);
        await one.goto(site.origin + path, { waitUntil: 'networkidle' });
        await openAll(one);
        expect(await violations(one), path).toEqual([]);
        expect(await sideways(one, 360), path).toEqual([]);
        expect(wrong, path).toEqual([]);
        await one.close();
      }
      await page.goto(site.origin + all['death-panic']!);
      const fills = await page.evaluate(() => ['rect.run.old', 'rect.run.new', 'rect.starting.new'].map((s) => getComputedStyle(document.querySelector(s)!).fill));
      expect(new Set(fills).size).toBe(3);
    });
  });
});

describe.each([360, 1280])('the picture of a panic, %i pixels wide', (width) => {
  test('leaves the track of the old kernel, comes back to it, and hides no words', async () => {
    await withBrowser({ viewport: { width, height: 740 } }, async (context) => {
      const page = await context.newPage();
      const all = await runPages(page);
      await page.goto(site.origin + all['death-panic']!);
      const box = (selector: string) => page.evaluate((s) => [...document.querySelectorAll(s)].map((e) => e.getBoundingClientRect().toJSON() as DOMRect), selector);
      const [first, trial, back] = await box('.boots rect.run');
      expect(trial!.top).toBeLessThan(first!.top);
      expect(back!.top).toBe(first!.top);
      expect(trial!.left).toBeGreaterThan(first!.left);
      expect(back!.left).toBeGreaterThan(trial!.right);
      const svg = (await box('.boots > svg'))[0]!;
      const texts = (await box('.boots text')).filter((t) => t.width > 0);
      expect(texts.length).toBeGreaterThan(6);
      for (const [i, a] of texts.entries()) {
        expect(a.left).toBeGreaterThanOrEqual(0);
        expect(a.right).toBeLessThanOrEqual(width);
        expect(a.bottom).toBeLessThanOrEqual(svg.bottom + 1);
        for (const b of texts.slice(i + 1)) {
          const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 4 || b.bottom <= a.top + 4;
          expect(apart, JSON.stringify([a, b])).toBe(true);
        }
      }
    });
  });
});

test('the list says what the picture shows, and the picture is kept from screen readers', async () => {
  await withBrowser({ javaScriptEnabled: false }, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/evidence/`);
    await page.locator('.scenarios a', { hasText: 'came back' }).first().waitFor();
    const href = await page.locator('.scenarios a[href*="death-panic/"]').getAttribute('href');
    await page.goto(site.origin + href);
    expect(await page.locator('.boots > svg').getAttribute('aria-hidden')).toBe('true');
    const items = await page.locator('ol.story > li').allInnerTexts();
    expect(items).toHaveLength(3);
    expect(items[0]).toContain('0:00 power on: 6.12.117+deb13-cloud-amd64 (default entry).');
    expect(items[1]).toContain('0:32 reboot: 7.3.4+deb13-cloud-amd64 (trial entry). User space never answered. Kernel panic');
    expect(items[2]).toContain('1:11 restart after the kernel panic at 0:41: 6.12.117+deb13-cloud-amd64 (default entry). Came back by itself');
    expect(await page.locator('.found li').count()).toBe(4);
    expect(await page.locator('#serial ~ figure code').innerText()).toContain('Attempted to kill init!');
  });
});

test('the start page shows the newest panic as one image with its story, and leads to the run', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(site.origin);
    const image = page.locator('main [role="img"]');
    expect(await image.count()).toBe(1);
    expect(await image.getAttribute('aria-label')).toContain('Came back by itself');
    await page.locator('.signature a').click();
    expect(await page.locator('h1').innerText()).toContain('Kernel panic');
  });
});

test('on paper nothing is cut off: tables fit without scrolling', async () => {
  // A4 with the margins of a browser.
  await withBrowser({ viewport: { width: 700, height: 1000 } }, async (context) => {
    const page = await context.newPage();
    await page.emulateMedia({ media: 'print' });
    const all = await runPages(page);
    for (const path of ['/evidence/', all['death-panic']!, all['soak-upgrade']!]) {
      await page.goto(site.origin + path);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(700);
    }
  });
});

test('on a narrow screen the table scrolls in its box, and the scenario stays in sight', async () => {
  await withBrowser({ viewport: { width: 360, height: 740 } }, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/evidence/`);
    const [left, scrolled] = await page.evaluate(() => {
      const box = document.querySelector('.scenarios')!.parentElement!;
      box.scrollLeft = 9999;
      const { left } = document.querySelector('.scenarios th[scope="row"]')!.getBoundingClientRect();
      return [left - box.getBoundingClientRect().left, box.scrollLeft] as const;
    });
    expect(scrolled).toBeGreaterThan(100);
    expect(Math.abs(left)).toBeLessThan(2);
  });
});

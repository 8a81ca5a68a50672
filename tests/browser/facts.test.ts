/** What runs in the browser beside facts: the question whose kernel it is, and marks on facts that have grown old since the build. */
import { expect, test, vi } from 'vitest';
import { withBrowser } from './browser.ts';
import { siteDuringTests } from '../lib/served-site.ts';

vi.setConfig({ testTimeout: 300_000 });

const site = siteDuringTests('evidence');

test('whose kernel it is is answered on the page, by keyboard, and nothing is sent', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${site.origin}/whose-kernel/`);
    const requests: string[] = [];
    page.on('request', (r) => requests.push(r.url()));
    const ask = async (words: string): Promise<string> => {
      await page.getByLabel(/uname -r/).fill(words);
      await page.keyboard.press('Enter');
      return (await page.getByRole('status').filter({ hasText: /./ }).textContent()) ?? '';
    };
    expect(await ask('6.12.118+deb13-amd64')).toMatch(/Debian 13.*2028-08-09/);
    expect(await page.getByRole('status').getByRole('link').getAttribute('href')).toMatch(/^https:\/\/security-tracker\.debian\.org/);
    expect(await ask('7.0.14')).toMatch(/built from kernel\.org.*2026-06-27/);
    expect(await ask('<b>hello</b>')).toContain('no kernel\'s name in this');
    // The browser itself asks for the icon, when it likes.
    expect(requests.filter((r) => !r.endsWith('/favicon.svg'))).toEqual([]);
  });
});

test('a fact that has grown old since the build is marked by the reader\'s clock; one that cannot change is not', async () => {
  await withBrowser({}, async (context) => {
    const page = await context.newPage();
    const marks = async (day: string): Promise<{ all: number; old: number }> => {
      await page.clock.setFixedTime(new Date(`${day}T12:00:00Z`));
      await page.goto(`${site.origin}/distros/`);
      const all = page.locator('.checked .old');
      return { all: await all.count(), old: await all.filter({ visible: true }).count() };
    };
    const built = await page.goto(`${site.origin}/distros/`).then(async () => page.locator('.checked').first().getAttribute('data-day'));
    const now = await marks(built!);
    expect(now.all).toBeGreaterThan(10);
    expect(now.old).toBeLessThan(now.all);
    const later = await marks('2029-01-01');
    expect(later).toEqual({ all: now.all, old: now.all });
    await page.goto(`${site.origin}/features/rust/`);
    expect(await page.locator('.checked').count()).toBeGreaterThan(0);
    expect(await page.locator('.checked[data-of=settled] .old').count()).toBe(0);
  });
});

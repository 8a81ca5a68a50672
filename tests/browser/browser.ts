/** Chromium for the tests of the pages, and what they ask of a page. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a fresh profile, for one piece of work. */
export async function withBrowser<T>(options: BrowserContextOptions, work: (context: BrowserContext) => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), 'trialboot-chromium-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath: '/usr/bin/chromium', args: ARGS, ...options });
  try {
    return await work(context);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Collects everything that goes wrong on a page from now on. */
export function watch(page: Page): string[] {
  const wrong: string[] = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong.push(`console: ${m.text()}`));
  page.on('pageerror', (e) => wrong.push(`error: ${e.message}`));
  page.on('requestfailed', (r) => wrong.push(`request failed: ${r.url()}`));
  page.on('response', (r) => r.status() >= 400 && wrong.push(`${r.status()}: ${r.url()}`));
  return wrong;
}

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}
/**
 * What axe finds. It is evaluated, not inserted as a script element: the pages' policy would rightly refuse that.
 * @param rules these only; none: all that WCAG 2.2 AA and good practice have
 */
export async function violations(page: Page, rules: readonly string[] = []): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as { axe: { run(context: object, options: object): Promise<{ violations: Violation[] }> } };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // Of what passes axe would name every element too, which takes most of its time on a page with thousands of them.
    const results = { resultTypes: ['violations'], runOnly: only.length > 0 ? { type: 'rule', values: only } : { type: 'tag', values: tags } };
    return (await axe.run(document, results)).violations;
  }, rules);
  return found.map((v) => `${v.id}: ${v.nodes.length} times, first ${v.nodes[0]?.html} ${v.nodes[0]?.failureSummary ?? ''}`);
}

/** Opens everything that a reader can open. */
export const openAll = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });

/** What reaches over the right edge of a page that is so many pixels wide, save what scrolls in a box of its own. Empty: nothing. */
export const sideways = (page: Page, width: number): Promise<string[]> =>
  page.evaluate((most) => {
    const wide = [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > most + 1 && !e.closest('pre, .wide'));
    const whole = document.documentElement.scrollWidth;
    return [...wide.map((e) => e.outerHTML.slice(0, 120)), ...(whole > most ? [`the page is ${whole} pixels wide`] : [])];
  }, width);

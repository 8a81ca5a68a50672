/** The guide: what its pages embed is the text of the steps, and nothing is typed twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadLenient, ROOT } from '../../scripts/lib/project.ts';
import type { ApiDocument } from '../../src/model/api.ts';
import { readContent } from '../../src/model/read.ts';
import { lintGuide, lintGuideOrder, textsOf, type GuideSource } from '../../src/runbook/guide.ts';
import { plainText } from '../../src/runbook/page.ts';
import { runbooks } from '../../src/runbook/project.ts';
import { builtSite, siteFiles } from '../browser/built-site.ts';

const books = runbooks(loadLenient());
const content = readContent(ROOT);
const source = (body: string, order = 1): GuideSource => ({ meta: { title: 'A page', summary: '', topic: 'upgrade', order, phases: [], reviewed: '2026-11-26' }, body, file: 'x.mdx', bodyLine: 1 });
const rules = (body: string): string[] => lintGuide(source(body), books).map((p) => p.rule);

describe('linting a page', () => {
  test.each<[string, string, string[]]>([
    ['prose, a marked example, plain text and a step', 'Words.\n\n```bash example="nobody ran this"\nls\n```\n\n```text\nx\n```\n\n<StepText id="repair.free-boot" />\n', []],
    ['a step of one distribution', '<StepText id="repair.free-boot" distro="debian-13" />', []],
    ['shell that nobody marked', '```bash\nls\n```', ['guide-shell']],
    ['a session with prompts', '```console\n$ ls\n```', ['guide-shell']],
    ['a reason too short to say anything', '```bash example="x"\nls\n```', ['guide-shell']],
    ['a step of those with a package manager', '<StepText id="repair.free-boot" manager="apt" />', []],
    ['a step of a package manager that has no runbook', '<StepText id="repair.free-boot" manager="pacman" />', ['guide-step-unknown']],
    ['a step that is nowhere', '<StepText id="repair.nowhere" />', ['guide-step-unknown']],
    ['a step that is not in that runbook', '<StepText id="preflight.settings" distro="nowhere" />', ['guide-step-unknown']],
    ['a form that cannot be read', '<StepText id={id} />', ['guide-step-form']],
    ['a step within a line', 'Run <StepText id="repair.free-boot" /> now.', ['guide-step-form']],
  ])('%s', (_, body, expected) => expect(rules(body)).toEqual(expected));

  test('two pages in one place', () => {
    expect(lintGuideOrder([source('', 1), source('', 2)])).toEqual([]);
    expect(lintGuideOrder([source('', 1), source('', 1)]).map((p) => p.rule)).toEqual(['guide-order']);
  });
});

test('of some distributions only', () => {
  const managers = (manager: string) => textsOf('repair.free-boot', books, { manager }).flatMap((t) => t.distros.map((d) => d.packageManager));
  expect(new Set(managers('apt'))).toEqual(new Set(['apt']));
  expect(managers('pacman')).toEqual([]);
});

test('a text that several runbooks share stands once, with all of them', () => {
  const texts = textsOf('verify.units', books);
  expect(texts.flatMap((t) => t.distros.map((d) => d.id)).sort()).toEqual(books.map((b) => b.distro.id).sort());
  expect(new Set(texts.map((t) => t.step.sha256)).size).toBe(texts.length);
  expect(textsOf('verify.units', books, { distro: 'debian-12' }).map((t) => t.distros.map((d) => d.id))).toEqual([['debian-12']]);
});

describe('the built pages', () => {
  let site: string;
  beforeAll(async () => {
    site = await builtSite('plain');
  });
  const page = (id: string): string => readFileSync(join(site, 'guide', id, 'index.html'), 'utf8');
  const text = (html: string): string => plainText(html.replace(/<[^>]*>/g, ''));

  test('Astro and the reader see the same pages, with the same front matter', () => {
    const built = siteFiles(join(site, 'guide'), 'index.html').filter((f) => f !== 'index.html').map((f) => f.replace('/index.html', ''));
    expect(built).toEqual(content.guide.map((g) => g.id).sort());
    const list = readFileSync(join(site, 'guide/index.html'), 'utf8');
    const places = [...content.guide].sort((a, b) => a.data.order - b.data.order).map((g) => list.indexOf(`href="/guide/${g.id}/"`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const { id, data } of content.guide) {
      const html = page(id);
      expect(text(/<h1>(.*?)<\/h1>/s.exec(html)![1]!), id).toBe(data.title);
      expect(text(/<p class="lead">(.*?)<\/p>/s.exec(html)![1]!), id).toBe(data.summary);
      expect(plainText(/<meta name="description" content="([^"]*)"/.exec(html)![1]!), id).toBe(data.summary);
      expect(html).toContain(`Reviewed on <time>${data.reviewed}</time>`);
      for (const phase of data.phases) {
        for (const { distro } of books) {
          const runbook = readFileSync(join(site, 'upgrade', distro.id, 'index.html'), 'utf8');
          const at = runbook.indexOf(`<h2 id="${phase}">`);
          const section = runbook.slice(at, runbook.indexOf('</section>', at));
          expect(section, `${distro.id}, ${phase}`).toContain(`href="/guide/${id}/"`);
        }
      }
    }
  });

  /** Each embedded step of a page: its id, what is shown and what the button carries. */
  const embedded = (html: string) =>
    [...html.matchAll(/<div class="embedded" data-step="([^"]+)">(.*?)<\/ul> ?<\/div>/gs)].map(([, id, inner]) => ({
      id: id!,
      shown: [...inner!.matchAll(/<pre[^>]*><code>(.*?)<\/code><\/pre>/gs)].map((m) => text(m[1]!)),
      copied: [...inner!.matchAll(/ data-copy="([^"]*)"/g)].map((m) => plainText(m[1]!)),
    }));

  test('every embedded step is shown and copied byte for byte', () => {
    const { steps } = JSON.parse(readFileSync(join(site, 'api/v1/steps.json'), 'utf8')) as ApiDocument<'steps'>;
    let seen = 0;
    for (const { id, body } of content.guide) {
      const found = embedded(page(id));
      const wanted = [...body.matchAll(/^<StepText id="([^"]+)"/gm)].map((m) => m[1]!);
      expect([...new Set(found.map((f) => f.id))].sort(), id).toEqual([...new Set(wanted)].sort());
      for (const step of found) {
        const texts = steps.filter((s) => s.id === step.id).map((s) => s.text);
        expect(step.shown, step.id).toHaveLength(1);
        expect(texts, step.id).toContain(step.shown[0]);
        expect(step.copied, step.id).toEqual(step.shown);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(5);
  });

  test('a changed byte would be seen', () => {
    const html = page('boot-space');
    const [first] = embedded(html.replace('data-copy="', 'data-copy="x'));
    expect(first!.copied).not.toEqual(first!.shown);
  });

  test('what no step is and nobody ran has no copy button', () => {
    for (const { id } of content.guide) {
      for (const [figure] of page(id).matchAll(/<figure class="code example">.*?<\/figure>/gs)) expect(figure).not.toContain('<button');
    }
  });
});

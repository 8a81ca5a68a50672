import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { HtmlValidate } from 'html-validate';
import { brotliCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { API, type ApiDocument, type ApiName } from '../../src/model/api.ts';
import { linkProblems } from '../../src/runbook/links.ts';
import { pageProblems, stepsOnPage } from '../../src/runbook/page.ts';
import { builtSite, siteFiles } from '../browser/built-site.ts';

const FORMS = ['plain', 'evidence'] as const;
const sites = {} as { [form in (typeof FORMS)[number]]: string };
beforeAll(async () => {
  for (const form of FORMS) sites[form] = await builtSite(form);
});

const read = (form: (typeof FORMS)[number], file: string): string => readFileSync(join(sites[form], file), 'utf8');
const api = <N extends ApiName>(name: N): ApiDocument<N> => JSON.parse(read('plain', `api/v1/${name}.json`)) as ApiDocument<N>;
/** The articles of /probes/ that are in a distribution's runbook, in its order. */
const probesOf = (distro: string): string => {
  const articles = [...read('plain', 'probes/index.html').matchAll(/<article class="step" id="([^"]+)">.*?<\/article>/gs)];
  const wanted = new Set(api('scripts').scripts.find((s) => s.distro === distro)!.steps.map((s) => s.id));
  return articles.filter(([, id]) => wanted.has(id!)).map(([html]) => html).join('');
};
const runbookOf = (distro: string) => ({
  // Probes stand on a page of their own, for all distributions.
  page: read('plain', `upgrade/${distro}/index.html`) + probesOf(distro),
  script: read('plain', `scripts/trialboot-${distro}.sh`),
  steps: (() => {
    const all = api('steps').steps;
    const order = api('scripts').scripts.find((s) => s.distro === distro)!.steps;
    return order.map((o) => all.find((s) => s.id === o.id && s.sha256 === o.sha256)!);
  })(),
});

describe('page, copy button, script and API', () => {
  test('agree on every step of every runbook, byte for byte', () => {
    const distros = api('scripts').scripts.map((s) => s.distro);
    expect(distros.length).toBeGreaterThan(1);
    for (const distro of distros) {
      const { page, script, steps } = runbookOf(distro);
      expect(steps.length, distro).toBeGreaterThan(2);
      expect(steps.map((s) => s.distros.includes(distro))).not.toContain(false);
      expect(pageProblems(page, script, steps), distro).toEqual([]);
    }
  });

  test('a single changed byte in any of the four places is seen', () => {
    const { page, script, steps } = runbookOf('debian-13');
    const victim = steps.findIndex((s) => s.text.includes('&&'));
    expect(victim).toBeGreaterThanOrEqual(0);
    const { id } = steps[victim]!;
    const at = page.indexOf(`<article class="step" id="${id}"`);
    const inStep = (from: string, to: string): string => {
      const i = page.indexOf(from, at);
      expect(i).toBeGreaterThan(at);
      return page.slice(0, i) + to + page.slice(i + from.length);
    };
    const changed = steps.map((s, i) => (i === victim ? { ...s, text: `${s.text} ` } : s));
    const broken: [string, string, string, typeof steps][] = [
      ['a character in the copy button', inStep('data-copy="', 'data-copy="x'), script, steps],
      ['a newline at the end of the copy text', inStep('">Copy</button>', '\n">Copy</button>'), script, steps],
      ['a character in the visible text', inStep('aria-label="Commands"><code>', 'aria-label="Commands"><code>x'), script, steps],
      ['an entity left unresolved', inStep('&amp;&amp;', '&amp;amp;&amp;'), script, steps],
      ['a second block', inStep('<figure class="code run">', '<figure class="code run"><code>x</code></figure><figure class="code run">'), script, steps],
      ['a byte of the script', page, script.replace(`tb_define ${id} << 'TB_END_OF_STEP'\n`, `$&x`), steps],
      ['a step missing in the script', page, script.replace(`tb_define ${id} <<`, 'tb_define gone.step <<'), steps],
      ['a byte of the API text', page, script, changed],
      ['the hash in the API', page, script, steps.map((s, i) => (i === victim ? { ...s, sha256: s.sha256.replace(/^./, (c) => (c === '0' ? '1' : '0')) } : s))],
      ['a step missing in the API', page, script, steps.filter((_, i) => i !== victim)],
      ['a step missing on the page', page.replace(`<article class="step" id="${id}"`, '<article class="gone" id="x"'), script, steps],
    ];
    for (const [what, p, s, a] of broken) {
      expect(p !== page || s !== script || a !== steps, what).toBe(true);
      expect(pageProblems(p, s, a), what).not.toEqual([]);
    }
  });

  test('prose keeps its dashes and quotes as typed', () => {
    const prose = read('plain', 'upgrade/debian-13/index.html').replace(/<pre.*?<\/pre>/gs, '').replace(/data-copy="[^"]*"/g, '');
    expect(prose).not.toMatch(/[–—]\w/);
    expect(prose).not.toMatch(/<code>–/);
  });
});

describe('links', () => {
  const pages = (form: (typeof FORMS)[number]) => Object.fromEntries(siteFiles(sites[form], '.html').map((f) => [f, read(form, f)]));

  test.each(FORMS)('every link and fragment of the site leads somewhere (%s)', (form) => {
    const all = pages(form);
    expect(Object.keys(all).length).toBeGreaterThanOrEqual(7);
    expect(linkProblems(all, siteFiles(sites[form], ''))).toEqual([]);
  });

  test('a dead link, a dead fragment and a doubled id are seen', () => {
    const all = pages('plain');
    const files = siteFiles(sites['plain'], '');
    const add = (html: string) => linkProblems({ ...all, 'index.html': all['index.html']! + html }, files);
    expect(add('<a href="/gone/">')).toEqual(['index.html: /gone/ does not exist']);
    expect(add('<a href="/scripts/#gone">')).toEqual([expect.stringContaining('/scripts/#gone: no element of scripts/index.html has the id gone')]);
    expect(add('<script src="/gone.js"></script>')).toHaveLength(1);
    expect(add('<a href="/scripts">')).toEqual(['index.html: /scripts does not exist; write /scripts/']);
    expect(add('<p id="choose">')).toEqual(['index.html: the id choose stands twice']);
    expect(add('<a href="#">')).toHaveLength(1);
  });
});

describe('HTML', () => {
  // A step's id is its anchor, and has a dot: valid in HTML, only awkward in CSS selectors.
  const validator = new HtmlValidate({ extends: ['html-validate:recommended'], rules: { 'valid-id': ['error', { relaxed: true }], 'long-title': 'off' } });
  const problems = async (html: string) =>
    (await validator.validateString(html)).results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`));

  test.each(FORMS)('is valid on all pages (%s)', async (form) => {
    for (const file of siteFiles(sites[form], '.html')) expect(await problems(read(form, file)), file).toEqual([]);
  });

  test('has one h1, no skipped heading level, no inline style or script', () => {
    for (const file of siteFiles(sites.evidence, '.html')) {
      const html = read('evidence', file);
      const levels = [...html.matchAll(/<h([1-6])/g)].map((m) => Number(m[1]));
      expect(levels.filter((l) => l === 1), file).toHaveLength(1);
      for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0), `${file}, heading ${i + 1}`).toBeLessThanOrEqual(1);
      expect(html, file).not.toMatch(/<[^>]+ style=|<style|<script(?![^>]* src=)|\son[a-z]+="/);
    }
  });

  test('an invalid page is seen', async () => {
    expect(await problems(`${read('plain', 'index.html')}<button>x</button>`)).not.toEqual([]);
  });
});

describe('weight', () => {
  const br = (form: (typeof FORMS)[number], file: string): number => brotliCompressSync(readFileSync(join(sites[form], file))).length;

  test('one stylesheet of at most 8 KB, scripts of at most 3 KB a page, no fonts, pages but the long lists at most 8 KB', () => {
    const css = siteFiles(sites.plain, '.css');
    expect(css).toHaveLength(1);
    expect(br('plain', css[0]!)).toBeLessThan(8192);
    for (const file of siteFiles(sites.plain, '.html')) {
      const scripts = [...read('plain', file).matchAll(/<script[^>]* src="\/([^"]+)"/g)].map((m) => m[1]!);
      expect(scripts.reduce((sum, f) => sum + br('plain', f), 0), file).toBeLessThan(3072);
    }
    expect(siteFiles(sites.plain, '').filter((f) => /\.(woff2?|ttf|otf)$/.test(f))).toEqual([]);
    for (const file of siteFiles(sites.plain, '.html').filter((f) => !/^(upgrade|evidence|guide\/corrections|probes)\//.test(f))) {
      expect(br('plain', file), file).toBeLessThan(8192);
    }
  });

  // All corrections and all probes stand on one page each, to be searched: such a page may grow with what is on it.
  test('a runbook and the list of probes cost at most 1000 bytes a step over the wire, the corrections 175 bytes a claim', () => {
    for (const file of siteFiles(sites.plain, '.html').filter((f) => /^(upgrade|probes)\//.test(f))) {
      expect(br('plain', file) / stepsOnPage(read('plain', file)).length, file).toBeLessThan(1000);
    }
    const corrections = 'guide/corrections/index.html';
    expect(br('plain', corrections) / read('plain', corrections).split('<dt>').slice(1).length, corrections).toBeLessThan(175);
  });
});

describe('the JSON API', () => {
  // Formats say in words what the patterns beside them say exactly.
  const ajv = new Ajv2020({ validateFormats: false, allErrors: true });

  test.each(FORMS)('every document is valid by its published schema (%s)', (form) => {
    for (const name of Object.keys(API)) {
      const validate = ajv.compile(JSON.parse(read(form, `schemas/${name}-v1.json`)) as object);
      expect(validate(JSON.parse(read(form, `api/v1/${name}.json`))), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    }
  });

  test('a document with a renamed, a missing or a foreign field is refused', () => {
    const validate = ajv.compile(JSON.parse(read('plain', 'schemas/steps-v1.json')) as object);
    const [first] = api('steps').steps;
    const { sha256, ...without } = first!;
    expect(validate({ format_version: 1, steps: [first] })).toBe(true);
    expect(validate({ format_version: 1, steps: [without] })).toBe(false);
    expect(validate({ format_version: 1, steps: [{ ...without, sha256sum: sha256 }] })).toBe(false);
    expect(validate({ format_version: 1, steps: [{ ...first, more: 1 }] })).toBe(false);
    expect(validate({ format_version: 2, steps: [] })).toBe(false);
  });

  test('the steps are those of the content, each once, and the scripts are those that can be downloaded', () => {
    const steps = api('steps').steps;
    expect(new Set(steps.map((s) => `${s.id} ${s.sha256}`)).size).toBe(steps.length);
    expect(steps.length).toBe(siteFiles(join(ROOT, 'content/steps'), '.mdx').length);
    const manifest = JSON.parse(read('plain', 'scripts/manifest.json')) as ApiDocument<'scripts'>;
    const byDistro = (a: { distro: string }, b: { distro: string }) => a.distro.localeCompare(b.distro);
    expect({ ...api('scripts'), scripts: api('scripts').scripts.sort(byDistro) }).toEqual({ ...manifest, scripts: manifest.scripts.sort(byDistro) });
  });

  test('evidence is listed with a step only under the hash of its text', () => {
    const document = JSON.parse(read('evidence', 'api/v1/steps.json')) as ApiDocument<'steps'>;
    const runs = (JSON.parse(read('evidence', 'api/v1/evidence.json')) as ApiDocument<'evidence'>).runs;
    let listed = 0;
    for (const step of document.steps) {
      for (const e of step.evidence) {
        expect(runs.find((r) => r.id === e.run)?.steps.some((s) => s.id === step.id && s.sha256 === step.sha256)).toBe(true);
        listed++;
      }
    }
    expect(listed).toBeGreaterThan(10);
    expect(runs.find((r) => r.id.endsWith('/path-old'))?.steps).toHaveLength(1);
    expect(document.steps.flatMap((s) => s.evidence).some((e) => e.run.endsWith('/path-old'))).toBe(false);
  });
});

describe('badges on the page', () => {
  test('without evidence of its text, a step says not run yet', () => {
    const without = read('evidence', 'upgrade/debian-13/index.html') + read('evidence', 'upgrade/debian-12/index.html');
    expect(without).toContain('Not run yet.');
    expect(without).toContain('Not run yet: the text changed since the last run, on 2026-10-01.');
  });

  test('with evidence it says where, when and how it ended, and shows the transcript escaped', () => {
    const pages = ['debian-13', 'debian-12'].map((d) => read('evidence', `upgrade/${d}/index.html`)).join('');
    expect(pages).toMatch(/Rehearsed on Debian 1[23] rehearsal host \(no kernel booted there\) on 2026-11-20: (PASS|DONE); fixtures: (\d+) of \2 as expected on 2026-11-20; pasted as root and as user with sudo, bracketed and line by line, on 2026-11-20/);
    expect(pages).toContain('gave ERROR, not');
    expect(pages).toContain('with &lt;angle brackets&gt; &amp; &quot;quotes&quot;');
  });
});

test('the scripts page names every command, option and exit status of the script', () => {
  const help = /cat << HELP\n(.*?)\nHELP\n/s.exec(readFileSync(join(ROOT, 'src/shell/main.sh'), 'utf8'))?.[1] ?? '';
  const page = read('plain', 'scripts/index.html').replace(/&#x27;/g, "'");
  const commands = [...help.matchAll(/^ {2}([a-z]+(?: STEP)?) {2,}\S/gm)].map((m) => m[1]!);
  const options = [...help.matchAll(/^ {2}(--[a-z][^\n]*?)(?: {2,}|$)/gm)].map((m) => m[1]!);
  const statuses = [...help.matchAll(/^ {2}([0-9]) {2}/gm)].map((m) => m[1]!);
  expect([commands.length, options.length, statuses.length]).toEqual([13, 11, 4]);
  for (const word of [...commands, ...options]) expect(page).toContain(`<code>${word}</code>`);
  for (const status of statuses) expect(page).toContain(`<th scope="row">${status}</th>`);
});

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { formatProblem } from '../../src/model/problem.ts';
import { readContent } from '../../src/model/read.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const d of dirs.splice(0)) rmSync(d, { recursive: true, force: true });
});

const STEP = `---
kind: check
title: A check for tests
gate: block
remedy: { hint: Do what a test would do. }
fixtures: { plain: PASS, red: FAIL, blind-x: SKIP }
reviewed: 2026-11-23
---

\`\`\`bash
true
\`\`\`
`;

/** A project folder with one file in it. Returns what reading it says. */
function read(path: string, content: string | Uint8Array) {
  const root = mkdtempSync(join(tmpdir(), 'trialboot-read-'));
  dirs.push(root);
  const full = join(root, 'content', path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return readContent(root);
}
const problems = (path: string, content: string | Uint8Array) => read(path, content).problems.map(formatProblem);
const step = (from: string, to: string) => problems('steps/preflight/x.mdx', STEP.replace(from, to));

describe('reading content', () => {
  test('a good file gives an entry whose id comes from its path', () => {
    const { steps, problems: none } = read('steps/preflight/x.mdx', STEP);
    expect(none).toEqual([]);
    expect(steps[0]).toMatchObject({ id: 'preflight.x', bodyLine: 9, data: { timeout: '60s', reviewed: '2026-11-23' } });
  });

  test.each<[string, () => string[], RegExp]>([
    ['broken YAML', () => step('gate: block', 'gate: [block'), /^content\/steps\/preflight\/x\.mdx:\d+: yaml: .* Mend: /],
    ['an unknown key', () => step('gate: block', 'gate: block\ngates: x'), /:5: unknown-key: field gates: .*Mend: remove or correct gates/],
    ['a missing field', () => step('gate: block\n', ''), /schema: field gate: /],
    ['a wrong value', () => step('gate: block', 'gate: maybe'), /:4: schema: field gate: /],
    ['a check that was never red', () => step('red: FAIL, ', ''), /:6: schema: field fixtures: never seen red/],
    ['a check without a blind fixture', () => step('blind-x: SKIP', 'other: SKIP'), /:6: schema: field fixtures: name a blind-/],
    ['a blind fixture that passes', () => step('blind-x: SKIP', 'blind-x: PASS'), /name a blind-/],
    ['a check without a healthy fixture', () => step('plain: PASS, ', ''), /name a healthy fixture/],
    ['an action without an outcome', () => step('kind: check', 'kind: action'), /schema|unknown-key/],
    ['a date that is none', () => step('2026-11-23', 'yesterday'), /field reviewed: write a date as YYYY-MM-DD/],
    ['a step id that is none', () => problems('runbooks/trial.mdx', '---\ntitle: Trial\nphase: trial\npromise: What is true afterwards.\nsteps: [trial-arm]\nreviewed: 2026-11-23\n---\n'), /:5: schema: field steps\.0: write a step id as/],
    ['no front matter', () => problems('steps/preflight/x.mdx', 'hello'), /:1: front-matter: no front matter/],
    ['open front matter', () => problems('steps/preflight/x.mdx', '---\nkind: check\n'), /never closed/],
    ['CRLF', () => problems('steps/preflight/x.mdx', STEP.replaceAll('\n', '\r\n')), /:1: crlf: /],
    ['NUL', () => step('true', 'tr\0ue'), /:11: nul: a NUL byte/],
    ['a byte order mark', () => problems('steps/preflight/x.mdx', `\uFEFF${STEP}`), /:1: bom: /],
    ['bytes that are no UTF-8', () => problems('steps/preflight/x.mdx', new Uint8Array([45, 45, 45, 10, 0xff, 0xfe])), /not-utf8/],
    ['a 5 MB file', () => problems('steps/preflight/x.mdx', STEP + 'x'.repeat(5_000_000)), /too-large: 5\d+ bytes; a \.mdx file of content\/ has at most/],
    ['a file of another type', () => problems('steps/preflight/notes.txt', 'x'), /file-type: not a \.mdx file/],
    ['evidence that is no JSON', () => problems('evidence/x/y.json', '{"format_version": 1,'), /content\/evidence\/x\/y\.json:\d+: (yaml|json): /],
  ])('%s is an error with file, line and mend', (_, run, message) => {
    const got = run();
    expect(got.length).toBe(1);
    expect(got[0]).toMatch(message);
    expect(got[0]).toMatch(/Mend: \S/);
  });

  test('two files with one id are an error that names both', () => {
    const root = mkdtempSync(join(tmpdir(), 'trialboot-read-'));
    dirs.push(root);
    mkdirSync(join(root, 'content/steps/preflight'), { recursive: true });
    writeFileSync(join(root, 'content/steps/preflight/x.mdx'), STEP);
    cpSync(join(root, 'content/steps/preflight/x.mdx'), join(root, 'content/steps/preflight.x.mdx'));
    const [problem] = readContent(root).problems;
    expect(problem).toMatchObject({ rule: 'duplicate-id' });
    expect(problem?.message).toContain('content/steps/preflight');
  });
});

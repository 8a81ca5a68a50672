import { describe, expect, test } from 'vitest';
import { toStep } from '../../src/runbook/step.ts';
import { checkMeta } from './make.ts';

const parse = (body: string) => toStep({ key: 'preflight.x', meta: checkMeta(), body, file: 'x.mdx', bodyLine: 5 });
const rules = (body: string) => parse(body).problems.map((p) => `${p.line} ${p.rule}`);

describe('the body of a step', () => {
  test('gives the text without a final newline, its line, and its output', () => {
    const { step, problems } = parse('Why.\n\n```bash\necho a\n\necho b\n```\n\n```text output\nPASS [..]\n```\n');
    expect(problems).toEqual([]);
    expect(step).toMatchObject({ text: 'echo a\n\necho b', textLine: 8, output: 'PASS [..]' });
  });
  test('may show shell that is not run, with a reason', () => {
    expect(rules('```bash\na\n```\n```bash example="what not to do"\nrm\n```')).toEqual([]);
  });
  test.each([
    ['two runnable fences', '```bash\na\n```\n```bash\nb\n```', '8 two-texts'],
    ['no runnable fence', 'only prose', '5 no-text'],
    ['an example without a reason', '```bash\na\n```\n```bash example=""\nb\n```', '8 fence-unclassified'],
    ['another shell', '```bash\na\n```\n```sh\nb\n```', '8 fence-unclassified'],
    ['an unknown attribute', '```bash title="x"\na\n```', '5 fence-unclassified'],
    ['a second output', '```bash\na\n```\n```text output\nx\n```\n```text output\ny\n```', '11 two-outputs'],
    ['output before the text', '```text output\nx\n```\n```bash\na\n```', '5 output-first'],
    ['a fence that is never closed', '```bash\na', '5 fence-open'],
    ['an indented fence', '  ```bash\n  a\n  ```', '5 fence-form'],
    ['a longer fence', '````bash\na\n````', '5 fence-form'],
    ['tildes', '~~~bash\na\n~~~', '5 fence-form'],
    ['a fence in a fence', '```bash\na\n  ```\n```', '7 fence-nested'],
  ])('refuses %s', (_, body, problem) => expect(rules(body)).toContain(problem));
});

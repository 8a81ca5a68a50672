import { parse } from 'sh-syntax';
import { expect, test } from 'vitest';
import { runsEarly } from '../../src/runbook/one-command.ts';

test.each<[string, number | undefined]>([
  ['sudo a\nb', 0],
  ['tb_x=$(sudo a)\nif b; then\n  c\nfi', 0],
  ['sudo a &&\nb', undefined],
  ['sudo a |\n  b', undefined],
  ['sudo a \\\n  b', undefined],
  ['{ sudo a\nb; }', undefined],
  ['if sudo a; then\n  b\nfi', undefined],
  ["sudo awk '\n  x' f &&\nb", undefined],
  ['a\nb', undefined],
])('%j runs early after line %s', async (text, line) => expect(await runsEarly(text, parse)).toBe(line));

/** Each finding of ShellCheck and of the parser stands at its own text, however many are read at once. */
import { expect, test } from 'vitest';
import { checkShell, type ShellUnit } from '../../scripts/lib/shellcheck.ts';

const unit = (file: string, text: string, fence = true): ShellUnit => ({ file, firstLine: 10, text, fence });

test('a finding names the file and line of its text, in a later batch too, and rules of steps are not those of scripts', async () => {
  const good = Array.from({ length: 44 }, (_, i) => unit(`good-${i}`, 'echo hi\n'));
  const units = [...good.slice(0, 3), unit('early', 'echo x\ncat $1\n'), ...good.slice(3), unit('late', 'cat $1\n'), unit('open', 'if true; then\n'), unit('step', 'ls | head\n'), unit('script', '#!/bin/bash\nls | head\n', false)];
  const found = (await checkShell(units)).map((p) => `${p.file}:${p.line} ${p.rule}`);
  expect(found.filter((f) => !f.startsWith('open:'))).toEqual(['early:11 SC2086', 'late:10 SC2086', 'script:11 SC2012']);
  expect(found).toContain('open:10 shell-parse');
});

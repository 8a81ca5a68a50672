/** What a reader of a terminal sees of what programs wrote to it. */
import { expect, test } from 'vitest';
import { asSeen } from '../../src/lab/lane/paste.ts';

const ESC = '\u001b';

test.each([
  ['colours and the edges of a paste', `${ESC}[?2004h${ESC}[1;31mPASS${ESC}[0m a.b: x\r\n`, 'PASS a.b: x\n'],
  ['a mark of systemd\'s before a command (OSC 3008, ended by ESC \\)', `${ESC}]3008;start=1;type=command;cwd=/root${ESC}\\PASS a.b: x\n`, 'PASS a.b: x\n'],
  ['a title, ended by BEL', `${ESC}]0;root@server: ~\u0007paste-ready> `, 'paste-ready> '],
  ['two marks with words between', `${ESC}]3008;start=1${ESC}\\one${ESC}]3008;end=1${ESC}\\two`, 'onetwo'],
  ['brackets that programs print', ']3008;x and [0m', ']3008;x and [0m'],
])('%s', (_, output, seen) => {
  expect(asSeen(output)).toBe(seen);
});

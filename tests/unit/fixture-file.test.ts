/** The first line of a fixture: the stage it starts from, and the fixture it is done after. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readFixture } from '../../src/lab/lane/fixture.ts';
import { ROOT } from '../../scripts/lib/project.ts';

const root = mkdtempSync(join(tmpdir(), 'trialboot-fixture-'));
mkdirSync(join(root, 'tests/fixtures/hosts'), { recursive: true });
afterAll(() => rmSync(root, { recursive: true }));
const fixture = (name: string, text: string): void => writeFileSync(join(root, 'tests/fixtures/hosts', `${name}.sh`), text);

test('a stage is a fixture that does nothing', () => {
  expect(readFixture(root, 'upgraded')).toEqual({ stage: 'upgraded', script: '' });
});

test('one after another is done in the same shell, the other first', () => {
  fixture('one', '# from: plain\nx=1\n');
  fixture('two', '# from: plain, after one\nx=$((x + 1))\n');
  fixture('three', '# from: plain, after two\necho $x\n');
  const { stage, script } = readFixture(root, 'three');
  expect(stage).toBe('plain');
  expect(script.split('\n').filter((l) => l !== '' && !l.startsWith('#'))).toEqual(['x=1', 'x=$((x + 1))', 'echo $x']);
});

test.each([
  ['nothing at all', 'echo\n'],
  ['an unknown stage', '# from: nowhere\n'],
  ['no fixture after "after"', '# from: plain, after\n'],
])('%s in the first line is refused with the file and the line', (_what, text) => {
  fixture('bad', text);
  expect(() => readFixture(root, 'bad')).toThrow(/^tests\/fixtures\/hosts\/bad\.sh:1: /);
});

test('no fixture leaves a negation to set -e, which passes over it', () => {
  const folder = join(ROOT, 'tests/fixtures/hosts');
  const bare = readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8').split('\n').flatMap((line, i) => (/^\s*! /.test(line) && !line.includes('||') ? [`${file}:${i + 1}: ${line}`] : [])),
  );
  expect(bare, 'write: ! command || exit 1').toEqual([]);
});

test('another stage than that of the fixture before is refused', () => {
  fixture('one', '# from: plain\n');
  fixture('other', '# from: upgraded, after one\n');
  expect(() => readFixture(root, 'other')).toThrow(/done after one, which is from plain, not from upgraded/);
});

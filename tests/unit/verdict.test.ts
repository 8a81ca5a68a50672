import { describe, expect, test } from 'vitest';
import { mismatch } from '../../src/runbook/expect.ts';
import { judge } from '../../src/runbook/verdict.ts';

describe('judging a check', () => {
  test.each<[number, string, string]>([
    [0, 'PASS a.b: fine\n', 'PASS'],
    [0, 'WARN a.b: hm\n', 'WARN'],
    [0, 'SKIP a.b: blind\n', 'SKIP'],
    [1, 'FAIL a.b: bad\n', 'FAIL'],
    [0, 'FAIL a.b: bad\n', 'ERROR'],
    [1, 'PASS a.b: fine\n', 'ERROR'],
    [0, '', 'ERROR'],
    [0, 'hello\n', 'ERROR'],
    [0, 'PASS a.b: one\nPASS a.b: two\n', 'ERROR'],
    [0, 'noise\nPASS a.b: one\n', 'ERROR'],
    [0, 'PASS a.c: another id\n', 'ERROR'],
    [0, 'PASS a.b:\n', 'ERROR'],
    [0, 'pass a.b: fine\n', 'ERROR'],
  ])('status %i and %j is %s', (status, out, result) => expect(judge('a.b', status, out).result).toBe(result));
  test('a time limit is ERROR whatever was printed', () => {
    expect(judge('a.b', 0, 'PASS a.b: fine\n', true).result).toBe('ERROR');
  });
});

describe('expected output', () => {
  test.each<[string, string]>([
    ['a\nb', 'a\nb\n'],
    ['...\nb\n...', 'x\ny\nb\nz'],
    ['...', ''],
    ['a [..] c', 'a b b c'],
    ['run [KERNEL_NEW]', 'run 7.3.4'],
    ['(a+b) [..]', '(a+b) x'],
  ])('%j matches %j', (want, got) => expect(mismatch(want, got, { KERNEL_NEW: '7.3.4' })).toBeUndefined());
  test.each<[string, string, string]>([
    ['a\nb', 'a\nc', 'b'],
    ['a', 'a\nb', 'a'],
    ['run [KERNEL_NEW]', 'run 7.3.5', 'run [KERNEL_NEW]'],
    ['...\nb', 'a\nc', 'b'],
    ['active', 'inactive', 'active'],
  ])('%j does not match %j', (want, got, line) => expect(mismatch(want, got, { KERNEL_NEW: '7.3.4' })).toBe(line));
});

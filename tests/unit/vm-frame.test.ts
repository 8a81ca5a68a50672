/** The language of the agent on virtual machines: whole messages out of pieces, and nothing believed that is none. */
import { describe, expect, test } from 'vitest';
import { FrameError, FrameReader, loginScript, runFrame, shellQuote } from '../../src/lab/vm/frame.ts';

describe('messages of the agent', () => {
  const bytes = Buffer.concat([
    Buffer.from('HELLO 6.12.1-cloud-amd64 0f0e ro a="b c" quiet\n'),
    Buffer.from('DONE 7 3 5 4\n'), Buffer.from([0, 10, 255, 10, 0]), Buffer.from('err\n'),
    Buffer.from('DONE 8 0 0 0\n'),
  ]);
  const expected = [
    { kind: 'hello', release: '6.12.1-cloud-amd64', bootId: '0f0e', cmdline: 'ro a="b c" quiet' },
    { kind: 'done', id: 7, status: 3, stdout: Buffer.from([0, 10, 255, 10, 0]), stderr: Buffer.from('err\n') },
    { kind: 'done', id: 8, status: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) },
  ];

  test('come out the same however the bytes are cut into pieces', () => {
    for (let size = 1; size <= bytes.length; size += 1) {
      const reader = new FrameReader();
      const got = [];
      for (let at = 0; at < bytes.length; at += size) got.push(...reader.push(bytes.subarray(at, at + size)));
      expect(got, `pieces of ${size}`).toEqual(expected);
    }
  });

  test('what is not the language is refused, with or without an end of line', () => {
    expect(() => new FrameReader().push(Buffer.from('[  OK  ] Reached target\n'))).toThrow(FrameError);
    expect(() => new FrameReader().push(Buffer.from('DONE 1 0 -5 0\n'))).toThrow(FrameError);
    expect(() => new FrameReader().push(Buffer.alloc(2400, 'x'))).toThrow(FrameError);
  });

  test('after a reset half a message is forgotten', () => {
    const reader = new FrameReader();
    reader.push(Buffer.from('DONE 1 0 100 0\nhalf'));
    reader.reset();
    expect(reader.push(Buffer.from('HELLO r b ro\n'))).toEqual([{ kind: 'hello', release: 'r', bootId: 'b', cmdline: 'ro' }]);
  });
});

describe('requests', () => {
  test('lengths are in bytes, not in characters', () => {
    expect(runFrame(3, 'echo ü', Buffer.from([1, 2])).toString('latin1')).toBe(`RUN 3 7 2\n${Buffer.from('echo ü').toString('latin1')}\u0001\u0002`);
  });

  test('a word with quotes stays one word', () => {
    expect(shellQuote(`it's`)).toBe(`'it'\\''s'`);
  });

  test('users and variables no login could have are refused, and a script too long for an argument', () => {
    expect(() => loginScript('true', { user: 'a b' })).toThrow(/not a user name/);
    expect(() => loginScript('true', { env: { 'A;B': '1' } })).toThrow(/name of a variable/);
    expect(() => loginScript('x'.repeat(130_000))).toThrow(/copy\(\)/);
    expect(loginScript('id', { user: 'admin', env: { A: `'` } })).toContain('--reuid admin');
  });
});

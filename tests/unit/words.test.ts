import { describe, expect, test } from 'vitest';
import { render } from '../../src/components/inline.ts';
import { excerpt, untilWords } from '../../src/components/words.ts';

describe('a transcript on a runbook page', () => {
  test('stands whole when it is short, without the newline at its end', () => {
    expect(excerpt('a\nb\n')).toEqual({ text: 'a\nb', words: 'What it printed' });
  });

  test('is cut at its beginning when it is long, and says so', () => {
    const { text, words } = excerpt(`${Array.from({ length: 31 }, (_, i) => `line ${i + 1}`).join('\n')}\n`);
    expect(text.split('\n')[0]).toBe('line 2');
    expect(text.endsWith('line 31')).toBe(true);
    expect(words).toBe('The last 30 of 31 lines it printed');
  });
});

test('a sentence keeps its code and nothing becomes markup', () => {
  expect(render('`uname -r` says <b> & "x"')).toBe('<code>uname -r</code> says &lt;b&gt; &amp; &quot;x&quot;');
});

test('an end that is no day is said in words', () => {
  expect(['rolls', 'unknown', '2028-06-30'].map(untilWords)).toEqual(['moves on to the next series', 'unknown', '2028-06-30']);
});

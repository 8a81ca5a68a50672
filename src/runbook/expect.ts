/** Values recorded by a run, by which placeholders in expected output are replaced. */
export type Recorded = Partial<Record<'KERNEL_OLD' | 'KERNEL_NEW', string>>;

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

function linePattern(line: string, recorded: Recorded): RegExp {
  const parts = line.split(/(\[\.\.\]|\[KERNEL_OLD\]|\[KERNEL_NEW\])/);
  const source = parts
    .map((part) => {
      if (part === '[..]') return '.*';
      const name = /^\[(KERNEL_OLD|KERNEL_NEW)\]$/.exec(part)?.[1] as keyof Recorded | undefined;
      if (!name) return literal(part);
      const value = recorded[name];
      return value === undefined ? '\\S+' : literal(value);
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/**
 * Does the output match what the page promises, line by line? `...` alone stands for any number of lines, `[..]` for any
 * characters within a line, `[KERNEL_NEW]` and `[KERNEL_OLD]` for recorded values. Nothing is fuzzy.
 * @returns undefined if it matches, else the first expected line that was not found
 */
export function mismatch(expected: string, actual: string, recorded: Recorded = {}): string | undefined {
  const want = expected.split('\n');
  const got = actual.replace(/\n+$/, '').split('\n').map((l) => l.trimEnd());
  /** Furthest expected line reached, for the message. */
  let furthest = 0;
  const seen = new Set<number>();
  const match = (i: number, j: number): boolean => {
    const key = i * (got.length + 1) + j;
    if (seen.has(key)) return false;
    seen.add(key);
    furthest = Math.max(furthest, i);
    if (i === want.length) return j === got.length;
    if (want[i] === '...') return match(i + 1, j) || (j < got.length && match(i, j + 1));
    return j < got.length && linePattern(want[i]!, recorded).test(got[j]!) && match(i + 1, j + 1);
  };
  if (match(0, 0)) return undefined;
  return want[Math.min(furthest, want.length - 1)];
}

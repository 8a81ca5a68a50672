/** The page of named vulnerabilities and the check that asks a host say the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readContent } from '../../src/model/read.ts';

const root = process.cwd();
const { vulnerabilities } = readContent(root);
const text = readFileSync(`${root}/content/steps/harden/named-fixes.mdx`, 'utf8');
/** CVE → the fixed versions of 6.12 and 7.0 that the check compares with; 0: fixed from the start. */
const inCheck = new Map([...text.matchAll(/^ {2}(CVE-\S+) (\S+) ([^\s\\)]+)/gm)].map((m) => [m[1]!, { '6.12': m[2]!, '7.0': m[3]! }]));

describe('named vulnerabilities', () => {
  test('there are seven, each with its own CVE', () => {
    expect(vulnerabilities.length).toBe(7);
    expect(new Set(vulnerabilities.map((v) => v.data.cve)).size).toBe(7);
  });
  test('the check compares with all of them', () => {
    expect([...inCheck.keys()].sort()).toEqual(vulnerabilities.map((v) => v.data.cve).sort());
  });
  test.each(vulnerabilities.map((v) => [v.data.cve, v.data] as const))('%s: the check has the versions of the page', (cve, v) => {
    const fixed = (series: string): string | undefined => v.packaged.find((p) => p.distro === 'debian-13' && p.series === series)?.fixed;
    expect(inCheck.get(cve)).toEqual({ '6.12': fixed('6.12'), '7.0': fixed('7.0') ?? '0' });
    // Without a fixed package of 7.0 it has to be one that 7.0 never had.
    if (fixed('7.0') === undefined) expect(v.inSevenZero.value).toBe('fixed');
  });
});

import { describe, expect, it } from 'vitest';
import { counts, failures, type VitestReport } from '../../scripts/lib/vitest-report.ts';

const report = (over: Partial<VitestReport>): VitestReport => ({ numPassedTests: 1, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...over });

describe('what npm test says of a run', () => {
  it('counts a file that cannot be loaded, and an empty run, as failures', () => {
    expect(counts(report({}), 0)).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(counts(report({ numFailedTests: 2 }), 1).failed).toBe(2);
    expect(counts(report({}), 1).failed).toBe(1);
    expect(counts(report({ numPassedTests: 0 }), 0).failed).toBe(1);
  });

  it('names each failed test with the head of its message, without colours and places in the runner', () => {
    const esc = String.fromCharCode(27);
    const testResults = [
      {
        name: '/root/x/tests/a.test.ts',
        status: 'failed',
        assertionResults: [
          { fullName: 'a does', status: 'passed' },
          { fullName: 'a does not', status: 'failed', failureMessages: [`Error: ${esc}[31mno${esc}[39m\n\n    at /root/x/node_modules/vitest/y.js:1\n    at /root/x/tests/a.test.ts:7:1`] },
        ],
      },
      { name: '/root/x/tests/b.test.ts', status: 'failed', message: 'SyntaxError: b', assertionResults: [] },
      { name: '/root/x/tests/c.test.ts', status: 'passed', assertionResults: [{ fullName: 'c', status: 'passed' }] },
    ];
    expect(failures(report({ numFailedTests: 1, testResults }), '/root/x')).toEqual([
      'tests/a.test.ts: a does not\n      Error: no\n          at /root/x/tests/a.test.ts:7:1',
      'tests/b.test.ts\n      SyntaxError: b',
    ]);
  });
});

/** What the JSON reporter of vitest says of a run. Pure. */

/** The part of the report that is read here; its shape is that of Jest's `--json`. */
export interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; message?: string; assertionResults: { fullName: string; status: string; failureMessages?: string[] }[] }[];
}

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Tests by outcome.
 * @param status exit status of the runner: a file that cannot be loaded has no failed test, and an empty run no failure at all;
 *   neither may look green
 */
export function counts(r: VitestReport, status: number | null): Counts {
  const failed = r.numFailedTests + (status !== 0 && r.numFailedTests === 0 ? 1 : 0) + (r.numPassedTests + r.numPendingTests === 0 ? 1 : 0);
  return { passed: r.numPassedTests, failed, skipped: r.numPendingTests + r.numTodoTests };
}

/** Lines of a message that are shown with the name of what failed. */
const LINES = 12;

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/** The head of a message, without the places in the runner's own files. */
function head(message: string | undefined): string {
  const lines = (message ?? '')
    .replace(ESCAPES, '')
    .split('\n')
    .filter((l) => l.trim() !== '' && !/^\s+at .*(node_modules|node:internal)/.test(l));
  return lines.slice(0, LINES).map((l) => `      ${l}`).join('\n');
}

/**
 * Each failed test, and each file that could not be loaded: its place, its name, and the head of what it says.
 * @param root folder that names of files are shown from
 */
export function failures(r: VitestReport, root: string): string[] {
  return r.testResults.flatMap((file) => {
    const name = file.name.startsWith(`${root}/`) ? file.name.slice(root.length + 1) : file.name;
    const failed = file.assertionResults.filter((t) => t.status === 'failed');
    if (failed.length === 0 && file.status === 'failed') return [`${name}\n${head(file.message)}`];
    return failed.map((t) => `${name}: ${t.fullName}\n${head(t.failureMessages?.join('\n'))}`);
  });
}

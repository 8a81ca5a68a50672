import type { StepResult } from '../model/id.ts';

/** What a check said, after the contract was applied. */
export interface Judgement {
  result: StepResult;
  /** The words after `<VERDICT> <id>: `, or why the check is broken. */
  line: string;
}

const VERDICT = /^(PASS|WARN|FAIL|SKIP) ([a-z0-9.-]+): (.+)$/;

/**
 * Applies the contract to a check's output: exactly one line, its own id, and a status that is non-zero only for FAIL.
 * Anything else is ERROR: the check is broken, not the host. The same rules as `tb_judge` in src/shell/step.sh.
 */
export function judge(id: string, status: number, stdout: string, timedOut = false): Judgement {
  if (timedOut) return { result: 'ERROR', line: 'no verdict within its time limit' };
  const text = stdout.replace(/\n$/, '');
  const match = VERDICT.exec(text);
  if (!match || text.includes('\n') || match[2] !== id) {
    return { result: 'ERROR', line: `no single verdict line of its own (status ${status}): ${text.slice(0, 200)}` };
  }
  const result = match[1] as StepResult;
  if ((result === 'FAIL') === (status === 0)) {
    return { result: 'ERROR', line: `contradicts itself: ${result} with status ${status}` };
  }
  return { result, line: match[3]! };
}

/** Asks one booted kernel all probes: each by its exact text, then without its input. */
import type { EvidenceStep } from '../../model/evidence.ts';
import type { Verdict } from '../../model/id.ts';
import { seconds } from '../../model/step.ts';
import type { Step } from '../../runbook/step.ts';
import { judge } from '../../runbook/verdict.ts';
import { withoutNoise } from '../lane/evidence.ts';
import type { Vm } from '../vm/vm.ts';

/** A user of the machine without any right of root's. */
const NOBODY = 'admin';

/** An emulated processor may need so many times what a step has. */
const PATIENCE = 3;

/** What a probe is asked under. */
export type Sight = 'whole' | 'blind' | 'red';

export interface Asked {
  step: Step;
  sight: Sight;
  expected: Verdict;
  actual: EvidenceStep['verdict'];
  line: string;
  stderr: string;
  ms: number;
}

/** Does a probe say anything of this series? */
export const answersOn = (step: Step, series: string): Verdict | undefined => (step.meta.kind === 'probe' ? step.meta.answers[series] : undefined);

/** Its input is altered where nobody else sees it: in mount namespaces of its own. Run by root; becomes the user at the end. */
const alter = (user: string | undefined): string => {
  const become = user === undefined ? '' : `setpriv --reuid ${user} --regid ${user} --init-groups -- env HOME=/home/${user} USER=${user} `;
  return `exec unshare --mount --propagation private -- bash -c 'set -e; eval "$TB_TAKE" < /dev/null; exec ${become}bash -c "$TB_STEP_TEXT" < /dev/null'`;
};

async function askOnce(vm: Vm, step: Step, sight: Sight, expected: Verdict, take: string): Promise<Asked> {
  const user = step.meta.privilege === 'root' ? undefined : NOBODY;
  const timeoutMs = seconds(step.meta.timeout) * 1000 * PATIENCE;
  const r =
    sight === 'whole'
      ? await vm.exec('exec bash -c "$TB_STEP_TEXT" < /dev/null', { env: { TB_STEP_TEXT: step.text }, timeoutMs, ...(user ? { user } : {}) })
      : await vm.exec(alter(user), { env: { TB_STEP_TEXT: step.text, TB_TAKE: take }, timeoutMs });
  const { result, line } = judge(step.id, r.status, r.stdout, r.timedOut);
  return { step, sight, expected, actual: result, line, stderr: r.stderr, ms: r.ms };
}

/**
 * Asks probes on a machine whose kernel runs.
 * @param told each answer as it comes
 */
export async function askAll(vm: Vm, series: string, probes: readonly Step[], told: (a: Asked) => void): Promise<Asked[]> {
  const all: Asked[] = [];
  for (const step of probes) {
    const { meta } = step;
    const expected = answersOn(step, series);
    if (meta.kind !== 'probe' || expected === undefined) continue;
    const ways: [Sight, Verdict, string][] = [
      ['whole', expected, ''],
      ['blind', meta.blind.verdict, meta.blind.take],
      ...(meta.same ? [['red', meta.same.red.verdict, meta.same.red.take] as [Sight, Verdict, string]] : []),
    ];
    for (const [sight, verdict, take] of ways) {
      const asked = await askOnce(vm, step, sight, verdict, take);
      all.push(asked);
      told(asked);
    }
  }
  return all;
}

/** An answer as evidence. */
export const askedEvidence = (a: Asked): EvidenceStep => ({
  id: a.step.id,
  sha256: a.step.sha256,
  verdict: a.actual,
  expected: a.expected,
  ...(a.sight === 'whole' ? {} : { fixture: a.sight }),
  ms: a.ms,
  transcript: withoutNoise(`${a.actual} ${a.step.id}: ${a.line}\n${a.stderr}`),
});

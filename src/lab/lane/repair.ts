/** The repair lane: a fault that a check names, the repair it points to, and the check again. */
import type { StepResult } from '../../model/id.ts';
import { mendsOf } from '../../model/step.ts';
import type { Runbook } from '../../runbook/select.ts';
import type { Step } from '../../runbook/step.ts';
import { judge } from '../../runbook/verdict.ts';
import { hostInFixture, runText } from './fixture.ts';
import { SCRIPT_PATH, type StageBuilder } from './stage.ts';

/** One fault that a repair is said to mend. */
export interface Mend {
  repair: Step;
  check: Step;
  fixture: string;
}

export interface MendOutcome extends Mend {
  /** What the check said before and after. */
  before: { result: StepResult; line: string };
  after: { result: StepResult; line: string };
  /** Exit status of the script's command `repair`, and what it printed. */
  status: number;
  screen: string;
  ms: number;
}

/** All mends that a runbook's repairs promise. A check that is not in the runbook is left out: another variant of the repair is for it. */
export function mendCases(runbook: Runbook): Mend[] {
  const byId = new Map(runbook.steps.map((s) => [s.id, s]));
  return runbook.steps.flatMap((repair) =>
    Object.entries(mendsOf(repair.meta)).flatMap(([id, fixtures]) => {
      const check = byId.get(id);
      return check ? fixtures.map((fixture) => ({ repair, check, fixture })) : [];
    }),
  );
}

/** Was the fault there, does it stand in the way no more (a FAIL may become a WARN: room for one kernel, not for two), and does the command say so? */
export const mended = ({ before, after, status }: MendOutcome): boolean =>
  before.result !== 'PASS' && (after.result === 'PASS' || (before.result === 'FAIL' && after.result === 'WARN')) && status === 0;

/** Runs one mend on a host of its own. @throws Error if the fixture itself fails */
export async function runMend(root: string, stages: StageBuilder, runbook: Runbook, mend: Mend): Promise<MendOutcome> {
  const host = await hostInFixture(root, stages, runbook, mend.fixture);
  const asked = async () => {
    const r = await runText(host, runbook, mend.check);
    return judge(mend.check.id, r.status, r.stdout, r.timedOut);
  };
  try {
    const before = await asked();
    await host.copy(SCRIPT_PATH, stages.script.text, 0o755);
    const began = Date.now();
    const r = await host.exec(`bash ${SCRIPT_PATH} repair ${mend.repair.id} --yes`, { timeoutMs: 900_000 });
    return { ...mend, before, after: await asked(), status: r.status, screen: r.stdout + r.stderr, ms: Date.now() - began };
  } finally {
    await host.destroy();
  }
}

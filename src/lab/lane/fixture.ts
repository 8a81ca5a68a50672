/**
 * The fixture lane: every situation on a fresh host, and there every check that names it, expecting the verdict it promises. Checks of one
 * situation share its host because they change nothing; tests/rehearsal/fixtures.test.ts looks whether that is so.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StepResult } from '../../model/id.ts';
import { bootChain } from '../../runbook/boot-chain.ts';
import type { Runbook } from '../../runbook/select.ts';
import type { Step } from '../../runbook/step.ts';
import { judge } from '../../runbook/verdict.ts';
import { isStage, STAGES, type Stage } from '../../model/stage.ts';
import { seconds } from '../../model/step.ts';
import { type Host, onHost } from '../host.ts';
import type { StageBuilder } from './stage.ts';

/** One check on one fixture. */
export interface FixtureCase {
  step: Step;
  fixture: string;
  expected: StepResult;
}

export interface FixtureOutcome extends FixtureCase {
  actual: StepResult;
  line: string;
  stderr: string;
  ms: number;
}

/** A fixture as a script: the stage it starts from, and what it does there. */
export interface Fixture {
  stage: Stage;
  script: string;
}

/**
 * Reads a fixture by name: a stage as it is, or tests/fixtures/hosts/<name>.sh. Its first line is `# from: <stage>`, or
 * `# from: <stage>, after <name>` if another fixture of that stage is to be done before it, in the same shell.
 * @throws Error if that line says anything else
 */
export function readFixture(root: string, name: string): Fixture {
  if (isStage(name)) return { stage: name, script: '' };
  const file = `tests/fixtures/hosts/${name}.sh`;
  const script = readFileSync(join(root, file), 'utf8');
  const [, stage = '', before] = /^# from: ([a-z-]+)(?:, after ([a-z0-9-]+))?$/.exec(script.split('\n', 1)[0] ?? '') ?? [];
  if (!isStage(stage)) throw new Error(`${file}:1: the first line is not "# from: <stage>" or "# from: <stage>, after <fixture>" with one of ${STAGES.join(', ')}`);
  if (before === undefined) return { stage, script };
  const first = readFixture(root, before);
  if (first.stage !== stage) throw new Error(`${file}:1: it is done after ${before}, which is from ${first.stage}, not from ${stage}`);
  return { stage, script: `${first.script}\n${script}` };
}

/** All cases of a runbook, or those of some steps. */
export function fixtureCases(runbook: Runbook, only: string[] = []): FixtureCase[] {
  return runbook.steps.flatMap((step) => {
    const { meta } = step;
    if (meta.kind !== 'check') return [];
    if (only.length > 0 && !only.includes(step.id)) return [];
    return Object.entries(meta.fixtures).map(([fixture, expected]) => ({ step, fixture, expected }));
  });
}

/** Cases in the order of their fixtures' first appearance: all of one fixture together. */
export const byFixture = (cases: readonly FixtureCase[]): { fixture: string; cases: FixtureCase[] }[] =>
  [...Map.groupBy(cases, (c) => c.fixture)].map(([fixture, of]) => ({ fixture, cases: of }));

/** The runbook's settings, exported: lines of shell. */
const settings = (runbook: Runbook): string[] => ['set -a', ...runbook.steps.filter((s) => s.meta.kind === 'vars').map((s) => s.text), 'set +a'];

/**
 * What fixtures call the same on every host: $GRUB, GRUB's folder; image RELEASE and initrd RELEASE, the paths of a kernel's image and
 * initramfs; and GRUB's tools under Debian's names.
 */
function bootNames(runbook: Runbook): string[] {
  const { grubDir, image, initrd, manager } = bootChain(runbook.distro);
  // A kernel that no package brought has no file with its package's name: there its release serves.
  const path = (name: string): string => `echo "${name.replace('RELEASE', '$1').replace('PKGBASE', '$(cat "/usr/lib/modules/$1/pkgbase" 2> /dev/null || echo "$1")')}"`;
  const tools = grubDir === '/boot/grub2' ? ['editenv', 'reboot', 'set-default'].map((t) => `grub-${t}() { grub2-${t} "$@"; }`) : [];
  const menu = manager === 'apt' ? [] : [`update-grub() { ${grubDir === '/boot/grub2' ? 'grub2' : 'grub'}-mkconfig -o ${grubDir}/grub.cfg; }`];
  return [`GRUB=${grubDir}`, `image() { ${path(image)}; }`, `initrd() { ${path(initrd)}; }`, ...tools, ...menu];
}

/** Runs a step's text inside a host the way the script does: settings exported, a bash of its own, stdin closed. */
export async function runText(host: Host, runbook: Runbook, step: Step, user?: string) {
  const script = [...settings(runbook), 'exec bash -c "$TB_STEP_TEXT" < /dev/null'].join('\n');
  return host.exec(script, {
    env: { TB_STEP_TEXT: step.text },
    timeoutMs: seconds(step.meta.timeout) * 1000,
    ...(user ? { user } : {}),
  });
}

/**
 * A fresh host in the situation that a fixture makes. The caller destroys it.
 * @param more shell that is run after the fixture's, with its variables
 * @throws Error if the fixture itself fails: a fixture that did not happen proves nothing
 */
export async function hostInFixture(root: string, stages: StageBuilder, runbook: Runbook, name: string, more = ''): Promise<Host> {
  const fixture = readFixture(root, name);
  const host = await stages.host(fixture.stage);
  if (!fixture.script && !more) return host;
  const set = await host.exec([...settings(runbook), ...bootNames(runbook), 'set -e', fixture.script, more].join('\n'), { timeoutMs: 300_000 });
  if (set.status === 0) return host;
  await host.destroy();
  throw new Error(`fixture ${name} failed with ${set.status} on ${stages.hostId}\n${set.stdout}\n${set.stderr}`);
}

/** Runs checks on a host, one after the other, in the situation it is in. */
export async function runChecks(host: Host, runbook: Runbook, cases: readonly FixtureCase[]): Promise<FixtureOutcome[]> {
  const outcomes: FixtureOutcome[] = [];
  for (const c of cases) {
    const r = await runText(host, runbook, c.step);
    const { result, line } = judge(c.step.id, r.status, r.stdout, r.timedOut);
    outcomes.push({ ...c, actual: result, line, stderr: r.stderr, ms: r.ms });
  }
  return outcomes;
}

/**
 * Runs cases, `jobs` fixtures at a time, and tells each outcome as it comes.
 * A case whose fixture breaks counts as ERROR.
 * @returns the outcomes in the order of the cases
 */
export async function runCases(
  root: string,
  stages: StageBuilder,
  runbook: Runbook,
  cases: FixtureCase[],
  jobs: number,
  told: (outcome: FixtureOutcome, done: number) => void,
): Promise<FixtureOutcome[]> {
  const outcomes = new Map<string, FixtureOutcome>();
  const key = (c: FixtureCase): string => `${c.step.id} ${c.fixture}`;
  const situations = byFixture(cases);
  const worker = async (): Promise<void> => {
    for (let s = situations.shift(); s; s = situations.shift()) {
      const { fixture, cases: of } = s;
      const broken = (error: unknown): FixtureOutcome[] =>
        of.map((c) => ({ ...c, actual: 'ERROR', line: error instanceof Error ? error.message : String(error), stderr: '', ms: 0 }));
      const ran = await hostInFixture(root, stages, runbook, fixture).then((h) => onHost(h, (host) => runChecks(host, runbook, of))).catch(broken);
      for (const outcome of ran) {
        outcomes.set(key(outcome), outcome);
        told(outcome, outcomes.size);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return cases.map((c) => outcomes.get(key(c))!);
}

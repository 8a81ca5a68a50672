/** How somebody goes on after an interruption: by doing what the script prints, and nothing else. */
import type { CommandRun } from '../path.ts';
import type { Scene } from './scene.ts';

/** More repairs than this in a row mean that they do not help. */
const MAX_REPAIRS = 4;

/** The repairs a report points to, each once, in its order. */
const remedies = (run: CommandRun): string[] => [
  ...new Set(run.report.steps.filter((x) => ['FAIL', 'ERROR'].includes(x.result) && x.remedy_step !== null).map((x) => x.remedy_step!)),
];

/**
 * Runs preflight and upgrade until both pass; where they stop, runs the repair they name and tries again.
 * @returns the repairs that were needed
 * @throws Error when a command stops without naming a repair, or when repairing does not help
 */
export async function resume(s: Scene): Promise<string[]> {
  const done: string[] = [];
  for (const command of ['preflight', 'upgrade --yes']) {
    for (;;) {
      const run = await s.command(command, [0, 1, 2, 3]);
      if (run.status <= 1) break;
      const wanted = remedies(run);
      if (wanted.length === 0 || done.length >= MAX_REPAIRS) {
        const bad = run.report.steps.filter((x) => ['FAIL', 'ERROR', 'SKIP'].includes(x.result)).map((x) => `${x.result} ${x.id}: ${x.line}`);
        throw new Error(`${command} stops after ${done.length} repairs: ${run.report.stopped ?? ''}\n${bad.join('\n')}`);
      }
      for (const step of wanted) {
        done.push(step);
        await s.command(`repair ${step} --yes`);
      }
      // A repair may have changed what preflight looked at; upgrade wants a fresh one.
      if (command !== 'preflight') await s.command('preflight');
    }
  }
  return done;
}

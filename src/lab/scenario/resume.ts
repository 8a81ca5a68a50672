/** How somebody goes on after an interruption: by doing what the script prints, and nothing else. */
import type { CommandRun } from '../lane/path.ts';

/** More repairs than this in a row mean that they do not help. */
const MAX_REPAIRS = 4;

/** The repairs a report points to, each once, in its order. */
const remedies = (run: CommandRun): string[] => [
  ...new Set(run.report.steps.filter((x) => ['FAIL', 'ERROR'].includes(x.result) && x.remedy_step !== null).map((x) => x.remedy_step!)),
];

/** Findings that stopped a command, one a line. */
export const findings = (run: CommandRun): string =>
  run.report.steps.filter((x) => ['FAIL', 'ERROR', 'SKIP'].includes(x.result)).map((x) => `${x.result} ${x.id}: ${x.line}`).join('\n');

/**
 * Runs preflight and upgrade until both pass; where they stop, runs the repair they name and tries again.
 * @param command runs a command of the script, whatever its status
 * @param done the repairs that were needed are added here, as they are begun
 * @throws Error when a command stops without naming a repair, or when repairing does not help
 */
export async function resume(command: (words: string) => Promise<CommandRun>, done: string[] = []): Promise<string[]> {
  for (const words of ['preflight', 'upgrade --yes']) {
    for (;;) {
      const run = await command(words);
      if (run.status <= 1) break;
      const wanted = remedies(run);
      if (wanted.length === 0 || done.length >= MAX_REPAIRS) throw new Error(`${words} stops after ${done.length} repairs: ${run.report.stopped ?? ''}\n${findings(run)}`);
      for (const step of wanted) {
        done.push(step);
        const repaired = await command(`repair ${step} --yes`);
        if (repaired.status > 1) throw new Error(`repair ${step} does not help: ${repaired.report.stopped ?? ''}\n${findings(repaired)}`);
      }
      // A repair may have changed what preflight looked at; upgrade wants a fresh one.
      if (words !== 'preflight') await command('preflight');
    }
  }
  return done;
}

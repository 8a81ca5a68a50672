/** The lane of the settings that lower exposure: each is set as the script sets it, read back, and taken back again. */
import type { EvidenceStep } from '../../model/evidence.ts';
import type { Host } from '../host.ts';
import { command, evidenceSteps } from './path.ts';
import type { StageBuilder } from './stage.ts';

/** What is looked at from outside: values of the kernel, and files. */
const LOOK = `cat /proc/sys/user/max_user_namespaces /proc/sys/kernel/io_uring_disabled 2> /dev/null
ls /etc/sysctl.d /etc/modprobe.d`;

const ACTIONS = ['harden.userns', 'harden.modules', 'harden.io-uring'] as const;

export interface HardenRun {
  steps: EvidenceStep[];
  kernel: string;
  /** What was not as it had to be, in words. Empty: all held. */
  faults: string[];
}

/** Sets each, twice, and takes all back, twice, on a host that was only looked at. */
export async function runHarden(stages: StageBuilder, told: (line: string) => void): Promise<HardenRun> {
  const steps: EvidenceStep[] = [];
  const faults: string[] = [];
  const host: Host = await stages.host('prepared');
  const look = async (): Promise<string> => (await host.exec(LOOK)).stdout;
  const run = async (step: string): Promise<void> => {
    const r = await command(host, `harden ${step} --yes`);
    told(`${step}: status ${r.status}, ${r.report.steps.map((s) => `${s.id} ${s.result}`).join(', ')}`);
    steps.push(...(await evidenceSteps(host, r)));
    const own = r.report.steps.find((s) => s.id === step)?.result;
    if (r.status > 1 || own !== 'DONE') faults.push(`${step} ended with ${r.status} and ${own ?? 'no result'}, not DONE: ${r.report.stopped ?? ''}`);
  };
  try {
    const kernel = (await host.exec('uname -r')).stdout.trim();
    const before = await look();
    for (const step of ACTIONS) {
      await run(step);
      // Done already: the value that stood there before must not be forgotten.
      await run(step);
    }
    const [userns, ioUring] = (await look()).split('\n');
    if (userns !== '0') faults.push(`user.max_user_namespaces is ${userns}, not 0`);
    if (ioUring !== '2') faults.push(`kernel.io_uring_disabled is ${ioUring}, not 2`);
    await run('harden.undo');
    const after = await look();
    if (after !== before) faults.push(`not as before: ${after.replaceAll('\n', ' ')}; it was ${before.replaceAll('\n', ' ')}`);
    await run('harden.undo');
    return { steps, faults, kernel };
  } finally {
    await host.destroy();
  }
}

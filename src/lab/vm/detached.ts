/** Long commands on a virtual machine that leave its agent free: whoever has to look at the machine meanwhile, can. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecOptions } from '../host.ts';
import type { ExecResult } from '../system/run.ts';
import type { Vm } from './machine.ts';

/** Milliseconds between two looks whether a command has ended. */
const LOOK_MS = 500;

/** Folder in the machine with the output of the command that runs, and its status once it has ended. In memory. */
const DIR = '/run/trialboot-lab';

/**
 * A machine whose `exec` runs commands in the background and asks for their end. One at a time.
 * @returns what commands of the script need of a host
 */
export function detached(vm: Vm): Pick<Vm, 'exec'> {
  return {
    async exec(script: string, o: ExecOptions = {}): Promise<ExecResult> {
      if (o.stdin !== undefined || o.user !== undefined) throw new Error('lab: a detached command has no standard input and runs as root');
      const began = performance.now();
      await vm.exec(
        `rm -rf ${DIR} && mkdir -m 700 ${DIR} && { { setsid bash -c "$LAB_SCRIPT" < /dev/null > ${DIR}/out 2> ${DIR}/err; echo $? > ${DIR}/rc.new; mv ${DIR}/rc.new ${DIR}/rc; } & }`,
        { env: { ...o.env, LAB_SCRIPT: script } },
      );
      const end = began + (o.timeoutMs ?? 600_000);
      for (;;) {
        const rc = (await vm.exec(`cat ${DIR}/rc 2> /dev/null`)).stdout.trim();
        if (rc !== '') {
          const out = await vm.exec(`cat ${DIR}/err >&2; cat ${DIR}/out`);
          return { ...out, status: Number(rc), ms: Math.round(performance.now() - began) };
        }
        if (performance.now() > end) throw new Error(`lab: ${vm.id}: not ended within ${Math.round((o.timeoutMs ?? 600_000) / 1000)} s: ${script.slice(0, 200)}`);
        await sleep(LOOK_MS);
      }
    },
  };
}

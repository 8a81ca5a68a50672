/** What all scenarios of one run share: the host's description, its runbook and script, and the versions of its tools. */
import type { Script } from '../../runbook/compile.ts';
import type { Runbook } from '../../runbook/select.ts';
import { qemuVersion } from '../vm/qemu.ts';
import { readVmSpec } from '../vm/vm.ts';

export interface Bench {
  hostId: string;
  runbook: Runbook;
  script: Script;
  tools: Record<string, string>;
  real: string[];
  standIn: string[];
}

/** @param hostId a host of the vm lane */
export async function makeBench(hostId: string, runbook: Runbook, script: Script): Promise<Bench> {
  const { real, standIn } = readVmSpec(hostId);
  const version = /version (\S+)/.exec(await qemuVersion())?.[1] ?? '';
  return { hostId, runbook, script, tools: { qemu: version }, real, standIn };
}

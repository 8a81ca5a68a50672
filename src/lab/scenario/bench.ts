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
  /** File of a cloud image that is used instead of the host's own disks. */
  image?: string | undefined;
}

/** @param hostId a host of the vm lane @param image file of a cloud image to use instead of its disks */
export async function makeBench(hostId: string, runbook: Runbook, script: Script, image?: string): Promise<Bench> {
  const { real, standIn } = readVmSpec(hostId);
  const version = /version (\S+)/.exec(await qemuVersion())?.[1] ?? '';
  return { hostId, runbook, script, tools: { qemu: version }, real, standIn, image };
}

/** What all scenarios of one run share: the host's description, its runbook and script, and the versions of its tools. */
import type { Script } from '../../runbook/compile.ts';
import type { Runbook } from '../../runbook/select.ts';
import { imageHost } from '../../runbook/evidence.ts';
import { imageWords, type Image } from './image.ts';
import { qemuVersion } from '../vm/qemu.ts';
import { readVmSpec } from '../vm/vm.ts';

export interface Bench {
  hostId: string;
  /** The host that evidence names: another one where an image is used, which is not that host's own disk. */
  recordedAs: string;
  runbook: Runbook;
  script: Script;
  tools: Record<string, string>;
  real: string[];
  standIn: string[];
  /** A cloud image that is used instead of the host's own disks. */
  image?: Image | undefined;
}

/** @param hostId a host of the vm lane @param image a cloud image to use instead of its disks */
export async function makeBench(hostId: string, runbook: Runbook, script: Script, image?: Image): Promise<Bench> {
  const { real, standIn } = image ? imageWords(image, runbook.distro.name) : readVmSpec(hostId);
  const version = /version (\S+)/.exec(await qemuVersion())?.[1] ?? '';
  return { hostId, recordedAs: image ? imageHost(runbook.distro.id) : hostId, runbook, script, tools: { qemu: version }, real, standIn, image };
}

/** Machines on which a chosen kernel runs: started by QEMU itself, each on a fresh overlay of the one disk. */
import { join } from 'node:path';
import type { VmHostSpec } from '../../model/host.ts';
import { mustRun } from '../system/run.ts';
import { takeSlot } from '../vm/slot.ts';
import { rootDisk } from '../vm/qemu.ts';
import { CONSOLE_ARGUMENTS, LOG_ARGUMENTS, ROOT_UUID, SPEED_ARGUMENTS } from '../vm/settings.ts';
import { accelOf, Vm } from '../vm/vm.ts';
import type { KernelSeries } from './kernels.ts';
import { probeDisk, type ProbeTree } from './tree.ts';

/** What is started: a kernel of the tree, with more arguments or with another initramfs. */
export interface Start {
  series: KernelSeries;
  /** Added to the command line. */
  arguments?: string;
  /** Appended to the kernel's own initramfs, as the kernel allows: a cpio archive. */
  initrd?: string;
}

/**
 * The usual command line of such a machine. A kernel counts ticks of the timer at its start, and panics if too few come: on an emulated
 * processor of a busy lab machine that happens, so it is told not to.
 */
const COMMAND_LINE = `root=UUID=${ROOT_UUID} ro no_timer_check ${CONSOLE_ARGUMENTS} ${SPEED_ARGUMENTS} ${LOG_ARGUMENTS}`;

/**
 * Switches a machine on; its boot is waited for by the caller.
 * @throws Error when the tree has no such kernel
 */
export async function startKernel(spec: VmHostSpec, tree: ProbeTree, start: Start): Promise<Vm> {
  const found = tree.kernels[start.series];
  if (!found) throw new Error(`lab: there is no kernel ${start.series} to start`);
  const disk = await probeDisk(tree);
  return Vm.make(
    {
      spec,
      layout: 'root-ext4',
      uefi: false,
      accel: await accelOf(spec),
      direct: { kernel: found.kernel, initrd: start.initrd ?? found.initrd, append: [COMMAND_LINE, start.arguments].filter(Boolean).join(' ') },
      async disks(dir) {
        const file = join(dir, 'disk.qcow2');
        await mustRun('making an overlay', ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', disk, file]);
        return [rootDisk(file)];
      },
    },
    await takeSlot(),
  );
}

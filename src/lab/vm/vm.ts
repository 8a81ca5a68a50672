/** Virtual machines: made from a disk layout, or continued from a snapshot. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { VmHostSpec, VmLayout } from '../../model/host.ts';
import { artifact, touchArtifact } from '../system/cache.ts';
import { readHostSpec } from '../host-spec.ts';
import { mustRun } from '../system/run.ts';
import { type Accel, accelerator } from './accel.ts';
import type { VmBoot } from './boots.ts';
import { nativeDisk, repoDisk } from './disk.ts';
import { imageDisk } from './image.ts';
import { installedDisk } from './install.ts';
import { LAYOUTS } from './layout.ts';
import { Vm } from './machine.ts';
import { type Disk, OVMF, rootDisk, stateInputs } from './qemu.ts';
import { takeSlot } from './slot.ts';
import { treeKernel, vmTree } from './tree.ts';

export { VmGone } from './agent.ts';
export type { VmBoot } from './boots.ts';
export { Vm } from './machine.ts';

/** A running machine, saved: its disk, its memory, and what of it outlives a power cut. */
export interface Snapshot {
  /** Folder in the cache: disk.qcow2, boot.json, and erst and vars.qcow2 where it has them. */
  readonly dir: string;
  readonly hostId: string;
  readonly layout: VmLayout;
}

/**
 * The description of a host of this lane.
 * @throws Error when there is none, or when it is of another lane
 */
export function readVmSpec(hostId: string): VmHostSpec {
  const spec = readHostSpec(hostId);
  if (spec.lane !== 'vm') throw new Error(`lab: ${hostId} is no virtual machine but of lane ${spec.lane}. Mend: make it with createHost of src/lab/host.ts`);
  return spec;
}

const REPO_SERIAL = 'trialboot-repo';

/** A copy that leaves holes holes, and shares blocks where the file system can. */
const copy = (from: string, to: string): Promise<string> => mustRun('copying a disk', ['cp', '--sparse=always', '--reflink=auto', '--', from, to]);

/** The finished disk of a layout, made when it is first asked for. @param image the file behind the layout `image` */
async function layoutDisk(spec: VmHostSpec, layout: VmLayout, image: string | undefined): Promise<string> {
  if (image !== undefined) return imageDisk(spec, image, repoOf(await repoDisk(await vmTree(spec, []))), (disks) => startOn(spec, { layout, disks }));
  if (layout === 'image') throw new Error('lab: the layout image needs a file: --image FILE');
  const native = await nativeDisk(spec, bakeWith(spec));
  return LAYOUTS[layout].make === undefined ? native : installedDisk(spec, layout, native, (o) => startOn(spec, o));
}

/** A machine that works on the very disks it is given. */
const startOn = async (spec: VmHostSpec, o: { layout: VmLayout; disks: Disk[] }): Promise<Vm> =>
  Vm.make({ spec, layout: o.layout, uefi: false, accel: await accelOf(spec), disks: () => Promise.resolve(o.disks) }, await takeSlot());

/** Starts a machine on a fresh disk, runs a script on it and switches it off in order: what {@link nativeDisk} asks for. */
export const bakeWith = (spec: VmHostSpec) =>
  async (disk: string, repo: string, script: string): Promise<void> => {
    const vm = await startOn(spec, { layout: 'root-ext4', disks: [rootDisk(disk), repoOf(repo)] });
    try {
      await vm.up(1);
      const r = await vm.exec(script, { timeoutMs: 900_000 });
      if (r.status !== 0) throw new Error(`lab: the first start of ${spec.id} did not finish its disk (status ${r.status}):\n${r.stdout}\n${r.stderr}`);
      await vm.powerOff();
    } finally {
      await vm.destroy();
    }
  };

/** What runs the processor of a host's machines on this lab machine. */
export const accelOf = async (spec: VmHostSpec): Promise<Accel> => accelerator(treeKernel(await vmTree(spec, [])).image);

const repoOf = (file: string): Disk => ({ file, format: 'raw', readonly: true, serial: REPO_SERIAL });

/**
 * Makes a machine and starts it.
 * @param hostId name of a file under content/hosts, of lane vm
 * @param o `layout`: its storage, else the host's first; `image`: the file of a cloud image, whose layout is `image`; `from`: continue a snapshot, in seconds, instead of booting; `internet`: it reaches
 *   the network; the first boot is waited for
 * @throws Error when its disk cannot be made or it does not come up
 */
export async function createVm(hostId: string, o: { layout?: VmLayout; image?: string | undefined; from?: Snapshot; internet?: boolean | undefined } = {}): Promise<Vm> {
  const spec = readVmSpec(hostId);
  const layout = o.from?.layout ?? (o.image === undefined ? o.layout : 'image') ?? spec.layouts[0]!;
  const uefi = LAYOUTS[layout].firmware === 'uefi';
  // Made before a place is taken: making it takes places of its own.
  const disk = o.from ? join(o.from.dir, 'disk.qcow2') : await layoutDisk(spec, layout, o.image);
  const repo = await repoDisk(await vmTree(spec, []));
  const restored = o.from ? (JSON.parse(readFileSync(join(o.from.dir, 'boot.json'), 'utf8')) as VmBoot) : undefined;
  const vm = await Vm.make(
    {
      spec,
      layout,
      uefi,
      accel: await accelOf(spec),
      ...(restored ? { restored } : {}),
      ...(o.internet ? { internet: true } : {}),
      async disks(dir) {
        await copy(disk, join(dir, 'disk.qcow2'));
        if (o.from && existsSync(join(o.from.dir, 'erst'))) copyFileSync(join(o.from.dir, 'erst'), join(dir, 'erst'));
        if (uefi) {
          if (o.from) await copy(join(o.from.dir, 'vars.qcow2'), join(dir, 'vars.qcow2'));
          else await mustRun('making the UEFI variables', ['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', OVMF.vars, join(dir, 'vars.qcow2')]);
        }
        return [rootDisk(join(dir, 'disk.qcow2')), repoOf(repo)];
      },
    },
    await takeSlot(),
  );
  try {
    if (!restored) await vm.up(1);
    return vm;
  } catch (error) {
    await vm.destroy();
    throw error;
  }
}

/**
 * A snapshot that is prepared once and kept in the cache.
 * @param name short name of the state
 * @param inputs everything else the state depends on
 * @param prepare brings a fresh machine into the state; when it throws, nothing is kept
 * @param o `on`: a snapshot the machine starts from instead of a boot; `image`: the file behind the layout `image`; `internet`: it
 *   reaches the network
 */
export async function cachedSnapshot(hostId: string, layout: VmLayout, name: string, inputs: unknown, prepare: (vm: Vm) => Promise<void>, { on, image, internet }: { on?: Snapshot; image?: string | undefined; internet?: boolean | undefined } = {}): Promise<Snapshot> {
  const spec = readVmSpec(hostId);
  const below = on ? on.dir : await layoutDisk(spec, layout, image);
  const key = { inputs, ...(internet ? { internet } : {}), below: on ? basename(below) : below.split('/').slice(-2).join('/'), state: await stateInputs(await accelOf(spec)) };
  const dir = await artifact(`vm-${name}-${layout}-${hostId}`, key, async (temp) => {
    const vm = await createVm(hostId, { layout, image, internet, ...(on ? { from: on } : {}) });
    try {
      await prepare(vm);
      const boot = await vm.suspend();
      for (const file of ['disk.qcow2', 'erst', 'vars.qcow2']) if (existsSync(join(vm.dir, file))) await copy(join(vm.dir, file), join(temp, file));
      writeFileSync(join(temp, 'boot.json'), `${JSON.stringify(boot)}\n`);
    } finally {
      await vm.destroy();
    }
  });
  touchArtifact(dir);
  return { dir, hostId, layout };
}

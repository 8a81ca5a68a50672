/** The layer in which the old kernel has been installed, by the host's own apt, with its initramfs and GRUB menu. */
import { basename, join } from 'node:path';
import { isArchShaped, isRpmShaped, isUbuntuShaped, type RootHostSpec } from '../../model/host.ts';
import { artifact, assertCacheFileSystem, cacheKey, touchArtifact } from '../system/cache.ts';
import { debianOf } from '../host-spec.ts';
import { emuLayer } from '../grub/emu.ts';
import { archiveLayer } from './archive.ts';
import { baseLayer, foundationLayer } from './base.ts';
import { firstKernel } from './first-kernel.ts';
import { shapeLayer } from './shape.ts';
import { archArchiveLayer } from '../shape/arch-archive.ts';
import { shapedArchiveLayer } from '../shape/archive.ts';
import { rpmArchiveLayer } from '../shape/rpm-archive.ts';
import { Machine } from '../root/machine.ts';
import { mustRun } from '../system/run.ts';

const REVISION = 1;

/** The host's package source. */
function packageSource(spec: RootHostSpec, base: string): Promise<string> {
  if (spec.lane !== 'shaped') return archiveLayer(spec, base);
  if (isRpmShaped(spec)) return rpmArchiveLayer(spec, base);
  if (isUbuntuShaped(spec)) return shapedArchiveLayer(spec, base);
  if (isArchShaped(spec)) return archArchiveLayer(spec, base);
  throw new Error(`content/hosts/${spec.id}.yaml: no package source is known for its shape`);
}

/** Everything hosts of one kind stand on. */
export interface HostLayers {
  /** The layers of the disk, topmost first. */
  trees: string[];
  /** The layers of the root in which GRUB's interpreter runs, topmost first. */
  grub: string[];
}

/** Layers that this process has, by the description of their host: a test makes hundreds of hosts of a kind. */
const known = new Map<string, Promise<HostLayers>>();

/**
 * All finished layers of a host.
 * @throws Error when a layer cannot be built; what was finished stays in the cache
 */
export function goldLayers(spec: RootHostSpec): Promise<HostLayers> {
  const key = cacheKey(spec);
  const has = known.get(key);
  if (has) return has;
  const made = makeLayers(spec);
  known.set(key, made);
  // After a failure the next caller may try again.
  made.catch(() => known.delete(key));
  return made;
}

async function makeLayers(spec: RootHostSpec): Promise<HostLayers> {
  assertCacheFileSystem();
  const debian = debianOf(spec);
  const base = await baseLayer(debian);
  // GRUB's interpreter is the release's: one root for all its hosts.
  const foundation = await foundationLayer(debian);
  const [archive, shape, emu] = await Promise.all([packageSource(spec, base), shapeLayer(spec, base), emuLayer(debian, foundation)]);
  const below = [shape, archive, base].map((d) => join(d, 'tree'));
  const { script, words } = firstKernel(spec);
  const inputs = { revision: REVISION, install: script, kernel: spec.kernels.old, layers: [shape, archive, base].map((d) => basename(d)) };
  const gold = await artifact(`gold-${spec.id}`, inputs, async (dir) => {
    const machine = await Machine.assemble(spec, below);
    try {
      // No kernel to start yet, as in an installer; the host shows the machine's own until it has one.
      await machine.start(new Map([['virt', 'kvm\n'], ['units', ''], ['grub-probe', await probeTable(machine)]]));
      await mustRun(`installing the old kernel of ${spec.id}`, machine.argv(['/bin/bash', '-c', script, 'install', ...words]), { timeoutMs: 900_000 });
      await machine.stop();
      await machine.copyUpper(join(dir, 'tree'));
    } finally {
      await machine.destroy();
    }
  });
  for (const dir of [gold, emu, shape, archive, base, foundation]) touchArtifact(dir);
  return { trees: [join(gold, 'tree'), ...below], grub: [emu, foundation].map((d) => join(d, 'tree')) };
}

async function probeTable(machine: Machine): Promise<string> {
  const r = await machine.off('cat /usr/lib/trialboot-lab/grub-probe.table');
  return r.stdout.toString('utf8');
}

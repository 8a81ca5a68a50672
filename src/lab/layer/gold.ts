/** The layer in which the old kernel has been installed, by the host's own apt, with its initramfs and GRUB menu. */
import { basename, join } from 'node:path';
import type { RootHostSpec } from '../../model/host.ts';
import { artifact, assertCacheFileSystem, touchArtifact } from '../system/cache.ts';
import { debianOf } from '../host-spec.ts';
import { emuLayer } from '../grub/emu.ts';
import { archiveLayer } from './archive.ts';
import { baseLayer } from './base.ts';
import { shapeLayer } from './shape.ts';
import { BEFORE_PATH, shapedArchiveLayer, sourcesBefore } from '../shape/archive.ts';
import { Machine } from '../root/machine.ts';
import { mustRun } from '../system/run.ts';

const REVISION = 1;

// What an installer does: boot loader files, the kernel, the menu. Everything here is the real tool.
const INSTALL = `set -eu
export DEBIAN_FRONTEND=noninteractive
grub-editenv /boot/grub/grubenv create
mkdir -p /boot/grub/i386-pc /boot/grub/fonts /boot/grub/locale
cp /usr/lib/grub/i386-pc/*.mod /usr/lib/grub/i386-pc/*.lst /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/
cp /usr/share/grub/unicode.pf2 /boot/grub/fonts/
grub-mkimage -O i386-pc -o /boot/grub/i386-pc/core.img -p '(hd0,msdos1)/boot/grub' biosdisk part_msdos ext2
apt-get update
apt-get install -y --no-install-recommends "$@"
apt-get clean
update-grub
sync
`;

/**
 * How the old kernel is installed. If the archive has dropped it since, it comes from the archive of then, which is gone afterwards.
 * @param before lines for the sources of then; none if there was no other archive
 */
const installScript = (before: readonly string[]): string =>
  before.length === 0
    ? INSTALL
    : `set -eu
mkdir /run/sources
mv /etc/apt/sources.list.d/* /run/sources/
printf '%s\n' ${before.map((line) => `'${line}'`).join(' ')} >/etc/apt/sources.list.d/before.list
${INSTALL}rm /etc/apt/sources.list.d/before.list
mv /run/sources/* /etc/apt/sources.list.d/
rm -rf ${BEFORE_PATH} /var/lib/apt/lists/*
apt-get update
sync
`;

/** Everything hosts of one kind stand on. */
export interface HostLayers {
  /** The layers of the disk, topmost first. */
  trees: string[];
  /** The layers of the root in which GRUB's interpreter runs, topmost first. */
  grub: string[];
}

/**
 * All finished layers of a host.
 * @throws Error when a layer cannot be built; what was finished stays in the cache
 */
export async function goldLayers(spec: RootHostSpec): Promise<HostLayers> {
  assertCacheFileSystem();
  const debian = debianOf(spec);
  const base = await baseLayer(debian);
  const archiveOf = spec.lane === 'shaped' ? shapedArchiveLayer(spec, base) : archiveLayer(spec, base);
  const [archive, shape, emu] = await Promise.all([archiveOf, shapeLayer(spec, base), emuLayer(debian, base)]);
  const below = [shape, archive, base].map((d) => join(d, 'tree'));
  const install = installScript(sourcesBefore(spec));
  const inputs = { revision: REVISION, install, kernel: spec.kernels.old, layers: [shape, archive, base].map((d) => basename(d)) };
  const gold = await artifact(`gold-${spec.id}`, inputs, async (dir) => {
    const machine = await Machine.assemble(spec, below);
    try {
      // No kernel to start yet, as in an installer; the host shows the machine's own until it has one.
      await machine.start(new Map([['virt', 'kvm\n'], ['units', ''], ['grub-probe', await probeTable(machine)]]));
      await mustRun(`installing the old kernel of ${spec.id}`, machine.argv(['/bin/bash', '-c', install, 'install', ...spec.kernels.old.packages]), { timeoutMs: 900_000 });
      await machine.stop();
      await machine.copyUpper(join(dir, 'tree'));
    } finally {
      await machine.destroy();
    }
  });
  for (const dir of [gold, emu, shape, archive, base]) touchArtifact(dir);
  return { trees: [join(gold, 'tree'), ...below], grub: [emu, base].map((d) => join(d, 'tree')) };
}

async function probeTable(machine: Machine): Promise<string> {
  const r = await machine.off('cat /usr/lib/trialboot-lab/grub-probe.table');
  return r.stdout.toString('utf8');
}

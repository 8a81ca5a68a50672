/** The root that every kernel is asked on: a Debian 13 server with all of them installed, and tools for the demonstrations. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { VmHostSpec } from '../../model/host.ts';
import { archiveWeek } from '../layer/base.ts';
import { runOnLayers } from '../layer/chroot.ts';
import { ScratchApt } from '../layer/scratch-apt.ts';
import { artifact, removeTree, touchArtifact } from '../system/cache.ts';
import { mustRun } from '../system/run.ts';
import { ROOT_UUID } from '../vm/settings.ts';
import { ext4Image } from '../vm/toolroot.ts';
import { vmTree } from '../vm/tree.ts';
import { KERNELS, type KernelSeries, type PackedKernel } from './kernels.ts';

const REVISION = 1;

/** Of the host's own release; they are unpacked only, which is enough for programs. */
const TOOLS = ['keyutils', 'openssl'];
/** Of Debian testing, where the host's release has them too old or without a feature. With all they need, in a root of their own. */
const TESTING = { suite: 'forky', packages: ['xfsprogs', 'erofs-utils'] } as const;
/** What every server has and the hosts of the lab do without: an ordinary user reaches systemd by it alone. */
const BUS = ['dbus'];
/** Where the root with the programs of testing lies on the machine. */
export const TESTING_ROOT = '/opt/testing';

/** MiB of the disk. */
const DISK_MIB = 4096;

/** A machine's root with several kernels in it. */
export interface ProbeTree {
  /** Topmost first. */
  layers: string[];
  names: string[];
  /** Files outside the machine, for QEMU to start. */
  kernels: Partial<Record<KernelSeries, { release: string; kernel: string; initrd: string }>>;
}

/** Every result is read back: what a package manager says of boot files is not believed. */
const whole = `for kernel in /boot/vmlinuz-*; do
	[ -s "$kernel" ] && [ -s "/boot/initrd.img-\${kernel#/boot/vmlinuz-}" ] && [ -s "/lib/modules/\${kernel#/boot/vmlinuz-}/modules.dep.bin" ] ||
		{ echo "kernel, initramfs or module index is missing for $kernel" >&2; ls -l /boot >&2; exit 1; }
done
`;

/** Runs with the host's package source in sight. The disk with that source is not there later: its line in fstab goes. */
const installNew = (spec: VmHostSpec): string => `export DEBIAN_FRONTEND=noninteractive
chmod -x /etc/kernel/postinst.d/zz-update-grub
dpkg --install /var/cache/apt/archives/*.deb
apt-get update
apt-get install -y --no-install-recommends -t ${spec.kernels.new.suite} ${spec.kernels.new.packages.join(' ')}
chmod +x /etc/kernel/postinst.d/zz-update-grub
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
sed -i /trialboot/d /etc/fstab
grep -q ${ROOT_UUID} /etc/fstab
${whole}`;

/** A layer made by a script on top of others. @param before fills the layer before the script runs */
async function scripted(kind: string, inputs: unknown, lowers: readonly string[], script: string, before?: (upper: string) => Promise<unknown>): Promise<string> {
  const dir = await artifact(kind, { revision: REVISION, inputs, script }, async (temp) => {
    const build = join(temp, 'build');
    mkdirSync(join(build, 'upper'), { recursive: true, mode: 0o755 });
    await before?.(join(build, 'upper'));
    await runOnLayers(`making the layer ${kind}`, build, lowers, script);
    renameSync(join(build, 'upper'), join(temp, 'tree'));
    await removeTree(build);
  });
  touchArtifact(dir);
  return dir;
}

async function toolsLayer(spec: VmHostSpec, tree: string): Promise<string> {
  const inputs = { revision: REVISION, tools: TOOLS, testing: TESTING, tree: basename(tree), week: archiveWeek() };
  const dir = await artifact(`probe-tools-${spec.id}`, inputs, async (temp) => {
    const own = new ScratchApt(temp, join(tree, 'tree/var/lib/dpkg/status'));
    await own.takeLists([spec.suite, ...spec.mergedSuites]);
    await own.download(TOOLS);
    await own.unpack(join(temp, 'tree'));
    await removeTree(own.dir);
    // Nothing is installed there yet, so that all that is needed comes along, libc included.
    writeFileSync(join(temp, 'nothing'), '');
    const testing = new ScratchApt(temp, join(temp, 'nothing'));
    await testing.takeLists([TESTING.suite]);
    await testing.download(TESTING.packages);
    const root = join(temp, 'tree', TESTING_ROOT);
    for (const d of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'proc', 'sys', 'dev', 'mnt', 'srv', 'run', 'tmp', 'etc']) mkdirSync(join(root, d), { recursive: true, mode: 0o755 });
    for (const deb of testing.debs().filter((f) => !f.startsWith('base-files_'))) await mustRun(`unpacking ${deb}`, ['dpkg-deb', '--extract', join(testing.archives, deb), root]);
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) if (!existsSync(join(root, name))) symlinkSync(`usr/${name}`, join(root, name));
    await mustRun('asking the programs of testing for their versions', ['chroot', root, '/usr/sbin/mkfs.xfs', '-V']);
    await mustRun('asking the programs of testing for their versions', ['chroot', root, '/usr/bin/mkfs.erofs', '-V']);
    writeFileSync(join(temp, 'versions'), testing.debs().join('\n'));
    await removeTree(testing.dir);
  });
  touchArtifact(dir);
  return dir;
}

/** Puts the bus where a package manager keeps downloads. @param own the layer whose dpkg status holds */
async function downloadBus(spec: VmHostSpec, own: string, upper: string): Promise<void> {
  const apt = new ScratchApt(dirname(upper), join(own, 'var/lib/dpkg/status'));
  await apt.takeLists([spec.suite, ...spec.mergedSuites]);
  await apt.download(BUS);
  const into = join(upper, 'var/cache/apt/archives');
  mkdirSync(into, { recursive: true, mode: 0o755 });
  for (const deb of apt.debs()) copyFileSync(join(apt.archives, deb), join(into, deb));
  await removeTree(apt.dir);
}

/** @param packed 7.0, where it is to be had */
export async function probeTree(spec: VmHostSpec, packed: PackedKernel | undefined): Promise<ProbeTree> {
  const tree = await vmTree(spec, []);
  const [own, base] = tree.layers as [string, string];
  const archive = join(tree.archive, 'tree');
  const fresh = await scripted(`probe-new-${spec.id}`, { layers: tree.names, bus: BUS }, [own, archive, base], installNew(spec), (upper) => downloadBus(spec, own, upper));
  const tops = [fresh];
  if (packed) {
    const unpack = (upper: string): Promise<unknown> => mustRun('unpacking a kernel', ['tar', '-xJf', packed.file, '--no-same-owner', '--exclude=./usr/lib/modules/*/build', '-C', upper]);
    const script = `chmod 755 / /boot /usr /usr/lib /usr/lib/modules\ndepmod ${packed.release}\nupdate-initramfs -c -k ${packed.release}\n${whole}`;
    tops.unshift(await scripted(`probe-packed-${spec.id}`, { sha256: packed.sha256, below: basename(fresh) }, [join(fresh, 'tree'), own, base], script, unpack));
  }
  const tools = await toolsLayer(spec, own.replace(/\/tree$/, ''));
  const layers = [tools, ...tops].map((d) => join(d, 'tree')).concat(own, base);
  const kernels: ProbeTree['kernels'] = {};
  for (const series of Object.keys(KERNELS) as KernelSeries[]) {
    for (const boot of layers.map((l) => join(l, 'boot')).filter((d) => existsSync(d))) {
      const name = readdirSync(boot).find((f) => f.startsWith(`vmlinuz-${series}.`));
      if (!name) continue;
      const release = name.slice('vmlinuz-'.length);
      const initrd = layers.map((l) => join(l, 'boot', `initrd.img-${release}`)).find((f) => existsSync(f));
      if (initrd) kernels[series] = { release, kernel: join(boot, name), initrd };
      break;
    }
  }
  return { layers, kernels, names: [tools, ...tops].map((d) => basename(d)).concat(tree.names) };
}

/** The disk with that root: one file system, no partitions, no boot loader. Raw; machines work on overlays of it. */
export async function probeDisk(tree: ProbeTree): Promise<string> {
  const dir = await artifact('probe-disk', { revision: REVISION, layers: tree.names, size: DISK_MIB }, (temp) =>
    ext4Image(join(temp, 'disk.img'), { tools: tree.layers.slice(-2), content: tree.layers, size: DISK_MIB, options: ['-U', ROOT_UUID, '-L', 'root'] }),
  );
  touchArtifact(dir);
  return join(dir, 'disk.img');
}

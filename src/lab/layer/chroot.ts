/** Runs a script in a root made of layers, in namespaces of its own: how layers are made from other layers. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, toolEnv } from '../system/run.ts';

// $1 folder with upper, work and mnt; $2 lower layers; $3 the script. Every mount dies with the namespace.
const ENTER = `set -eu
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" trialboot "$1/mnt"
cd "$1/mnt"
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do : >dev/$node; mount --bind /dev/$node dev/$node; done
ln -s /proc/self/fd dev/fd
exec setpriv --bounding-set -sys_module,-sys_boot,-sys_time,-syslog,-sys_rawio -- chroot . /bin/sh -euc "$3"
`;

/**
 * Runs a shell script as root on top of layers; what it changes is left in `dir/upper`.
 * @param what the work in words, for errors
 * @param dir an empty folder on a file system that overlayfs can write to
 * @param lowers layers, topmost first
 * @param script runs with `sh -eu` inside, without network
 * @param stdin handed to the script
 * @returns the script's standard output
 * @throws Error when the script fails
 */
export async function runOnLayers(what: string, dir: string, lowers: readonly string[], script: string, stdin?: Uint8Array): Promise<string> {
  for (const name of ['upper', 'work', 'mnt']) mkdirSync(join(dir, name), { recursive: true });
  return mustRun(
    what,
    [
      'unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--net', '--',
      '/bin/sh', '-c', ENTER, 'trialboot-lab', dir, lowers.join(':'), script,
    ],
    { env: { ...toolEnv(), HOME: '/root', LC_ALL: 'C.UTF-8' }, ...(stdin ? { stdin } : {}) },
  );
}

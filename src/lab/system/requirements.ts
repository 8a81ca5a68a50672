/** Can this machine rehearse? Asked before tests, so that they are skipped with a reason instead of failing. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { cacheDir, cacheOnOverlay } from './cache.ts';
import { KEYRING } from '../layer/mirror.ts';
import { run } from './run.ts';

/** What is missing and how to get it. */
export interface Requirements {
  ok: boolean;
  missing: { what: string; install: string }[];
}

/** Programs of the machine the lab starts, and the Debian package of each. */
const TOOLS: readonly (readonly [string, string])[] = [
  ['mmdebstrap', 'mmdebstrap'],
  ['apt-get', 'apt'],
  ['dpkg-deb', 'dpkg'],
  ['apt-ftparchive', 'apt-utils'],
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['pivot_root', 'util-linux'],
  ['mount', 'mount'],
  ['ip', 'iproute2'],
  ['hostname', 'hostname'],
];

function onPath(tool: string): boolean {
  return ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((dir) => {
    try {
      accessSync(join(dir, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// Everything a host needs from the kernel, in one go and gone at once. $1 the cache folder.
const SMOKE = `set -e
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir lower upper work root
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work test root
ip link add ens3 type veth peer name lab0
`;

/** Looks whether hosts can be made here. Changes nothing but an empty cache folder. */
export async function requirements(): Promise<Requirements> {
  const missing: Requirements['missing'] = [];
  const need = (fine: boolean, what: string, install: string): void => {
    if (!fine) missing.push({ what, install });
  };
  need(process.platform === 'linux' && process.arch === 'x64', 'Linux on amd64', 'use such a machine: the hosts run amd64 kernels and programs');
  if (missing.length > 0) return { ok: false, missing };
  need(process.getuid?.() === 0, 'root', 'run as root (sudo): hosts are made of mounts and namespaces');
  for (const [tool, pkg] of TOOLS) need(onPath(tool), `the program ${tool}`, `apt-get install ${pkg}`);
  need(existsSync(KEYRING), 'the keys of the Debian archive', 'apt-get install debian-archive-keyring');
  need(readFileSync('/proc/filesystems', 'utf8').includes('overlay'), 'overlayfs', 'modprobe overlay');
  need(existsSync('/proc/self/ns/time'), 'time namespaces', 'use Linux 5.6 or later with CONFIG_TIME_NS');
  need(totalmem() > 2 * 2 ** 30, '2 GiB of memory', 'use a larger machine: the disk of a host lies in memory');
  if (missing.length > 0) return { ok: false, missing };

  const cache = cacheDir();
  need(!cacheOnOverlay(), `a cache folder that is not on an overlay file system (${cache} is)`, 'set TRIALBOOT_CACHE to a folder on a real disk or on a volume');
  const fs = statfsSync(cache);
  need(fs.bavail * fs.bsize > 3 * 2 ** 30, `3 GiB free in ${cache}`, 'make room, or set TRIALBOOT_CACHE');
  const smoke = await run(
    ['unshare', '--mount', '--pid', '--uts', '--ipc', '--net', '--time', '--boottime', '0', '--fork', '--kill-child', '--propagation', 'private', '--', '/bin/sh', '-c', SMOKE, 'smoke', cache],
    { timeoutMs: 20_000 },
  );
  need(smoke.status === 0, `namespaces, overlay mounts and a virtual network card (${smoke.stderr.trim().split('\n').at(-1) ?? ''})`, 'allow them: in a container, start it with --privileged');
  return { ok: missing.length === 0, missing };
}

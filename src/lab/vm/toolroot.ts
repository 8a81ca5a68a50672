/** Makes file system images from folders with a guest's own tools: no loop device, no mount of the image, no root disk. */
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { removeTree } from '../system/cache.ts';
import { mustRun, toolEnv } from '../system/run.ts';

// $1 a scratch folder; $2 layers of the root with the tools; $3 layers of the content, seen at /mnt/tree; $4 the folder for
// results, seen at /mnt/out; $5 the script. What the tools write elsewhere is in memory and gone with the namespace.
const ENTER = `set -eu
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" trialboot "$1/root"
cd "$1/root"
mkdir -p mnt/tree mnt/out
case $3 in
*:*) mount -t overlay -o "ro,lowerdir=$3" trialboot mnt/tree ;;
*) mount --bind "$3" mnt/tree ;;
esac
mount --bind "$4" mnt/out
mount -t proc proc proc
exec setpriv --bounding-set -sys_module,-sys_boot,-sys_time,-syslog,-sys_rawio -- chroot . /bin/sh -euc "$5"
`;

/**
 * Runs a script as root beside a tree, in a root of its own.
 * @param what the work in words, for errors
 * @param o `tools`, `content`: layers, topmost first; `out`: an existing folder for results
 * @param script runs with `sh -eu`; sees /mnt/tree and /mnt/out
 * @returns its standard output
 * @throws Error when the script fails
 */
export async function besideTree(what: string, o: { tools: readonly string[]; content: readonly string[]; out: string }, script: string): Promise<string> {
  const scratch = `${o.out}.scratch`;
  mkdirSync(scratch, { recursive: true });
  try {
    return await mustRun(
      what,
      [
        'unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--net', '--',
        '/bin/sh', '-c', ENTER, 'trialboot-lab', scratch, o.tools.join(':'), o.content.join(':'), o.out, script,
      ],
      { env: { ...toolEnv(), HOME: '/root' }, timeoutMs: 600_000 },
    );
  } finally {
    await removeTree(scratch);
  }
}

/**
 * Makes an ext4 file system with the content of a tree inside a new file.
 * @param file where; must not exist
 * @param o sizes in MiB: `size` of the file, `offset` of the file system in it; `options`: further options of mke2fs
 */
export async function ext4Image(file: string, o: { tools: readonly string[]; content: readonly string[]; size: number; offset?: number; options?: readonly string[] }): Promise<void> {
  const offset = o.offset ?? 0;
  const out = dirname(file);
  const image = `/mnt/out/${basename(file)}`;
  await besideTree(
    `making the file system of ${basename(file)}`,
    { tools: o.tools, content: o.content, out },
    `truncate -s ${o.size}M ${image}
mke2fs -q -F -t ext4 ${(o.options ?? []).join(' ')} -d /mnt/tree -E offset=${offset * 2 ** 20} ${image} ${(o.size - offset) * 1024}k`,
  );
}

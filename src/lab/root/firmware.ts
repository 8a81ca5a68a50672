/**
 * What happens between power-on and a running kernel: reads the host's disk, plays GRUB, looks whether what GRUB would
 * load could come up, and prepares the files by which the started host shows which kernel it runs.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { dmesgText, journalText, panicSeconds } from './boot-text.ts';
import { cacheDir } from '../system/cache.ts';
import { parseGrubenv, setInGrubenv } from '../grub/env.ts';
import { askGrub, isEnvWritable } from '../grub/ask.ts';
import type { GrubOutcome } from '../grub/menu.ts';
import { loadedModules, missingDrivers, procModules, readInitramfs, readKernelImage, type KernelImage } from './kernel-image.ts';
import type { RawResult } from '../system/run.ts';
import { readTar } from '../system/tar.ts';

/** One start of a host, or an attempt at one. */
export interface BootRecord {
  /** Release of the kernel that was started, as the image itself names it; empty when none was. */
  kernel: string;
  /** Its command line, as /proc/cmdline shows it. */
  cmdline: string;
  /** Id of the menu entry that was run; empty when there was none. */
  entryId: string;
  /** The same with the submenus above it, joined by >, as grub-reboot takes it. */
  entryPath: string;
  /** Boot id, a new one each time. */
  bootId: string;
  /** Did GRUB load an initramfs? */
  initrd: boolean;
  /** What caused this start. */
  cause: 'power-on' | 'reboot' | 'panic' | 'power-cycle';
  /** Why this start came to nothing. */
  dead?: string;
  /** A dead start that stood still until somebody cycled the power: no panic=N made it start again. */
  hung?: boolean;
  /** What GRUB printed: errors, echo. */
  messages: string[];
}

/** Runs a shell script in the host's root while the host is off. */
export type OffRun = (script: string, args?: readonly string[], stdin?: Uint8Array) => Promise<RawResult>;

/** Drivers without which the root file system of a rehearsal host does not come up. */
const ROOT_DRIVERS = ['virtio_blk', 'ext4'] as const;

// One pass over everything a start depends on: a list of the files, then a tar of the small ones.
// No /dev/null: the host is off and has no devices.
const GATHER = `cd /
find -L boot vmlinuz initrd.img -path 'boot/grub*/*/*' -prune -o -type f -printf '%s %T@ %p\\n' 2>&-
printf '\\0'
set --
for f in boot/grub*/*.cfg boot/grub*/grubenv boot/loader/entries/*.conf srv/lab/keep usr/lib/modules/*/modules.builtin usr/lib/modules/*/modules.order boot/config-* usr/lib/modules/*/config; do
	[ -e "$f" ] && set -- "$@" "$f"
done
exec tar -chf - "$@"
`;

/** A picture of the disk at power-on. */
interface Disk {
  /** Size and time of each file below /boot, by absolute path. */
  files: Map<string, { size: number; time: string }>;
  /** Content of the small files, by absolute path. */
  texts: Map<string, Uint8Array>;
}

async function readDisk(off: OffRun): Promise<Disk> {
  const r = await off(GATHER);
  const split = r.stdout.indexOf(0);
  if (r.status !== 0 || split < 0) throw new Error(`lab: cannot read the host's disk (status ${r.status}): ${r.stderr.trim()}`);
  const files = new Map<string, { size: number; time: string }>();
  for (const line of r.stdout.subarray(0, split).toString('utf8').split('\n')) {
    const m = /^(\d+) (\S+) (.*)$/.exec(line);
    if (m) files.set(`/${m[3]}`, { size: Number(m[1]), time: m[2]! });
  }
  const texts = new Map([...readTar(r.stdout.subarray(split + 1))].map(([k, v]) => [`/${k}`, v] as const));
  return { files, texts };
}

const asText = (b: Uint8Array | undefined): string | undefined => (b === undefined ? undefined : Buffer.from(b).toString('utf8'));

/** What looking into a kernel or an initramfs found. */
type Finding = { kernel: KernelImage } | { names: string[] } | { broken: string };

/** Looks into a file of the disk. Findings are kept: unpacking an initramfs takes longer than starting a host. */
async function inspect(off: OffRun, disk: Disk, kind: 'kernel' | 'initrd', path: string): Promise<Finding> {
  const real = disk.files.has(path) ? path : `/boot${path}`;
  const { size, time } = disk.files.get(real)!;
  const key = createHash('sha256').update(`1 ${kind} ${real} ${size} ${time}`).digest('hex').slice(0, 24);
  const kept = join(cacheDir(), 'inspected', `${key}.json`);
  if (existsSync(kept)) {
    try {
      return JSON.parse(readFileSync(kept, 'utf8')) as Finding;
    } catch {
      // written by a process that died while writing: look again
    }
  }
  const r = await off('exec cat -- "$1"', [real]);
  if (r.status !== 0) throw new Error(`lab: cannot read ${real} of the host: ${r.stderr.trim()}`);
  let finding: Finding;
  if (kind === 'kernel') {
    const image = readKernelImage(r.stdout);
    finding = 'broken' in image ? image : { kernel: image };
  } else {
    const content = readInitramfs(r.stdout);
    // Only modules decide anything here; the list of all files would be long.
    finding = 'broken' in content ? content : { names: content.names.filter((n) => /\.ko(\.|$)/.test(n)) };
    if ('opaque' in content && 'names' in finding) finding = { names: ['opaque'] };
  }
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, JSON.stringify(finding));
  return finding;
}

/** Why a kernel with this initramfs would not find its root, or undefined when it would. */
async function whyDead(off: OffRun, disk: Disk, kernel: KernelImage, initrd: readonly string[]): Promise<string | undefined> {
  const builtin = asText(disk.texts.get(`/usr/lib/modules/${kernel.release}/modules.builtin`))?.split('\n') ?? [];
  const names: string[] = [];
  for (const path of initrd) {
    const found = await inspect(off, disk, 'initrd', path);
    if ('broken' in found) return `kernel panic: ${found.broken} (${path})`;
    if ('names' in found) names.push(...found.names);
  }
  if (names.includes('opaque')) return undefined;
  const missing = missingDrivers(kernel.release, names, builtin, ROOT_DRIVERS);
  if (missing.length === 0) return undefined;
  return initrd.length === 0
    ? `kernel panic: VFS: Unable to mount root fs: started without an initramfs, and ${missing.join(', ')} is not in the kernel`
    : `the initramfs finds no root file system: it holds no ${missing.join(', ')} for ${kernel.release}`;
}

/** What a start of the host came to, and the files that tell it to the host. */
export interface Start {
  record: BootRecord;
  /** For a start that came up: files below /run/lab, by name. */
  lab: Map<string, string | Uint8Array>;
  /** For a dead one: does panic=N start the machine again? */
  again: boolean;
}

const outcomeRecord = (outcome: GrubOutcome, cause: BootRecord['cause']): BootRecord => ({
  kernel: '',
  cmdline: outcome.linux ? `BOOT_IMAGE=${outcome.linux.path} ${outcome.linux.args}`.trim() : '',
  entryId: outcome.entry?.id ?? '',
  entryPath: outcome.entry?.path ?? '',
  bootId: randomUUID(),
  initrd: outcome.initrd.length > 0,
  cause,
  messages: outcome.messages,
});

/** What a start needs to know. */
export interface PowerOn {
  /** Runs a script in the root of the host, which is off. */
  off: OffRun;
  /** The lab's own tables (grub-probe, modules, procsys), by file name. */
  tables: Readonly<Record<string, string>>;
  /** Layers of the root in which GRUB's interpreter runs, topmost first. */
  grub: readonly string[];
  cause: BootRecord['cause'];
  /** What somebody at the console chooses from the menu. */
  pick?: string | undefined;
  /** GRUB's folder on this host. */
  grubDir: string;
}

/**
 * Plays power-on of a host that is off.
 * @throws Error when the disk cannot be read, or when nothing can be said about what GRUB would do
 */
export async function powerOn({ off, tables, grub, cause, pick, grubDir }: PowerOn): Promise<Start> {
  const disk = await readDisk(off);
  const keep = new Map([...disk.texts].filter(([k]) => k.startsWith('/srv/lab/keep/')).map(([k, v]) => [k.slice('/srv/lab/keep/'.length), v] as const));
  const outcome = await askGrub(grub, {
    grubDir,
    texts: new Map([...disk.texts].map(([k, v]) => [k, asText(v)!])),
    sizes: new Map([...disk.files].map(([k, v]) => [k, v.size])),
    envWritable: isEnvWritable(asText(keep.get('grub-probe')) ?? tables['grub-probe.table']!, grubDir),
    pick,
  });
  const record = outcomeRecord(outcome, cause);
  const dead = async (why: string, again: boolean): Promise<Start> => {
    await writeBack(off, grubDir, outcome.grubenv, undefined);
    return { record: { ...record, dead: why, ...(again ? {} : { hung: true }) }, lab: new Map(), again };
  };
  if (outcome.stuck !== undefined || !outcome.linux) return dead(outcome.stuck ?? 'GRUB loads no kernel', false);

  const image = await inspect(off, disk, 'kernel', outcome.linux.path);
  if (!('kernel' in image)) return dead('broken' in image ? image.broken : 'no kernel image', false);
  const { kernel } = image;
  record.kernel = kernel.release;
  const why = await whyDead(off, disk, kernel, outcome.initrd);
  if (why !== undefined) return dead(why, panicSeconds(record.cmdline) !== undefined);

  const facts = { bootId: record.bootId, started: Math.floor(Date.now() / 1000), cmdline: record.cmdline, banner: kernel.banner };
  await writeBack(off, grubDir, afterStart(outcome.grubenv ?? asText(disk.texts.get(`${grubDir}/grubenv`))) ?? outcome.grubenv, journalText(facts));
  const order = asText(disk.texts.get(`/usr/lib/modules/${kernel.release}/modules.order`))?.split('\n') ?? [];
  const config = disk.texts.get(`/boot/config-${kernel.release}`) ?? disk.texts.get(`/usr/lib/modules/${kernel.release}/config`);
  const lab = new Map<string, string | Uint8Array>([
    ['uname', `${kernel.release}\n${kernel.version}\n`],
    ['virt', 'kvm\n'],
    ['units', tables['units.table']!],
    ['grub-probe', tables['grub-probe.table']!],
    ['dmesg', dmesgText(facts)],
    ['proc/version', `Linux version ${kernel.banner}\n`],
    ['proc/cmdline', `${record.cmdline}\n`],
    ['proc/modules', procModules(loadedModules(tables['modules.table']!, order))],
    // The machine's kernel may offer its configuration there; the host's must not be mistaken for it.
    ['proc/config.gz', config ? gzipSync(config) : ''],
    ['proc/sysrq-trigger', ''],
    ['proc/kcore', ''],
    ['proc/sys/kernel/osrelease', `${kernel.release}\n`],
    ['proc/sys/kernel/version', `${kernel.version}\n`],
    ['proc/sys/kernel/random/boot_id', `${record.bootId}\n`],
  ]);
  for (const m of loadedModules(tables['modules.table']!, order)) {
    const dir = `sys/module/${m.name}`;
    for (const [name, value] of [['coresize', m.size], ['refcnt', m.used], ['initstate', 'live'], ['taint', '']]) lab.set(`${dir}/${name}`, `${value}\n`);
    lab.set(`${dir}/holders/`, '');
    for (const user of m.by) lab.set(`${dir}/holders/${user}/`, '');
  }
  for (const line of tables['procsys.table']!.split('\n')) {
    const m = /^([a-z][^ #]*) (.*)$/.exec(line);
    if (m) lab.set(`proc/sys/${m[1]}`, `${m[2]}\n`);
  }
  // panic=N and its relatives on the command line are what the settings start from.
  const panic = panicSeconds(record.cmdline);
  if (panic !== undefined) lab.set('proc/sys/kernel/panic', `${panic}\n`);
  if (/(^|\s)oops=panic(\s|$)/.test(record.cmdline)) lab.set('proc/sys/kernel/panic_on_oops', '1\n');
  for (const name of ['softlockup_panic', 'hung_task_panic', 'panic_on_warn'] as const) {
    const value = new RegExp(`(?:^|\\s)${name}(?:=(\\d+))?(?=\\s|$)`).exec(record.cmdline);
    if (value) lab.set(`proc/sys/kernel/${name}`, `${value[1] ?? 1}\n`);
  }
  // What a fixture has put under /srv/lab/keep describes the host's hardware and outlives starts.
  for (const [name, bytes] of keep) lab.set(name, bytes);
  return { record, lab, again: false };
}

/**
 * The environment as grub-common.service leaves it once a system is up: without the note that a boot had begun.
 * @returns undefined when there is no such note, as on every Debian host
 */
const afterStart = (grubenv: string | undefined): string | undefined =>
  grubenv !== undefined && parseGrubenv(grubenv)?.has('recordfail') ? setInGrubenv(grubenv, 'recordfail', undefined) : undefined;

/** What a start leaves on the disk: the environment GRUB wrote, and a new journal before which the older ones move up. */
async function writeBack(off: OffRun, grubDir: string, grubenv: string | undefined, journal: string | undefined): Promise<void> {
  if (grubenv === undefined && journal === undefined) return;
  const script = `set -e
[ "$1" = keep ] || printf '%s' "$2" >"$4/grubenv"
[ "$3" = journal ] || exit 0
mkdir -p /var/log/journal/lab
cd /var/log/journal/lab
n=-20
while [ "$n" -le 0 ]; do
	[ ! -e "$n" ] || mv -- "./$n" "./$((n - 1))"
	n=$((n + 1))
done
cat >0`;
  const args = [grubenv === undefined ? 'keep' : 'write', grubenv ?? '', journal === undefined ? 'none' : 'journal', grubDir];
  const r = await off(script, args, Buffer.from(journal ?? ''));
  if (r.status !== 0) throw new Error(`lab: cannot write what a start leaves on the host's disk: ${r.stderr.trim()}`);
}

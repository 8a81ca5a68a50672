/**
 * The lab's cache: folders named after a hash of what went into them. An artifact is built under another name and moved
 * into place when it is whole, so what has its final name is never half-made; a lock keeps two runs from building the
 * same thing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, statfsSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, ownName, type ProcessName } from './process.ts';
import { mustRun } from './run.ts';

/** Where artifacts are kept: `$TRIALBOOT_CACHE`, else `trialboot` in the user's cache folder. */
export function cacheDir(): string {
  const dir = process.env['TRIALBOOT_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'trialboot');
  // These characters separate layers in overlay's mount options.
  if (/[:,\\\s]/.test(dir) || !dir.startsWith('/')) {
    throw new Error(`lab: the cache folder ${JSON.stringify(dir)} has to be an absolute path without : , \\ and blanks. Mend: set TRIALBOOT_CACHE.`);
  }
  return dir;
}

const OVERLAYFS_MAGIC = 0x794c7630;

/** Is the cache on an overlay file system? Layers there could not hold what overlayfs itself writes into them. */
export function cacheOnOverlay(): boolean {
  mkdirSync(cacheDir(), { recursive: true, mode: 0o755 });
  return statfsSync(cacheDir()).type === OVERLAYFS_MAGIC;
}

/** @throws Error when layers cannot lie where the cache is */
export function assertCacheFileSystem(): void {
  if (cacheOnOverlay()) throw new Error(`lab: ${cacheDir()} is on an overlay file system, as in most containers. Mend: set TRIALBOOT_CACHE to a folder on a real disk or a volume.`);
}

/** One line on standard error. */
export const progress = (text: string): void => void process.stderr.write(`lab: ${text}\n`);

/** A short stable name for a set of inputs. */
export const cacheKey = (inputs: unknown): string => createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);

/** ISO 8601 week of a day, as `2026-W48`: how long a picture of the archive is taken for current. */
export function isoWeek(day: Date): string {
  const d = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()));
  // The week belongs to the year its Thursday lies in.
  d.setUTCDate(d.getUTCDate() + 4 - (d.getUTCDay() || 7));
  const week = Math.ceil(((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000 + 1) / 7);
  return `${d.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

function lockOwner(lock: string): ProcessName | undefined {
  try {
    const [pid, start] = readFileSync(lock, 'utf8').split(' ').map(Number);
    return { pid: pid!, start: start! };
  } catch {
    return undefined;
  }
}

/** Tries to take a lock; one whose owner is dead is taken over. `mine`: a file that names us, beside it. */
function tryLock(lock: string, mine: string): boolean {
  for (;;) {
    try {
      // link() fails when the name exists, and what it makes is never empty: nobody reads a half-written lock.
      linkSync(mine, lock);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = lockOwner(lock);
    if (!owner || isAlive(owner)) return false;
    // Move the stale lock aside, then look again: had another waiter been quicker, its fresh lock would be gone otherwise.
    const aside = `${mine}.stale`;
    try {
      renameSync(lock, aside);
      const moved = lockOwner(aside);
      if (moved && isAlive(moved)) linkSync(aside, lock);
      unlinkSync(aside);
    } catch {
      // another waiter was quicker
    }
  }
}

/**
 * Takes the first of some locks that is free, or waits until one is.
 * @param locks paths in one folder, which exists
 * @param what what their owners do, after "which is", for who has to wait
 * @returns a function that gives the lock back
 */
export async function takeLock(locks: readonly string[], what: string): Promise<() => void> {
  const me = ownName();
  const mine = `${locks[0]!}.${me.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(mine, `${me.pid} ${me.start}\n`);
  let told = false;
  try {
    for (;;) {
      const lock = locks.find((l) => tryLock(l, mine));
      if (lock) return () => rmSync(lock, { force: true });
      const owner = lockOwner(locks[0]!);
      if (!told && owner && owner.pid !== me.pid) progress(`waiting for process ${owner.pid}, which is ${what}`);
      told = true;
      await sleep(200);
    }
  } finally {
    unlinkSync(mine);
  }
}

/** Builds that go on in this process, so that two callers share one. */
const running = new Map<string, Promise<string>>();

/**
 * The folder of an artifact, built if it is not there yet.
 * @param kind what it is, in one word with the host's name: `base-debian-13`
 * @param inputs everything its content depends on
 * @param build fills the empty folder it is given; when it throws, nothing is kept
 * @returns path of the finished folder; its content is in `tree/` where it is a layer
 */
export function artifact(kind: string, inputs: unknown, build: (dir: string) => Promise<void>): Promise<string> {
  const name = `${kind}-${cacheKey(inputs)}`;
  const dir = join(cacheDir(), name);
  if (existsSync(dir)) return Promise.resolve(dir);
  const known = running.get(dir);
  if (known) return known;
  const work = (async () => {
    mkdirSync(cacheDir(), { recursive: true, mode: 0o755 });
    const release = await takeLock([`${dir}.lock`], `building ${name}`);
    const temp = `${dir}.building-${process.pid}`;
    try {
      if (existsSync(dir)) return dir;
      // Whatever a killed build of the same thing left behind; we hold its lock.
      for (const left of readdirSync(cacheDir())) {
        if (left.startsWith(`${name}.building-`)) await removeTree(join(cacheDir(), left));
      }
      const started = performance.now();
      progress(`building ${kind} …`);
      mkdirSync(temp, { mode: 0o755 });
      await build(temp);
      writeFileSync(join(temp, 'inputs.json'), `${JSON.stringify(inputs, undefined, 2)}\n`);
      renameSync(temp, dir);
      progress(`built ${kind} in ${Math.round((performance.now() - started) / 100) / 10} s`);
      return dir;
    } catch (error) {
      await removeTree(temp);
      throw error;
    } finally {
      release();
    }
  })();
  running.set(dir, work);
  // Remember successes by their folder only: after a failure the next caller may try again.
  work.then(() => running.delete(dir), () => running.delete(dir));
  return work;
}

/** Marks an artifact as used now, so that pruning keeps it. */
export function touchArtifact(dir: string): void {
  try {
    utimesSync(dir, new Date(), new Date());
  } catch {
    // a cache that cannot be written to still serves
  }
}

/** Removes a folder of the cache. rm, not Node: trees of Debian roots are faster with it, and it never follows links. */
export async function removeTree(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  await mustRun('removing a folder of the cache', ['rm', '-rf', '--one-file-system', '--', dir]);
}

/**
 * Removes artifacts nobody has used for some days, and saved layers that old, whose process was killed.
 * @returns the names removed
 */
export async function pruneCache(days: number, now = Date.now()): Promise<string[]> {
  const root = cacheDir();
  if (!existsSync(root)) return [];
  const removed: string[] = [];
  const saved = existsSync(join(root, 'saved')) ? readdirSync(join(root, 'saved')).map((n) => join('saved', n)) : [];
  const artifacts = readdirSync(root).filter((n) => /-[0-9a-f]{16}$/.test(n) && !existsSync(join(root, `${n}.lock`)));
  for (const name of [...artifacts, ...saved]) {
    const dir = join(root, name);
    if (now - statSync(dir).mtimeMs < days * 86_400_000) continue;
    await removeTree(dir);
    removed.push(name);
  }
  return removed;
}

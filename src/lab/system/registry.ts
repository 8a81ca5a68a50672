/** Which hosts exist on this machine: one folder each under /run/trialboot-lab, with the processes they belong to. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, ownName, type ProcessName } from './process.ts';

/** /run is emptied when the machine restarts, as are the hosts. */
export const STATE_ROOT = '/run/trialboot-lab';

/** What is known about a host from outside. */
export interface HostEntry {
  /** The host's own id, as in its marker. */
  id: string;
  /** The kind of host, as in content/hosts. */
  hostId: string;
  /** The process that made it. */
  owner: ProcessName;
  /** The process that holds its disk; everything of the host dies with it. */
  holder: ProcessName;
  /** A virtual machine's folder with its disks, outside the state folder; removed with it. */
  disks?: string;
  /** ISO time. */
  created: string;
}

/** A host on this machine, and whether the process that made it is still there. */
export interface ListedHost extends HostEntry {
  state: string;
  ownerAlive: boolean;
  holderAlive: boolean;
}

/** Makes the state folder of a new host, which belongs to this process from the first moment. */
export function openState(id: string, hostId: string): string {
  const dir = join(STATE_ROOT, id);
  mkdirSync(STATE_ROOT, { recursive: true, mode: 0o755 });
  mkdirSync(dir, { mode: 0o755 });
  register(dir, { id, hostId, holder: { pid: 0, start: 0 } });
  mkdirSync(join(dir, 'disk'));
  return dir;
}

/** Writes down whose host this is, and which process holds it. */
export function register(state: string, entry: Omit<HostEntry, 'owner' | 'created'>): void {
  const full: HostEntry = { ...entry, owner: ownName(), created: new Date().toISOString() };
  writeFileSync(join(state, 'host.json'), `${JSON.stringify(full)}\n`);
}

/** Removes the folder of a host that has ended. Nothing is mounted in it on the machine: mounts are the holder's own. */
export const closeState = (state: string): void => rmSync(state, { recursive: true, force: true });

/** Every host on this machine, those of other processes included. */
export async function listHosts(): Promise<ListedHost[]> {
  if (!existsSync(STATE_ROOT)) return [];
  return readdirSync(STATE_ROOT).flatMap((name): ListedHost[] => {
    const state = join(STATE_ROOT, name);
    try {
      const entry = JSON.parse(readFileSync(join(state, 'host.json'), 'utf8')) as HostEntry;
      return [{ ...entry, state, ownerAlive: isAlive(entry.owner), holderAlive: isAlive(entry.holder) }];
    } catch {
      // Being made or removed just now.
      return [];
    }
  });
}

/**
 * Ends hosts whose owner is gone, and removes what they left.
 * @param o `all`: also hosts whose owner lives, of other processes too
 * @returns how many were removed
 */
export async function reapHosts(o: { all?: boolean } = {}): Promise<number> {
  let count = 0;
  for (const host of await listHosts()) {
    if (host.ownerAlive && !o.all) continue;
    // Pid and start time together name one process; a pid used again is left alone.
    if (isAlive(host.holder)) process.kill(host.holder.pid, 'SIGKILL');
    for (let i = 0; i < 200 && isAlive(host.holder); i += 1) await sleep(10);
    if (host.disks) rmSync(host.disks, { recursive: true, force: true });
    closeState(host.state);
    count += 1;
  }
  // What is left when a holder was killed while it removed its own folder: no process belongs to it any more.
  for (const name of existsSync(STATE_ROOT) ? readdirSync(STATE_ROOT) : []) {
    const state = join(STATE_ROOT, name);
    if (existsSync(join(state, 'host.json')) || Date.now() - (statSync(state, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < 60_000) continue;
    closeState(state);
    count += 1;
  }
  return count;
}

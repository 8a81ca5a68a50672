/**
 * The one door into a host. A command meant for a host that has died must never run on the machine itself, so every
 * entry is checked twice: out here before anything is started, and once more inside the namespaces by the very command
 * line that enters them, because a pid can be used again between the two.
 */
import { readFileSync } from 'node:fs';
import { mountNamespace, processStat } from './process.ts';

/** File inside a host that holds the host's id. Written by the lab at each start, on a tmpfs that dies with the host. */
export const MARKER = '/run/lab/id';

/** Exit status of the inner check. A script may end with the same number, so the words below decide. */
export const REFUSED_STATUS = 97;
/** What the inner check says when it refuses. */
export const REFUSED_WORDS = 'trialboot-lab: refused: these namespaces are not those of host';

/** An entry into a host was refused. Nothing has been run. */
export class HostRefused extends Error {
  constructor(id: string, pid: unknown, why: string) {
    super(`lab: refused to enter host ${id} through pid ${String(pid)}: ${why}. Nothing was run. Mend: make a new host; this one is gone or was never there.`);
    this.name = 'HostRefused';
  }
}

/** What makes a pid the pid of a host. */
export interface Door {
  /** The host's id. */
  id: string;
  /** The host's pid 1, as the machine numbers it. */
  pid: number;
}

/**
 * Checks that `pid` is the live pid 1 of host `id`.
 * @throws HostRefused when it is not; nothing has been run then
 */
export function assertHost({ id, pid }: Door): void {
  const why = whyNotHost({ id, pid });
  if (why !== undefined) throw new HostRefused(id, pid, why);
}

/** Why a pid is not the live pid 1 of a host, or undefined when it is. */
function whyNotHost({ id, pid }: Door): string | undefined {
  if (!/^[a-z][a-z0-9.-]*$/.test(id)) return 'the id is not one of a host';
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return 'not a process number';
  if (pid === 1 || pid === process.pid) return 'that is a process of this machine';
  const stat = processStat(pid);
  if (!stat) return 'no such process';
  if (stat.state === 'Z' || stat.state === 'X') return 'the process is dead';
  const theirs = mountNamespace(pid);
  if (!theirs) return 'its mount namespace cannot be read';
  if (theirs === mountNamespace('self') || theirs === mountNamespace(1)) return 'it lives in the mount namespace of this machine';
  let marker: string;
  try {
    marker = readFileSync(`/proc/${pid}/root${MARKER}`, 'utf8').trim();
  } catch {
    return `it has no ${MARKER}`;
  }
  if (marker !== id) return `its ${MARKER} says ${JSON.stringify(marker.slice(0, 60))}`;
  return undefined;
}

/** Environment variables of a clean login of `user`. */
const cleanEnv = (user: string): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: user === 'root' ? '/root' : `/home/${user}`,
  USER: user,
  LOGNAME: user,
  LANG: 'C.UTF-8',
});

/**
 * Powers over the machine's own kernel that no command of a host has: loading modules or another kernel, setting the
 * clock, reading or clearing the kernel log, raw ports. What is left is root over namespaces that are thrown away.
 */
const DROPPED = '-sys_module,-sys_boot,-sys_time,-syslog,-sys_rawio,-mac_admin,-mac_override';

// $1 host id, $2 folder to start in, $3 user, then the command. Runs in the host's namespaces, whichever they are.
const INNER = [
  `id=; read -r id 2>/dev/null <${MARKER}`,
  `[ "$id" = "$1" ] || { echo "${REFUSED_WORDS} $1" >&2; exit ${REFUSED_STATUS}; }`,
  'cd "$2" 2>/dev/null || cd / || exit 98',
  'user=$3; shift 3',
  // stay root: no --reuid, because supplementary groups would have to be looked up for nothing
  `[ "$user" = root ] && exec setpriv --bounding-set ${DROPPED} -- "$@"`,
  `exec setpriv --bounding-set ${DROPPED} --reuid "$user" --regid "$user" --init-groups -- "$@"`,
].join('\n');

export interface EnterOptions {
  /** Login name inside the host; `root` when not given. */
  user?: string;
  /** Added to the clean environment. */
  env?: Record<string, string>;
}

/**
 * The full command line that enters a host and runs `command` there, checked at both ends.
 * @returns argv for spawn, or for a program that gives it a terminal
 * @throws HostRefused when the host is not there; Error for a user name or a variable no login could have
 */
export function guardedArgv(door: Door, command: readonly string[], o: EnterOptions = {}): string[] {
  assertHost(door);
  const user = o.user ?? 'root';
  if (!/^[a-z_][a-z0-9_-]*$/.test(user)) throw new Error(`lab: ${JSON.stringify(user)} is not a user name`);
  if (command.length === 0) throw new Error('lab: nothing to run in the host: the command is empty');
  const env = { ...cleanEnv(user), ...o.env };
  for (const name of Object.keys(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`lab: ${JSON.stringify(name)} cannot be the name of a variable`);
  }
  return [
    'nsenter', '--target', String(door.pid), '--mount', '--uts', '--ipc', '--net', '--pid', '--time', '--',
    '/bin/sh', '-c', INNER, 'trialboot-lab', door.id, env['HOME']!, user,
    '/usr/bin/env', '-i', ...Object.entries(env).map(([k, v]) => `${k}=${v}`), ...command,
  ];
}

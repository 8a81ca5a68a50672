/** Starts one program and waits for it: argv arrays only, never a shell line. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { onExit } from './on-exit.ts';

/** How a command ended. */
export interface ExecResult {
  /** Exit status; 128 + N when signal N ended it; 124 when it ran out of time. */
  status: number;
  stdout: string;
  stderr: string;
  /** Wall-clock milliseconds. */
  ms: number;
  timedOut: boolean;
}

/** The same, with standard output as bytes. */
export interface RawResult extends Omit<ExecResult, 'stdout'> {
  stdout: Buffer;
}

export interface RunOptions {
  cwd?: string;
  /** The whole environment; nothing of this process leaks in unless it is given here. */
  env?: Record<string, string>;
  /** Text for standard input; without it standard input is empty. */
  stdin?: string | Uint8Array;
  /** After so many milliseconds the command and everything it started are killed. */
  timeoutMs?: number;
  /** The command is ended as soon as its output holds this; that is no time-out. */
  until?: RegExp;
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 };

/** The environment lab tools run with on the machine itself: a fixed locale, and no settings of the user's shell. */
export const toolEnv = (): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: process.env['HOME'] ?? '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
});

/** Parent of each live process, by pid. */
function parents(): Map<number, number> {
  const result = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      result.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // gone between the listing and the read
    }
  }
  return result;
}

/** Kills a process and everything below it. Only ever called with the pid of a child of ours that has not been waited for. */
function killTree(root: number): void {
  const parentOf = parents();
  const doomed = new Set([root]);
  // Children have higher pids than their parents only until pids wrap, so repeat until nothing is added.
  for (let before = 0; before !== doomed.size; ) {
    before = doomed.size;
    for (const [pid, parent] of parentOf) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // already gone
    }
  }
}

/**
 * Runs a program to its end.
 * @param argv program and arguments
 * @returns status and output; a program that does not exist is an error, a non-zero status is not
 * @throws Error when the program cannot be started
 */
export function runRaw(argv: readonly string[], o: RunOptions = {}): Promise<RawResult> {
  const [program, ...args] = argv;
  if (!program) throw new Error('lab: nothing to run: the argument list is empty');
  const started = performance.now();
  return new Promise((resolve, reject) => {
    // detached: a Ctrl-C on the terminal reaches the lab alone, which then ends its hosts in order.
    const child = spawn(program, args, {
      cwd: o.cwd ?? '/',
      env: o.env ?? toolEnv(),
      stdio: [o.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const forget = onExit(() => {
      if (child.pid && child.exitCode === null && child.signalCode === null) killTree(child.pid);
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    let graceTimer: NodeJS.Timeout | undefined;
    const timer = o.timeoutMs === undefined ? undefined : setTimeout(() => {
      timedOut = true;
      if (child.pid) killTree(child.pid);
      // Something that left the tree may still hold the pipes open: do not wait for it.
      graceTimer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, 500);
    }, o.timeoutMs);
    child.stdout!.on('data', (piece: Buffer) => {
      out.push(piece);
      if (o.until?.test(Buffer.concat(out).toString('latin1')) && child.pid) killTree(child.pid);
    });
    child.stderr!.on('data', (piece: Buffer) => err.push(piece));
    // A command that does not read all of its input closes the pipe early; that is its right.
    child.stdin?.on('error', () => undefined);
    if (o.stdin !== undefined) child.stdin?.end(o.stdin);
    child.on('error', (error) => {
      clearTimeout(timer);
      forget();
      reject(new Error(`lab: cannot start ${program}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(graceTimer);
      forget();
      resolve({
        status: timedOut ? 124 : (code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)),
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString('utf8'),
        ms: Math.round(performance.now() - started),
        timedOut,
      });
    });
  });
}

/** As {@link runRaw}, with standard output as text. */
export async function run(argv: readonly string[], o: RunOptions = {}): Promise<ExecResult> {
  const raw = await runRaw(argv, o);
  return { ...raw, stdout: raw.stdout.toString('utf8') };
}

/**
 * Runs a program that has to succeed.
 * @param what the work in words, for the error
 * @returns its standard output
 * @throws Error with the last lines of its output when it ends with a status other than 0
 */
export async function mustRun(what: string, argv: readonly string[], o: RunOptions = {}): Promise<string> {
  const r = await run(argv, o);
  if (r.status === 0) return r.stdout;
  const tail = `${r.stdout}\n${r.stderr}`.trim().split('\n').slice(-25).join('\n  ');
  throw new Error(`lab: ${what} failed (${r.timedOut ? 'out of time' : `status ${r.status}`}) in: ${argv.slice(0, 3).join(' ')} …\n  ${tail}`);
}

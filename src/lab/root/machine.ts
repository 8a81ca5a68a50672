/**
 * The body of a host: its disk, held by one process in a mount namespace of its own, and the namespaces that are made
 * anew at each start. What it starts, and as which kernel, is decided in firmware.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostSpec } from '../../model/host.ts';
import { assertHost, guardedArgv, HostRefused, MARKER, REFUSED_STATUS, REFUSED_WORDS, type EnterOptions } from '../system/guard.ts';
import { writeFiles } from '../system/files.ts';
import { BOOT_DIR } from '../layer/shape.ts';
import { emptyMounts, filledMounts } from './mount-tables.ts';
import { onExit } from '../system/on-exit.ts';
import { isAlive, mountNamespace, processStat, type ProcessName } from '../system/process.ts';
import { closeState, openState, register } from '../system/registry.ts';
import { runRaw, toolEnv, type RawResult } from '../system/run.ts';

/** Seconds a host says it has been up when it is handed out. */
const UPTIME_AT_START = 7;

// Enters the holder's mount namespace and the host's root, and only these: the namespace is compared inside, because a pid
// can be used again. $1 the namespace, $2 the state folder, $3 the script.
const OFF = `[ "$(readlink /proc/self/ns/mnt)" = "$1" ] || { echo "${REFUSED_WORDS}" >&2; exit ${REFUSED_STATUS}; }
cd "$2/disk/root" && [ -d usr/lib ] || { echo "${REFUSED_WORDS}" >&2; exit ${REFUSED_STATUS}; }
script=$3; shift 3
exec setpriv --bounding-set -sys_module,-sys_boot,-sys_time,-syslog,-sys_rawio -- chroot . /bin/sh -c "$script" lab "$@"`;

/** A host's disk and its namespaces. Ends with this process at the latest. */
export class Machine {
  readonly id: string;
  readonly spec: HostSpec;
  /** Lower layers, topmost first. */
  readonly lowers: readonly string[];
  readonly state: string;
  #holder: ChildProcess;
  #holderName: ProcessName;
  #holderNs: string;
  #host: ProcessName | undefined;
  #said: string[] = [];
  #errors = '';
  #wake: () => void = () => undefined;
  #gone = false;
  readonly #forget: () => void;

  private constructor(id: string, spec: HostSpec, lowers: readonly string[], state: string) {
    this.id = id;
    this.spec = spec;
    this.lowers = lowers;
    this.state = state;
    // unshare becomes the shell (no --fork), so the child's pid is the holder's.
    this.#holder = spawn('unshare', ['--mount', '--net', '--propagation', 'private', '--', '/bin/sh', join(BOOT_DIR, 'disk.sh'), state, lowers.join(':'), join(BOOT_DIR, 'start.sh')], {
      cwd: '/',
      env: toolEnv(),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    let rest = '';
    this.#holder.stdout!.on('data', (piece: Buffer) => {
      const lines = (rest + piece.toString()).split('\n');
      rest = lines.pop()!;
      this.#said.push(...lines);
      this.#wake();
    });
    this.#holder.stderr!.on('data', (piece: Buffer) => {
      this.#errors = (this.#errors + piece.toString()).slice(-4000);
    });
    this.#holder.stdin!.on('error', () => undefined);
    this.#holder.on('error', (error) => {
      this.#errors += error.message;
      this.#gone = true;
      this.#wake();
    });
    this.#holder.on('close', () => {
      this.#gone = true;
      this.#wake();
    });
    this.#holderName = { pid: this.#holder.pid ?? 0, start: processStat(this.#holder.pid ?? 0)?.start ?? 0 };
    this.#holderNs = '';
    this.#forget = onExit(() => this.kill());
  }

  /**
   * Puts a host's disk together. The host is off.
   * @param lowers layers, topmost first
   */
  static async assemble(spec: HostSpec, lowers: readonly string[]): Promise<Machine> {
    const id = `${spec.id}-${randomBytes(4).toString('hex')}`;
    const state = openState(id, spec.id);
    const machine = new Machine(id, spec, lowers, state);
    register(state, { id, hostId: spec.id, holder: machine.#holderName });
    try {
      await machine.#next('held', 'putting the layers of the disk together');
      machine.#holderNs = mountNamespace(machine.#holderName.pid) ?? '';
      if (machine.#holderNs === '' || machine.#holderNs === mountNamespace('self')) throw new Error(`lab: ${id} has no mount namespace of its own`);
    } catch (error) {
      await machine.destroy();
      throw error;
    }
    return machine;
  }

  /** Pid of the host's process 1 as the machine numbers it; 0 while the host is off. */
  get pid(): number {
    return this.#host?.pid ?? 0;
  }

  /** Waits for the next line the holder says. */
  async #next(word: string, what: string): Promise<string> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const line = this.#said.shift();
      if (line !== undefined) {
        if (line === word || line.startsWith(`${word} `)) return line.slice(word.length + 1);
        continue;
      }
      if (this.#gone) throw new Error(`lab: ${what} of ${this.id} failed: ${this.#errors.trim() || 'its process ended without a word'}`);
      if (Date.now() > deadline) throw new Error(`lab: ${what} of ${this.id} takes longer than a minute: ${this.#errors.trim()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /**
   * Runs a shell script in the host's root while the host is off, or beside it: no processes, no /proc, no /dev there.
   * @throws HostRefused when the disk is gone; nothing has been run then
   */
  async off(script: string, args: readonly string[] = [], stdin?: Uint8Array): Promise<RawResult> {
    if (this.#gone || !isAlive(this.#holderName)) throw new HostRefused(this.id, this.#holderName.pid, 'the process that holds its disk has ended');
    const r = await runRaw(
      ['nsenter', '--target', String(this.#holderName.pid), '--mount', '--', '/bin/sh', '-c', OFF, 'trialboot-lab', this.#holderNs, this.state, script, ...args],
      { timeoutMs: 120_000, ...(stdin ? { stdin } : {}) },
    );
    if (r.status === REFUSED_STATUS && r.stderr.includes(REFUSED_WORDS)) throw new HostRefused(this.id, this.#holderName.pid, 'its disk is gone');
    return r;
  }

  /**
   * Starts the host's namespaces.
   * @param lab files the host finds below /run/lab
   */
  async start(lab: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
    await this.stop();
    this.#writeFiles(lab);
    const uptime = Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]));
    this.#said = [];
    this.#holder.stdin!.write(`boot ${UPTIME_AT_START - uptime}\n`);
    const pid = Number(await this.#next('up', 'the start'));
    const stat = processStat(pid);
    assertHost({ id: this.id, pid });
    this.#host = { pid, start: stat?.start ?? 0 };
  }

  /** Lays out what the start script copies and mounts: run/ and sys/ as the host shall find them, and the mount tables. */
  #writeFiles(lab: ReadonlyMap<string, string | Uint8Array>): void {
    const root = join(this.state, 'disk/root');
    const all = [...lab, [MARKER.slice('/run/lab/'.length), `${this.id}\n`] as const];
    writeFiles(join(this.state, 'run/lab'), all.filter(([k]) => !k.startsWith('sys/')));
    writeFiles(join(this.state, 'sys'), all.filter(([k]) => k.startsWith('sys/')).map(([k, v]) => [k.slice(4), v] as const));
    // What the machine's /proc lacks cannot be covered there; see standin/identity.c for /proc/modules.
    const proc = [...lab.keys()].filter((k) => k.startsWith('proc/') && existsSync(`/${k}`)).map((k) => k.slice('proc/'.length));
    writeFileSync(join(this.state, 'mounts-empty'), emptyMounts(root));
    writeFileSync(join(this.state, 'mounts-filled'), filledMounts(root, proc));
  }

  /** Ends all processes of the host, as a power cut does. The disk stays. */
  async stop(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    if (!host) return;
    if (isAlive(host)) {
      assertHost({ id: this.id, pid: host.pid });
      process.kill(host.pid, 'SIGKILL');
    }
    for (let i = 0; i < 1000 && isAlive(host); i += 1) await sleep(2);
  }

  /** The command line that enters the running host; see {@link guardedArgv}. */
  argv(command: readonly string[], o: EnterOptions = {}): string[] {
    const host = this.#host;
    if (!host) throw new HostRefused(this.id, 0, 'it is not running');
    if (!isAlive(host)) throw new HostRefused(this.id, host.pid, 'its process 1 has ended');
    return guardedArgv({ id: this.id, pid: host.pid }, command, o);
  }

  /** Copies what the host has written to its disk since it was made into `dest`, which must not exist. The host has to be off. */
  async copyUpper(dest: string): Promise<void> {
    if (this.#host) throw new Error(`lab: ${this.id} is running; stop it before its disk is copied`);
    const script = '[ "$(readlink /proc/self/ns/mnt)" = "$1" ] || exit 97; exec cp -a -- "$2/disk/upper" "$3"';
    const r = await runRaw(['nsenter', '--target', String(this.#holderName.pid), '--mount', '--', '/bin/sh', '-c', script, 'trialboot-lab', this.#holderNs, this.state, dest]);
    if (r.status !== 0) throw new Error(`lab: cannot copy the disk of ${this.id}: ${r.stderr.trim() || `status ${r.status}`}`);
  }

  /** Ends the host and everything of it. Safe to call twice. */
  async destroy(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    if (!this.#gone) {
      const closed = new Promise<void>((resolve) => this.#holder.once('close', () => resolve()));
      this.#holder.stdin!.end();
      const timer = setTimeout(() => this.#holder.kill('SIGKILL'), 3000);
      await closed;
      clearTimeout(timer);
    }
    // The kernel ends the host's processes after the holder; wait, so that nothing of it is left when we return.
    for (let i = 0; host && i < 1000 && isAlive(host); i += 1) await sleep(2);
    this.#forget();
    closeState(this.state);
  }

  /** Ends the host at once, without waiting: for when this process ends. */
  kill(): void {
    this.#forget();
    this.#holder.kill('SIGKILL');
    closeState(this.state);
  }
}

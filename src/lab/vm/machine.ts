/** A virtual machine: one QEMU process after another on the same disks, and what is known about its boots. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { appendFileSync, constants, mkdirSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VmHostSpec, VmLayout } from '../../model/host.ts';
import { cacheDir } from '../system/cache.ts';
import type { ExecOptions, HostOps } from '../host.ts';
import { onExit } from '../system/on-exit.ts';
import { isAlive, ownName, processStat, type ProcessName } from '../system/process.ts';
import { closeState, openState, register } from '../system/registry.ts';
import { mustRun, toolEnv, type ExecResult } from '../system/run.ts';
import { QEMU, type Accel } from './accel.ts';
import { AgentClient, VmGone } from './agent.ts';
import { bootsOf, type Happening, type VmBoot } from './boots.ts';
import { loginScript } from './frame.ts';
import { ERST_BYTES, FD, qemuArgv, STATE_NAME, type DirectKernel, type Disk } from './qemu.ts';
import { Qmp } from './qmp.ts';
import { marksOf, plainLine } from './serial-text.ts';
import { cpusOf } from './slot.ts';

/** How long a command may take when nothing else is said. */
const DEFAULT_TIMEOUT_MS = 600_000;

/** How long a boot may take: emulated, and on a busy lab machine. */
const BOOT_MS = 420_000;

/** MiB of memory of a machine. */
const MEMORY = 1024;

/** What a machine is made of. */
export interface VmParts {
  spec: VmHostSpec;
  layout: VmLayout;
  /** Puts the machine's own disks into a fresh folder; the first is the one it boots from. */
  disks(dir: string): Promise<Disk[]>;
  uefi: boolean;
  accel: Accel;
  /** The disk holds the state of a running machine, in this boot. */
  restored?: VmBoot;
  internet?: boolean;
  /** Started by QEMU itself instead of from the disk. */
  direct?: DirectKernel;
}

export class Vm implements HostOps {
  readonly id: string;
  readonly spec: VmHostSpec;
  readonly layout: VmLayout;
  /** What runs its processor. */
  readonly accel: Accel;
  /** The machine's disks and its console log. */
  readonly dir: string;
  readonly #parts: VmParts;
  readonly #state: string;
  readonly #happenings: Happening[] = [];
  readonly #born = performance.now();
  readonly #giveBack: () => void;
  readonly #forget: () => void;
  #disks: Disk[] = [];
  #child: ChildProcess | undefined;
  #name: ProcessName | undefined;
  #qmp: Qmp | undefined;
  #agent: AgentClient | undefined;
  #shell: Duplex | undefined;
  #consoleStream: Socket | undefined;
  #line = '';
  #log: string[] = [];
  #spent = 0;
  #errors = '';

  private constructor(parts: VmParts, giveBack: () => void) {
    this.#parts = parts;
    this.spec = parts.spec;
    this.layout = parts.layout;
    this.accel = parts.accel;
    this.#giveBack = giveBack;
    this.id = `${parts.spec.id}-${process.pid}-${randomBytes(3).toString('hex')}`;
    this.#state = openState(this.id, parts.spec.id);
    this.dir = join(cacheDir(), 'vms', this.id);
    mkdirSync(this.dir, { recursive: true, mode: 0o755 });
    register(this.#state, { id: this.id, hostId: parts.spec.id, holder: ownName(), disks: this.dir });
    this.#forget = onExit(() => {
      this.#kill();
      rmSync(this.dir, { recursive: true, force: true });
      closeState(this.#state);
    });
  }

  /** @param giveBack called when the machine is destroyed */
  static async make(parts: VmParts, giveBack: () => void): Promise<Vm> {
    const vm = new Vm(parts, giveBack);
    try {
      vm.#disks = await parts.disks(vm.dir);
      await vm.powerOn(parts.restored);
      return vm;
    } catch (error) {
      await vm.destroy();
      throw error;
    }
  }

  /** Every start since the machine was made, oldest first, with what is known about each. */
  get boots(): readonly VmBoot[] {
    return bootsOf(this.#happenings);
  }

  #now(): number {
    return Math.round(performance.now() - this.#born);
  }

  #happened(h: Happening extends infer T ? (T extends { ms: number } ? Omit<T, 'ms'> : never) : never): void {
    this.#happenings.push({ ms: this.#now(), ...h } as Happening);
  }

  /**
   * Switches the machine on.
   * @param restored the boot it continues, when its disk holds a saved state
   */
  async powerOn(restored?: VmBoot): Promise<void> {
    if (this.#child) throw new Error(`lab: ${this.id} is on already`);
    const erst = join(this.dir, 'erst');
    try {
      if (readFileSync(erst).length !== ERST_BYTES) truncateSync(erst, ERST_BYTES);
    } catch {
      writeFileSync(erst, Buffer.alloc(ERST_BYTES));
    }
    const argv = qemuArgv({
      id: this.id,
      accel: this.#parts.accel,
      disks: this.#disks,
      erst,
      console: await this.#openConsole(),
      cpus: cpusOf(this.#parts.accel),
      memory: MEMORY,
      restore: restored !== undefined,
      uefiVars: this.#parts.uefi ? join(this.dir, 'vars.qcow2') : undefined,
      internet: this.#parts.internet,
      direct: this.#parts.direct,
    });
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd: '/',
      env: toolEnv(),
      // Sockets of our own at the numbers of FD: nothing of the machine can be reached by name.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    this.#errors = '';
    child.stderr!.on('data', (piece: Buffer) => {
      this.#errors = (this.#errors + piece.toString()).slice(-4000);
    });
    child.on('error', (error) => {
      this.#errors += `cannot start ${QEMU}: ${error.message}`;
    });
    if (child.pid !== undefined) {
      this.#name = { pid: child.pid, start: processStat(child.pid)?.start ?? 0 };
      register(this.#state, { id: this.id, hostId: this.spec.id, holder: this.#name, disks: this.dir });
    }
    const port = (fd: number): Duplex => {
      const duplex = child.stdio[fd] as unknown as Duplex;
      duplex.on('error', () => undefined);
      return duplex;
    };
    if (restored) this.#happened({ kind: 'restored', boot: restored });
    else this.#happened({ kind: 'power-on' });
    this.#agent = new AgentClient(this.id, port(FD.agent), restored !== undefined, (hello) => this.#happened(hello));
    this.#shell = port(FD.shell);
    this.#qmp = new Qmp(port(FD.qmp), ({ event }) => this.#event(event));
    try {
      await this.#qmp.execute('qmp_capabilities');
      // A saved state is resumed as it was: running.
      const status = (await this.#qmp.execute('query-status')) as { status: string };
      if (status.status === 'inmigrate' || status.status === 'restore-vm') await sleep(100);
    } catch (error) {
      await sleep(100);
      throw new Error(`lab: ${this.id} does not start: ${this.#errors.trim() || (error as Error).message}`);
    }
  }

  #event(event: string): void {
    if (event === 'RESET') {
      this.#agent?.lose('it restarted');
      this.#happened({ kind: 'reset' });
    } else if (event === 'WATCHDOG') this.#happened({ kind: 'watchdog' });
    else if (event === 'SHUTDOWN') {
      this.#agent?.lose('it switched itself off');
      this.#happened({ kind: 'power-off' });
    }
  }

  /**
   * A FIFO for the serial console. QEMU writes it character by character; a socket holds a few hundred of these and a FIFO 65,536. While
   * nobody reads a full one, a kernel waits 10 ms for its serial line and then writes over what is in it (5 of 1000 lines; seen 2026-11-25).
   */
  async #openConsole(): Promise<string> {
    const fifo = join(this.dir, 'console');
    rmSync(fifo, { force: true });
    await mustRun('making a FIFO', ['mkfifo', '-m', '600', fifo]);
    // For reading and writing: there is no end of file while QEMU has not opened it yet.
    const stream = new Socket({ fd: openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
    stream.on('error', () => undefined);
    stream.on('data', (piece: Buffer) => this.#console(piece));
    this.#consoleStream = stream;
    return fifo;
  }

  #console(piece: Buffer): void {
    const lines = (this.#line + piece.toString('latin1')).split(/\r?\n|\r/);
    this.#line = lines.pop()!;
    for (const line of lines) {
      if (line === '') continue;
      this.#log.push(`${(this.#now() / 1000).toFixed(3).padStart(9)} ${plainLine(line)}`);
      for (const mark of marksOf(line)) this.#happened({ kind: 'serial', mark });
    }
    appendFileSync(join(this.dir, 'serial.log'), piece);
  }

  /** The port on which the machine offers a terminal (shell.ts). @throws VmGone when it is off */
  get shellPort(): Duplex {
    if (!this.#shell) throw new VmGone(this.id, 'it is off');
    return this.#shell;
  }

  /** The console, each line with the seconds since the machine was made. */
  serialText(): string {
    return this.#log.join('\n');
  }

  async exec(script: string, o: ExecOptions = {}): Promise<ExecResult> {
    if (!this.#agent) throw new VmGone(this.id, 'it is off');
    const stdin = o.stdin === undefined ? Buffer.alloc(0) : Buffer.from(o.stdin);
    const r = await this.#agent.run(loginScript(script, { user: o.user, env: o.env }), stdin, o.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    return { ...r, stdout: r.stdout.toString('utf8'), stderr: r.stderr.toString('utf8') };
  }

  async copy(to: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const r = await this.exec(`mkdir -p -- "$(dirname -- "$F")" && cat > "$F" && chmod ${mode.toString(8)} -- "$F"`, { env: { F: to }, stdin: content });
    if (r.status !== 0) throw new Error(`lab: cannot write ${to} in ${this.id}: ${r.stderr.trim()}`);
  }

  async read(path: string): Promise<string> {
    const r = await this.exec('cat -- "$F"', { env: { F: path } });
    if (r.status !== 0) throw new Error(`lab: cannot read ${path} in ${this.id}: ${r.stderr.trim()}`);
    return r.stdout;
  }

  /**
   * Waits until something about the boots is so.
   * @throws Error with the end of the console when it is not in time, or when QEMU ends
   */
  async until(what: string, holds: (boots: readonly VmBoot[]) => boolean, timeoutMs = BOOT_MS): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      if (holds(this.boots)) return;
      const dead = this.#child && (this.#child.exitCode !== null || this.#child.signalCode !== null);
      if (dead || Date.now() > end) {
        const why = dead ? `QEMU has ended: ${this.#errors.trim()}` : `not within ${Math.round(timeoutMs / 1000)} s`;
        throw new Error(`lab: ${this.id}: ${what}: ${why}; the console says:\n${this.#log.slice(-25).join('\n')}\n${plainLine(this.#line)}`);
      }
      await sleep(100);
    }
  }

  /** Waits until user space of boot number n (from 1) answers. */
  async up(n: number, timeoutMs = BOOT_MS): Promise<VmBoot> {
    await this.until(`user space of boot ${n}`, (b) => b[n - 1]?.helloMs !== undefined, timeoutMs);
    return this.boots[n - 1]!;
  }

  /** Waits until the kernel of boot number n has shown its banner. */
  async kernelUp(n: number, timeoutMs = BOOT_MS): Promise<VmBoot> {
    await this.until(`the kernel of boot ${n}`, (b) => b[n - 1]?.kernel !== undefined, timeoutMs);
    return this.boots[n - 1]!;
  }

  /** Runs a command after which the machine may be down before its answer is out. */
  async #goingDown(command: string): Promise<void> {
    try {
      await this.exec(command);
    } catch (error) {
      if (!(error instanceof VmGone)) throw error;
    }
  }

  /** Restarts the machine in order, and waits until it answers again. */
  async reboot(): Promise<VmBoot> {
    const next = this.boots.length + 1;
    await this.#goingDown('systemctl reboot');
    return this.up(next);
  }

  /** Cuts the power, switches it on again, and waits until the machine answers. */
  async powerCycle(): Promise<VmBoot> {
    await this.powerCut();
    await this.powerOn();
    return this.up(this.boots.length);
  }

  /** Ends QEMU at once: what the guest has not written is lost. */
  async powerCut(): Promise<void> {
    this.#happened({ kind: 'power-cut' });
    await this.#stop();
  }

  /** Asks the machine to switch itself off, and ends QEMU when it has. */
  async powerOff(): Promise<void> {
    const n = this.boots.length;
    await this.#goingDown('systemctl poweroff');
    await this.until('switching itself off', (b) => b[n - 1]?.end === 'power-off');
    await this.#stop();
  }

  /** CPU seconds of all QEMU processes of this machine so far. */
  get cpuSeconds(): number {
    return this.#spent + this.#running();
  }

  /** proc_pid_stat(5), utime and stime; one tick is 10 ms on Linux. */
  #running(): number {
    if (!this.#name || !isAlive(this.#name)) return 0;
    const stat = readFileSync(`/proc/${this.#name.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /**
   * Saves the running machine into its first disk and switches it off.
   * @returns its last boot, which a restored machine continues
   */
  async suspend(): Promise<VmBoot> {
    await this.#qmp!.human(`savevm ${STATE_NAME}`);
    const boot = this.boots.at(-1)!;
    await this.#stop();
    return boot;
  }

  #kill(): void {
    if (this.#name && isAlive(this.#name)) process.kill(this.#name.pid, 'SIGKILL');
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#spent += this.#running();
    this.#agent?.lose('it is off');
    // The process is a zombie as soon as its first thread has ended; its disks are free when the last one has, and it can be waited for.
    const ended = child.pid !== undefined && child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    this.#kill();
    await ended;
    for (const pipe of child.stdio) pipe?.destroy();
    this.#consoleStream?.destroy();
    this.#child = undefined;
    this.#agent = undefined;
    this.#shell = undefined;
    this.#qmp = undefined;
    this.#line = '';
  }

  async destroy(): Promise<void> {
    await this.#stop();
    this.#forget();
    rmSync(this.dir, { recursive: true, force: true });
    closeState(this.#state);
    this.#giveBack();
  }
}

/** Rehearsal hosts: throw-away Debian machines on which real package and boot tools run, and which can be restarted. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostSpec } from '../model/host.ts';
import { artifact, cacheDir, removeTree, touchArtifact } from './system/cache.ts';
import { powerOn, type BootRecord, type OffRun } from './root/firmware.ts';
import { HostRefused, REFUSED_STATUS, REFUSED_WORDS } from './system/guard.ts';
import { type KeptStart, keptText, readKept } from './root/kept-start.ts';
import { grubDirOf, readRootSpec } from './host-spec.ts';
import { goldLayers } from './layer/gold.ts';
import { standInSources } from './layer/shape.ts';
import { Machine } from './root/machine.ts';
import { onExit } from './system/on-exit.ts';
import { run, type ExecResult } from './system/run.ts';

export type { BootRecord } from './root/firmware.ts';
export type { ExecResult } from './system/run.ts';
export { HostRefused } from './system/guard.ts';
export { listHosts, reapHosts, type ListedHost } from './system/registry.ts';
export { requirements, type Requirements } from './system/requirements.ts';

/** File beside the tree of a kept layer: the start it was frozen in. */
const START = 'start.json';

/** How long a command may take when nothing else is said: a kernel upgrade on a busy machine stays well below. */
const DEFAULT_TIMEOUT_MS = 600_000;

/** Dead starts in a row after which the lab gives up: a real operator would fetch a rescue disk. */
const MAX_DEAD = 5;

/** What a host has written, frozen, with everything it stood on. */
export interface Layer {
  /** Kind of host it was made from. */
  readonly hostId: string;
  /** Folders, topmost first, without the layers every host of this kind has. */
  readonly trees: readonly string[];
  /** The start during which it was frozen, if that is kept. */
  readonly start?: KeptStart;
  /** Removes it from the disk. No host may stand on it any more. */
  drop(): Promise<void>;
}

export interface ExecOptions {
  /** Login name in the host; root when not given. */
  user?: string;
  /** Added to the clean environment. */
  env?: Record<string, string>;
  /** Milliseconds; then everything the command started is killed and the status is 124. */
  timeoutMs?: number;
  /** Text for standard input; empty when not given. */
  stdin?: string | Uint8Array;
}

/** What can be done with a host of any lane: a rehearsal host here, a virtual machine in vm/vm.ts. */
export interface HostOps {
  /** Its own id, different for each host. */
  readonly id: string;
  readonly spec: HostSpec;
  /**
   * Runs `bash -c script` in the host with a clean environment, in the user's home.
   * @throws HostRefused or VmGone when the host is not there
   */
  exec(script: string, o?: ExecOptions): Promise<ExecResult>;
  /** Writes a file in the host, through the host's own names and links; folders above it are made. */
  copy(to: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** Text of a file in the host. */
  read(path: string): Promise<string>;
  /** Ends the host and removes everything of it. */
  destroy(): Promise<void>;
}

/** A running rehearsal host. */
export interface Host extends HostOps {
  /** Its process 1, as the machine numbers it. */
  readonly pid: number;
  /** Every start since it was made, dead ones included, oldest first. */
  readonly boots: readonly BootRecord[];
  /**
   * The full command line that enters the host, checked at both ends, and runs `command` there: for a runner that
   * gives it a terminal. Use it at once; each call checks anew.
   */
  argv(o: { user?: string; env?: Record<string, string> } | undefined, command: readonly string[]): string[];
  /** What the host was told to do by reboot, shutdown and the like since its start, one line each. */
  rebootRequests(): Promise<string[]>;
  /**
   * Restarts the host: GRUB chooses from the real menu. A start that comes to nothing is followed by another one, as
   * panic=N or an operator would; all are in {@link Host.boots}.
   * @param o `pick`: what somebody at the console chooses instead of the default, at the first start only
   * @returns the start that came up
   */
  reboot(o?: { pick?: string }): Promise<BootRecord>;
  /** Cuts the power and switches it on again. Files are kept as they are: the loss of unwritten data is not rehearsed. */
  powerCycle(o?: { pick?: string }): Promise<BootRecord>;
  /** Freezes what the host has written as a layer that new hosts can start from, and destroys the host. */
  save(): Promise<Layer>;
}

class RehearsalHost implements Host {
  readonly #machine: Machine;
  readonly #above: readonly string[];
  readonly #grub: readonly string[];
  readonly #boots: BootRecord[] = [];
  #running: KeptStart | undefined;

  /**
   * @param above layers over those every host of this kind has
   * @param grub layers of the root in which GRUB's interpreter runs
   */
  constructor(machine: Machine, above: readonly string[], grub: readonly string[]) {
    this.#machine = machine;
    this.#above = above;
    this.#grub = grub;
  }

  get id(): string {
    return this.#machine.id;
  }

  get spec(): HostSpec {
    return this.#machine.spec;
  }

  get pid(): number {
    return this.#machine.pid;
  }

  get boots(): readonly BootRecord[] {
    return this.#boots;
  }

  async exec(script: string, o: ExecOptions = {}): Promise<ExecResult> {
    return this.#run(['/bin/bash', '-c', script], o);
  }

  async #run(command: readonly string[], o: ExecOptions): Promise<ExecResult> {
    const argv = this.#machine.argv(command, o);
    const r = await run(argv, { timeoutMs: o.timeoutMs ?? DEFAULT_TIMEOUT_MS, ...(o.stdin === undefined ? {} : { stdin: o.stdin }) });
    if (r.status === REFUSED_STATUS && r.stderr.includes(REFUSED_WORDS)) throw new HostRefused(this.id, this.pid, 'another process has its number now');
    return r;
  }

  argv(o: { user?: string; env?: Record<string, string> } | undefined, command: readonly string[]): string[] {
    return this.#machine.argv(command, o ?? {});
  }

  async copy(to: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const script = 'mkdir -p -- "$(dirname -- "$1")" && cat >"$1" && chmod "$2" -- "$1"';
    const r = await this.#run(['/bin/sh', '-c', script, 'copy', absolute(to), mode.toString(8)], { stdin: content });
    if (r.status !== 0) throw new Error(`lab: cannot write ${to} in ${this.id}: ${r.stderr.trim()}`);
  }

  async read(path: string): Promise<string> {
    const r = await this.#run(['/bin/cat', '--', absolute(path)], {});
    if (r.status !== 0) throw new Error(`lab: cannot read ${path} in ${this.id}: ${r.stderr.trim()}`);
    return r.stdout;
  }

  async rebootRequests(): Promise<string[]> {
    const r = await this.#run(['/bin/sh', '-c', 'cat /run/lab/reboot-requested 2>/dev/null'], {});
    return r.stdout.split('\n').filter((l) => l !== '');
  }

  reboot(o: { pick?: string } = {}): Promise<BootRecord> {
    return this.start('reboot', o.pick);
  }

  powerCycle(o: { pick?: string } = {}): Promise<BootRecord> {
    return this.start('power-cycle', o.pick);
  }

  /** Starts the host until a start comes up. */
  async start(cause: BootRecord['cause'], pick?: string): Promise<BootRecord> {
    await this.#machine.stop();
    const tables = standInSources();
    let why = cause;
    let choice = pick;
    for (let dead = 0; dead < MAX_DEAD; dead += 1) {
      const off: OffRun = (script, args, stdin) => this.#machine.off(script, args, stdin);
      const { record, lab, again } = await powerOn({ off, tables, grub: this.#grub, grubDir: grubDirOf(this.spec), cause: why, pick: choice });
      this.#boots.push(record);
      if (record.dead === undefined) {
        await this.#machine.start(lab);
        this.#running = { record, lab };
        return record;
      }
      why = again ? 'panic' : 'power-cycle';
      choice = undefined;
    }
    const last = this.#boots.slice(-MAX_DEAD).map((b) => `${b.entryPath || '(no entry)'}: ${b.dead}`);
    throw new Error(`lab: ${this.id} does not come up after ${MAX_DEAD} starts:\n  ${last.join('\n  ')}`);
  }

  /** Goes on in a start of another host with the same disk: same kernel, same boot id. Only /run is as at its beginning. */
  async resume(start: KeptStart): Promise<void> {
    this.#boots.push(start.record);
    await this.#machine.start(start.lab);
    this.#running = start;
  }

  /** The start that came up last. */
  get running(): KeptStart | undefined {
    return this.#running;
  }

  async save(): Promise<Layer> {
    const dir = join(cacheDir(), 'saved', `${this.spec.id}-${process.pid}-${randomBytes(4).toString('hex')}`);
    mkdirSync(dirname(dir), { recursive: true });
    try {
      await this.saveTo(dir);
    } catch (error) {
      await removeTree(dir);
      throw error;
    }
    const forget = onExit(() => rmSync(dir, { recursive: true, force: true }));
    return layer(this.spec.id, [dir, ...this.#above], async () => {
      forget();
      await removeTree(dir);
    });
  }

  /** Freezes the disk into a folder and destroys the host. */
  async saveTo(dir: string): Promise<void> {
    try {
      await this.#machine.stop();
      await this.#machine.copyUpper(dir);
    } finally {
      await this.destroy();
    }
  }

  destroy(): Promise<void> {
    return this.#machine.destroy();
  }
}

const layer = (hostId: string, trees: readonly string[], drop: () => Promise<void>, start?: KeptStart): Layer => ({ hostId, trees, drop, ...(start ? { start } : {}) });

const absolute = (path: string): string => {
  if (!path.startsWith('/')) throw new Error(`lab: ${JSON.stringify(path)} is not an absolute path in a host`);
  return path;
};

/**
 * Makes a host and starts it. The first call for a kind of host builds its layers, which takes minutes and the network;
 * later ones take a fraction of a second.
 * @param hostId name of a file under content/hosts
 * @param o `layers`: what saved hosts had written, topmost first; `resume`: go on in the start that the topmost layer was frozen in,
 *   instead of starting from its disk
 * @throws Error when the layers cannot be built, the host does not come up, or there is no start to go on in
 */
export async function createHost(hostId: string, o: { layers?: readonly Layer[]; resume?: boolean } = {}): Promise<Host> {
  const layers = o.layers ?? [];
  const start = layers[0]?.start;
  if (o.resume && !start) throw new Error(`lab: no start of ${hostId} is kept with this layer. Mend: take one from cachedLayer`);
  return createRehearsalHost(hostId, layers, o.resume ? start : undefined);
}

async function createRehearsalHost(hostId: string, layers: readonly Layer[], start?: KeptStart): Promise<RehearsalHost> {
  const spec = readRootSpec(hostId);
  const foreign = layers.find((l) => l.hostId !== hostId);
  if (foreign) throw new Error(`lab: a layer of ${foreign.hostId} does not fit a host ${hostId}`);
  const gold = await goldLayers(spec);
  const above = layers.flatMap((l) => l.trees);
  const machine = await Machine.assemble(spec, [...above, ...gold.trees]);
  const host = new RehearsalHost(machine, above, gold.grub);
  try {
    if (start) await host.resume(start);
    else await host.start('power-on');
  } catch (error) {
    await host.destroy();
    throw error;
  }
  return host;
}

/** Does work on a host and destroys it, however the work ends. @returns what the work returns */
export async function onHost<T>(host: Host, work: (host: Host) => Promise<T>): Promise<T> {
  try {
    return await work(host);
  } finally {
    await host.destroy();
  }
}

/**
 * A layer that is prepared once and kept in the cache: for states many runs begin with.
 * @param name short name of the state, part of the cache's key
 * @param inputs everything else the state depends on (scripts, options); the host's own layers are added
 * @param prepare brings a fresh host into the state; when it throws, nothing is kept
 * @param on layers the fresh host starts from, topmost first
 */
export async function cachedLayer(hostId: string, name: string, inputs: unknown, prepare: (host: Host) => Promise<void>, on: readonly Layer[] = []): Promise<Layer> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`lab: ${JSON.stringify(name)} is not a name for a layer: lower-case letters, digits and - only`);
  const gold = await goldLayers(readRootSpec(hostId));
  const below = on.flatMap((l) => l.trees);
  const dir = await artifact(`${name}-${hostId}`, { format: 2, inputs, gold: gold.trees, below }, async (temp) => {
    const host = await createRehearsalHost(hostId, on);
    try {
      await prepare(host);
      await host.saveTo(join(temp, 'tree'));
      writeFileSync(join(temp, START), keptText(host.running!));
    } finally {
      await host.destroy();
    }
  });
  touchArtifact(dir);
  return layer(hostId, [join(dir, 'tree'), ...below], () => removeTree(dir), readKept(readFileSync(join(dir, START), 'utf8')));
}

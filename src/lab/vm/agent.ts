/** The lab's end of the channel to the agent on a virtual machine. One command at a time; further ones wait. */
import type { Duplex } from 'node:stream';
import type { ExecResult } from '../system/run.ts';
import { FrameReader, killFrame, runFrame, type AgentMessage } from './frame.ts';

/** How long a command that was killed, or whose machine hangs, may take to say so. */
const KILL_GRACE_MS = 15_000;

/** The machine a command was meant for went down, hangs or is off. Whether the command ran to its end is not known. */
export class VmGone extends Error {
  constructor(id: string, why: string) {
    super(`lab: ${id}: ${why}`);
    this.name = 'VmGone';
  }
}

interface Pending {
  id: number;
  done(message: Extract<AgentMessage, { kind: 'done' }>): void;
  lost(why: string): void;
}

/** The agent of one running QEMU process. */
export class AgentClient {
  readonly #vmId: string;
  readonly #port: Duplex;
  readonly #reader = new FrameReader();
  readonly #onHello: (hello: Extract<AgentMessage, { kind: 'hello' }>) => void;
  #ready: boolean;
  #why = 'it has not started its agent yet; wait with waitForBoot()';
  #pending: Pending | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #next = 1;

  /**
   * @param ready the agent listens already: a machine restored from a snapshot greets nobody
   * @param onHello called at each greeting
   */
  constructor(vmId: string, port: Duplex, ready: boolean, onHello: (hello: Extract<AgentMessage, { kind: 'hello' }>) => void) {
    this.#vmId = vmId;
    this.#port = port;
    this.#ready = ready;
    this.#onHello = onHello;
    // Ids go on where nobody was before: the agent of a snapshot has used small ones.
    if (ready) this.#next = 1 + (Date.now() % 1_000_000_000);
    port.on('data', (piece: Buffer) => this.#take(piece));
    port.on('error', () => this.lose('QEMU has ended'));
    port.on('close', () => this.lose('QEMU has ended'));
  }

  #take(piece: Buffer): void {
    let messages: AgentMessage[];
    try {
      messages = this.#reader.push(piece);
    } catch (error) {
      this.lose(`its agent cannot be understood: ${(error as Error).message}`);
      return;
    }
    for (const message of messages) {
      if (message.kind === 'hello') {
        // A greeting in the middle of a command: the agent was started anew.
        this.#pending?.lost('its agent was started anew');
        this.#ready = true;
        this.#onHello(message);
      } else if (message.id === this.#pending?.id) this.#pending.done(message);
    }
  }

  /** The machine went down or was reset: nothing sent before will be answered. */
  lose(why: string): void {
    this.#ready = false;
    this.#why = why;
    this.#reader.reset();
    this.#pending?.lost(why);
  }

  /**
   * Runs a script as the agent gets it (see loginScript).
   * @param timeoutMs then everything it started is killed and the status is 124
   * @throws VmGone when the machine is not there or goes away
   */
  run(script: string, stdin: Uint8Array, timeoutMs: number): Promise<Omit<ExecResult, 'stdout' | 'stderr'> & { stdout: Buffer; stderr: Buffer }> {
    const work = this.#queue.then(() => this.#run(script, stdin, timeoutMs));
    this.#queue = work.catch(() => undefined);
    return work;
  }

  #run(script: string, stdin: Uint8Array, timeoutMs: number): ReturnType<AgentClient['run']> {
    if (!this.#ready) return Promise.reject(new VmGone(this.#vmId, this.#why));
    const id = this.#next++;
    const started = performance.now();
    return new Promise((resolve, reject) => {
      let timedOut = false;
      let grace: NodeJS.Timeout | undefined;
      const end = (): number => {
        clearTimeout(timer);
        clearTimeout(grace);
        this.#pending = undefined;
        return Math.round(performance.now() - started);
      };
      const timer = setTimeout(() => {
        timedOut = true;
        this.#port.write(killFrame(id));
        grace = setTimeout(() => {
          const ms = end();
          // Its answer may still come, but nobody can wait for it: the machine hangs.
          this.lose(`it has not answered since a command ran out of time (${timeoutMs} ms) and was to be killed`);
          resolve({ status: 124, stdout: Buffer.alloc(0), stderr: Buffer.from(`lab: the machine did not answer\n`), ms, timedOut });
        }, KILL_GRACE_MS);
      }, timeoutMs);
      this.#pending = {
        id,
        done: (m) => resolve({ status: timedOut ? 124 : m.status, stdout: m.stdout, stderr: m.stderr, ms: end(), timedOut }),
        lost: (why) => {
          end();
          reject(new VmGone(this.#vmId, `${why}, while a command ran`));
        },
      };
      this.#port.write(runFrame(id, script, stdin));
    });
  }
}

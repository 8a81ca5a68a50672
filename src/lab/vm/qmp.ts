/** QEMU's control channel: commands and events as lines of JSON (QEMU Machine Protocol). */
import type { Duplex } from 'node:stream';

/** An event of the machine. */
export interface QmpEvent {
  event: string;
  data: Record<string, unknown>;
}

interface Reply {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The control channel of one QEMU process. */
export class Qmp {
  readonly #port: Duplex;
  readonly #waiting: Reply[] = [];
  #rest = '';
  #gone = false;

  /** @param onEvent called for each event, in order */
  constructor(port: Duplex, onEvent: (event: QmpEvent) => void) {
    this.#port = port;
    port.on('data', (piece: Buffer) => {
      const lines = (this.#rest + piece.toString('utf8')).split('\n');
      this.#rest = lines.pop()!;
      for (const line of lines) this.#line(line, onEvent);
    });
    const end = (): void => {
      this.#gone = true;
      for (const w of this.#waiting.splice(0)) w.reject(new Error('lab: QEMU ended before it answered'));
    };
    port.on('error', end);
    port.on('close', end);
  }

  #line(line: string, onEvent: (event: QmpEvent) => void): void {
    if (line.trim() === '') return;
    const m = JSON.parse(line) as { QMP?: unknown; event?: string; data?: Record<string, unknown>; return?: unknown; error?: { desc: string } };
    if (m.event !== undefined) onEvent({ event: m.event, data: m.data ?? {} });
    else if (m.error) this.#waiting.shift()?.reject(new Error(`lab: QEMU refused: ${m.error.desc}`));
    else if (m.QMP === undefined) this.#waiting.shift()?.resolve(m.return);
  }

  /**
   * Sends a command.
   * @returns what QEMU answers
   * @throws Error when QEMU refuses or ends
   */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (this.#gone) return Promise.reject(new Error('lab: QEMU has ended'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#port.write(`${JSON.stringify({ execute: command, ...(args ? { arguments: args } : {}) })}\n`);
    });
  }

  /**
   * Runs a command of the human monitor, which alone has savevm.
   * @throws Error when it says anything: these commands are silent when all went well
   */
  async human(line: string): Promise<void> {
    const said = String(await this.execute('human-monitor-command', { 'command-line': line })).trim();
    if (said !== '') throw new Error(`lab: QEMU's monitor says to '${line}': ${said}`);
  }
}

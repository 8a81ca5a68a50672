/**
 * The paste lane: texts typed into a real interactive login bash on a pseudo-terminal inside a host, the way a reader
 * pastes them. `script` (util-linux) makes the terminal, so no native module is needed.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Host } from './host.ts';

export interface PasteOptions {
  /** `root`, or a user with sudo. */
  user: string;
  /** Does the terminal wrap a paste in ESC[200~ … ESC[201~ ? Without, each line runs as it arrives. */
  bracketed: boolean;
  /** Locale of the session, for example de_DE.UTF-8. */
  locale: string;
}

/** What a paste left on the screen. */
export interface Pasted {
  /** Exit status of the last command of the text. */
  status: number;
  /** Screen output, terminal control removed, from the paste to its end. */
  screen: string;
  /** Lines of the screen that are verdicts. */
  verdicts: string[];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences are what is removed
const CONTROL = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b[()][A-Z0-9]|\u001b[=>]|\r/g;

/** An interactive bash inside a host. */
export class PasteSession {
  readonly options: PasteOptions;
  #child: ChildProcessWithoutNullStreams;
  #screen = '';
  #count = 0;
  #wake: (() => void) | undefined;

  constructor(host: Host, options: PasteOptions) {
    this.options = options;
    const argv = host.argv(
      { user: options.user, env: { TERM: 'xterm-256color', LANG: options.locale, LC_ALL: options.locale } },
      ['bash', '--login', '-i'],
    );
    const line = argv.map((a) => `'${a.replaceAll("'", `'\\''`)}'`).join(' ');
    this.#child = spawn('script', ['-qfec', line, '/dev/null'], { env: { PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh' } });
    this.#child.stdout.setEncoding('utf8');
    this.#child.stdout.on('data', (text: string) => {
      this.#screen += text;
      this.#wake?.();
    });
  }

  /** Waits for the prompt and sets a wide terminal, so that readline does not wrap lines. */
  async start(): Promise<void> {
    await this.#run(`stty cols 400 rows 100; bind 'set enable-bracketed-paste ${this.options.bracketed ? 'on' : 'off'}'`, 60_000, false);
  }

  /** Pastes a text and presses Enter. Rejects if the shell does not come back in time, or is gone. */
  paste(text: string, timeoutMs = 120_000): Promise<Pasted> {
    return this.#run(text, timeoutMs, this.options.bracketed);
  }

  async #run(text: string, timeoutMs: number, bracketed: boolean): Promise<Pasted> {
    const from = this.#screen.length;
    const mark = `paste-${++this.#count}-done`;
    const typed = bracketed ? `\u001b[200~${text}\u001b[201~\r` : `${text.replaceAll('\n', '\r')}\r`;
    this.#child.stdin.write(typed);
    // The mark is typed after the text, as a command of its own. It is written in two halves, so that the echo of the
    // typed line is not taken for its output.
    this.#child.stdin.write(`printf '\\n%s%s %s\\n' paste- ${this.#count}-done "$?"\r`);
    const done = new RegExp(`(?:^|\\n)${mark} ([0-9]+)\\n`);
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const screen = this.#screen.slice(from).replaceAll(CONTROL, '');
      const match = done.exec(screen);
      if (match) {
        const body = screen.slice(0, match.index);
        return {
          status: Number(match[1]),
          screen: body,
          verdicts: body.split('\n').filter((l) => /^(PASS|WARN|FAIL|SKIP) [a-z0-9.-]+: /.test(l)),
        };
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`the shell did not come back within ${timeoutMs / 1000} s after:\n${text}\n--- screen:\n${screen.slice(-3000)}`);
      if (this.#child.exitCode !== null) throw new Error(`the shell is gone after:\n${text}\n--- screen:\n${screen.slice(-3000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 1000));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Ends the session. */
  close(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      if (this.#child.exitCode !== null) resolve();
      else this.#child.once('exit', () => resolve());
    });
    this.#child.stdin.end('exit\r');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    return gone.finally(() => clearTimeout(timer));
  }
}

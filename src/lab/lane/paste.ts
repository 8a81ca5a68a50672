/**
 * The paste lane: texts typed into a real interactive login bash on a pseudo-terminal inside a host, the way a reader
 * pastes them. `script` (util-linux) makes the terminal, so no native module is needed.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Host } from '../host.ts';

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

// The first kind (OSC) tells a terminal, not its reader, something: since systemd 258 bash marks each command so (OSC 3008).
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences are what is removed
const CONTROL = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b[()][A-Z0-9]|\u001b[=>]|\r/g;

/** What a reader of a terminal sees of its output: without what only the terminal reads. Pure. */
export const asSeen = (output: string): string => output.replaceAll(CONTROL, '');

/** A prompt that no command prints. */
const PROMPT = 'paste-ready> ';

/** How long the screen must be still before a prompt counts as the last one: line by line, each line brings a prompt. */
const STILL_MS = 60;

/** An interactive bash inside a host. */
export class PasteSession {
  readonly options: PasteOptions;
  #child: ChildProcessWithoutNullStreams;
  #screen = '';
  #count = 0;

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
    });
  }

  /** Waits for a prompt, then sets one that can be recognised, and a wide terminal so that readline does not wrap lines. */
  async start(): Promise<void> {
    await this.#quiet(60_000, () => this.#screen !== '');
    const paste = this.options.bracketed ? 'on' : 'off';
    this.#type(`stty cols 400 rows 100; bind 'set enable-bracketed-paste ${paste}'; PS1='${PROMPT}'`);
    await this.#quiet(30_000, () => this.#atPrompt(0));
  }

  /**
   * Pastes a text, presses Enter, and waits for the prompt.
   *
   * What is asked afterwards (the exit status) is typed only then, as a person would: a program that reads the terminal
   * while the text runs, such as sudo with a terminal of its own, eats what was typed ahead. If it eats lines of the text
   * itself, the verdict is missing, and the lane goes red.
   */
  async paste(text: string, timeoutMs = 120_000): Promise<Pasted> {
    const from = this.#screen.length;
    if (this.options.bracketed) this.#child.stdin.write(`\u001b[200~${text}\u001b[201~\r`);
    else this.#child.stdin.write(`${text.replaceAll('\n', '\r')}\r`);
    await this.#quiet(timeoutMs, () => this.#atPrompt(from), text);
    const asked = this.#screen.length;
    const mark = `paste-${++this.#count}-done`;
    // Written in two halves, so that the echo of the typed line is not taken for its output.
    this.#type(`printf '\\n%s%s %s\\n' paste- ${this.#count}-done "$?"`);
    const done = new RegExp(`(?:^|\\n)${mark} ([0-9]+)\\n`);
    await this.#quiet(30_000, () => done.test(this.#plain(asked)), text);
    const screen = this.#plain(from, asked);
    return {
      status: Number(done.exec(this.#plain(asked))?.[1]),
      screen,
      verdicts: screen.split('\n').filter((l) => /^(PASS|WARN|FAIL|SKIP) [a-z0-9.-]+: /.test(l)),
    };
  }

  /** Types a line and waits until the screen shows what is looked for: a program that waits for an answer brings no prompt. @returns the screen since then */
  async typeUntil(line: string, shown: RegExp, timeoutMs = 120_000): Promise<string> {
    const from = this.#screen.length;
    this.#type(line);
    await this.#quiet(timeoutMs, () => shown.test(this.#plain(from)), line);
    return this.#plain(from);
  }

  #type(line: string): void {
    this.#child.stdin.write(`${line}\r`);
  }

  #plain(from: number, to?: number): string {
    return asSeen(this.#screen.slice(from, to));
  }

  #atPrompt(from: number): boolean {
    return this.#plain(from).endsWith(PROMPT);
  }

  /** Waits until the condition holds and the screen has been still for a moment. */
  async #quiet(timeoutMs: number, holds: () => boolean, text = ''): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let length = -1;
    for (;;) {
      if (length === this.#screen.length && holds()) return;
      length = this.#screen.length;
      const why = Date.now() > deadline ? `did not come back within ${timeoutMs / 1000} s` : this.#child.exitCode !== null ? 'is gone' : '';
      if (why) throw new Error(`the shell ${why} after:\n${text}\n--- screen:\n${asSeen(this.#screen.slice(-3000))}`);
      await new Promise((resolve) => setTimeout(resolve, STILL_MS));
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

/** The language between the lab and the agent on a virtual machine (guest/agent.sh). Pure: bytes in, messages out. */

/** What the agent says. */
export type AgentMessage =
  | { kind: 'hello'; release: string; bootId: string; cmdline: string }
  | { kind: 'done'; id: number; status: number; stdout: Buffer; stderr: Buffer };

/** What the agent sent is not its language; the rest of the stream cannot be understood either. */
export class FrameError extends Error {}

/** A header line longer than this is none. A kernel's command line has at most 2048 characters (x86, COMMAND_LINE_SIZE). */
const MAX_LINE = 2300;

/** Takes bytes as they come and gives whole messages. */
export class FrameReader {
  #parts: Buffer[] = [];
  #size = 0;
  /** Bytes the message begun needs in all. */
  #wants = 0;

  /**
   * @param piece what has just arrived
   * @returns the messages that are whole now
   * @throws FrameError when it is not the agent's language
   */
  push(piece: Uint8Array): AgentMessage[] {
    this.#parts.push(Buffer.from(piece));
    this.#size += piece.length;
    // A long body arrives in many pieces: they are put together once, when all of it is here.
    if (this.#size < this.#wants) return [];
    let rest = Buffer.concat(this.#parts);
    const messages: AgentMessage[] = [];
    this.#wants = 0;
    for (;;) {
      const end = rest.indexOf(10);
      if (end < 0) {
        if (rest.length > MAX_LINE) throw new FrameError(`no end of line in ${rest.length} bytes: ${JSON.stringify(rest.toString('latin1', 0, 80))}`);
        break;
      }
      const words = rest.toString('latin1', 0, end).split(' ');
      if (words[0] === 'HELLO' && words.length >= 4) {
        messages.push({ kind: 'hello', release: words[1]!, bootId: words[2]!, cmdline: words.slice(3).join(' ') });
        rest = rest.subarray(end + 1);
        continue;
      }
      const [id, status, out, err] = words.slice(1).map(Number);
      if (words[0] !== 'DONE' || words.length !== 5 || ![id, status, out, err].every(Number.isSafeInteger)) {
        throw new FrameError(`not a line of the agent: ${JSON.stringify(rest.toString('latin1', 0, Math.min(end, 80)))}`);
      }
      const whole = end + 1 + out! + err!;
      if (rest.length < whole) {
        this.#wants = whole;
        break;
      }
      const body = end + 1;
      messages.push({ kind: 'done', id: id!, status: status!, stdout: rest.subarray(body, body + out!), stderr: rest.subarray(body + out!, whole) });
      rest = rest.subarray(whole);
    }
    this.#parts = [rest];
    this.#size = rest.length;
    return messages;
  }

  /** Forgets what has not become a message: after a reset the rest never comes. */
  reset(): void {
    this.#parts = [];
    this.#size = 0;
    this.#wants = 0;
  }
}

/** The bytes that ask the agent to run a script. */
export function runFrame(id: number, script: string, stdin: Uint8Array): Buffer {
  const body = Buffer.from(script);
  return Buffer.concat([Buffer.from(`RUN ${id} ${body.length} ${stdin.length}\n`), body, stdin]);
}

/** The bytes that ask the agent to end a script and everything it started. */
export const killFrame = (id: number): Buffer => Buffer.from(`KILL ${id}\n`);

/** A word for a POSIX shell, whatever is in it. */
export const shellQuote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The kernel takes no argument longer than 128 KiB (MAX_ARG_STRLEN), and the script is one. */
const MAX_SCRIPT = 120_000;

/**
 * The script that runs `bash -c script` as a user with the environment of a clean login, in the user's home.
 * @throws Error for a user name or a variable no login could have, and for a script that is no argument
 */
export function loginScript(script: string, o: { user?: string | undefined; env?: Record<string, string> | undefined } = {}): string {
  const user = o.user ?? 'root';
  if (!/^[a-z_][a-z0-9_-]*$/.test(user)) throw new Error(`lab: ${JSON.stringify(user)} is not a user name`);
  if (Buffer.byteLength(script) > MAX_SCRIPT) throw new Error(`lab: a script of ${Buffer.byteLength(script)} bytes cannot be an argument. Mend: copy() it as a file and run that`);
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: user === 'root' ? '/root' : `/home/${user}`,
    USER: user,
    LOGNAME: user,
    LANG: 'C.UTF-8',
    ...o.env,
  };
  for (const name of Object.keys(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`lab: ${JSON.stringify(name)} cannot be the name of a variable`);
  }
  const become = user === 'root' ? '' : `/usr/bin/setpriv --reuid ${user} --regid ${user} --init-groups -- `;
  const set = Object.entries(env).map(([k, v]) => `${k}=${shellQuote(v)}`).join(' ');
  return `cd ${shellQuote(env['HOME']!)} 2>/dev/null || cd /\nexec /usr/bin/env -i ${set} ${become}/bin/bash -c ${shellQuote(script)}\n`;
}

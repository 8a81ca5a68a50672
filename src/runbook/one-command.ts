/**
 * A pasted text without bracketed paste arrives line by line. Once its first lines are a whole command, bash runs it, and
 * what follows waits in the terminal. sudo with a terminal of its own (`use_pty`, the default from Debian 13 on) reads
 * that terminal and swallows what waits (seen 2026-11-23). So a text that uses sudo must be one command to its last line;
 * braces around it do that: `{ …; }`.
 *
 * A parser resolves if the shell text is complete, and rejects if it is not.
 */
export type Parser = (text: string) => Promise<unknown>;

/**
 * Finds the first line after which a text would already be run, although more follows.
 * @returns 0-based line index, or undefined if the text is one command, or does not use sudo
 */
export async function runsEarly(text: string, parse: Parser): Promise<number | undefined> {
  if (!/\bsudo\b/.test(text)) return undefined;
  const lines = text.split('\n');
  for (let i = 0; i < lines.length - 1; i++) {
    if (lines[i]!.endsWith('\\')) continue;
    const whole = await parse(`${lines.slice(0, i + 1).join('\n')}\n`).then(
      () => true,
      () => false,
    );
    if (whole) return i;
  }
  return undefined;
}

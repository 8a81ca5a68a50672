/** GRUB's environment block, /boot/grub/grubenv: 1024 bytes, a signature line, NAME=VALUE lines, the rest filled with #. Pure. */

const SIGNATURE = '# GRUB Environment Block\n';

/** GRUB reads and writes the block in place, so its size never changes. */
export const GRUBENV_SIZE = 1024;

/**
 * The variables in a block.
 * @param text the file's content
 * @returns undefined when it is no environment block; GRUB then says "invalid environment block" and loads nothing
 */
export function parseGrubenv(text: string): Map<string, string> | undefined {
  if (!text.startsWith(SIGNATURE)) return undefined;
  const result = new Map<string, string>();
  const body = text.slice(SIGNATURE.length);
  // Values may hold escaped line ends and backslashes.
  for (const m of body.matchAll(/^([^#=\n][^=\n]*)=((?:[^\\\n]|\\[\s\S])*)$/gm)) {
    result.set(m[1]!, m[2]!.replace(/\\([\s\S])/g, '$1'));
  }
  return result;
}

/**
 * The block with one variable set or, without a value, removed.
 * @param text the file's content
 * @returns the new content of the same size, or undefined when GRUB could not do it: no valid block, or no room left
 */
export function setInGrubenv(text: string, name: string, value: string | undefined): string | undefined {
  const variables = parseGrubenv(text);
  if (!variables) return undefined;
  if (value === undefined) variables.delete(name);
  else variables.set(name, value);
  const quoted = (v: string): string => v.replace(/[\\\n]/g, '\\$&');
  // Comment lines stay; the fill at the end is one long run of # without a line end.
  const comments = text.slice(SIGNATURE.length).split('\n').slice(0, -1).filter((l) => l.startsWith('#')).map((l) => `${l}\n`);
  const body = comments.join('') + [...variables].map(([k, v]) => `${k}=${quoted(v)}\n`).join('');
  const size = Buffer.byteLength(text);
  const used = Buffer.byteLength(SIGNATURE + body);
  if (used > size) return undefined;
  return SIGNATURE + body + '#'.repeat(size - used);
}

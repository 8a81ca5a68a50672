/** Reads the table behind the stand-in for grub-probe, with the same rules as the stand-in itself. Pure. */

/**
 * The answer for a path, a device or anything else.
 * @param table lines SCOPE TARGET ANSWER; SCOPE is * or a path (for everything below) or a device; - is an empty answer
 * @returns undefined when the table has no answer
 */
export function probeAnswer(table: string, operand: string, target: string): string | undefined {
  let best = -1;
  let answer: string | undefined;
  for (const line of table.split('\n')) {
    const m = /^([^#\s]\S*)\s+(\S+)\s+(.*)$/.exec(line);
    if (!m || m[2] !== target) continue;
    const scope = m[1]!;
    const fits = scope === '*' || scope === operand || (scope === '/' && operand.startsWith('/')) || operand.startsWith(`${scope}/`);
    const length = scope === '*' ? 0 : scope.length;
    if (!fits || length < best) continue;
    best = length;
    answer = m[3] === '-' ? '' : m[3];
  }
  return answer;
}

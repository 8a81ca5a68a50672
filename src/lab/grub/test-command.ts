/** GRUB's command `test`. Pure. */

/**
 * The operators that configurations use; `-a` binds tighter than `-o`.
 * @param size bytes of a file, or undefined when there is none
 */
export function grubTest(args: readonly string[], size: (path: string) => number | undefined): boolean {
  let at = 0;
  const primary = (): boolean => {
    const first = args[at];
    if (first === '!') {
      at += 1;
      return !primary();
    }
    if (first === '(') {
      at += 1;
      const value = either();
      if (args[at] === ')') at += 1;
      return value;
    }
    const operator = args[at + 1];
    const second = args[at + 2];
    if (first !== undefined && second !== undefined && operator !== undefined) {
      const a = Number.parseInt(first, 10);
      const b = Number.parseInt(second, 10);
      const compare: Record<string, () => boolean> = {
        '=': () => first === second,
        '==': () => first === second,
        '!=': () => first !== second,
        '<': () => first < second,
        '<=': () => first <= second,
        '>': () => first > second,
        '>=': () => first >= second,
        '-eq': () => a === b,
        '-ne': () => a !== b,
        '-lt': () => a < b,
        '-le': () => a <= b,
        '-gt': () => a > b,
        '-ge': () => a >= b,
      };
      const how = compare[operator];
      if (how) {
        at += 3;
        return how();
      }
    }
    if (operator !== undefined && first !== undefined && /^-[nzdefs]$/.test(first)) {
      at += 2;
      if (first === '-n') return operator !== '';
      if (first === '-z') return operator === '';
      if (first === '-s') return (size(operator) ?? 0) > 0;
      if (first === '-d') return false;
      return size(operator) !== undefined;
    }
    at += 1;
    return first !== undefined && first !== '';
  };
  const both = (): boolean => {
    let value = primary();
    while (args[at] === '-a') {
      at += 1;
      value = primary() && value;
    }
    return value;
  };
  const either = (): boolean => {
    let value = both();
    while (args[at] === '-o') {
      at += 1;
      value = both() || value;
    }
    return value;
  };
  return either();
}

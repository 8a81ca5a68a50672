/** Which of two versions of RPM packages is newer, as rpm itself decides it (rpm-version(7)). */

/** Epoch, version and release of a package. */
export interface Evr {
  epoch: string;
  version: string;
  release: string;
}

function compareParts(a: string, b: string): number {
  let x = a;
  let y = b;
  for (;;) {
    x = x.replace(/^[^A-Za-z0-9~^]+/, '');
    y = y.replace(/^[^A-Za-z0-9~^]+/, '');
    // ~ sorts before everything, the end as well.
    if (x.startsWith('~') || y.startsWith('~')) {
      if (!x.startsWith('~')) return 1;
      if (!y.startsWith('~')) return -1;
      x = x.slice(1);
      y = y.slice(1);
      continue;
    }
    // ^ sorts after the end and before everything else.
    if (x.startsWith('^') || y.startsWith('^')) {
      if (x === '') return -1;
      if (y === '') return 1;
      if (!x.startsWith('^')) return 1;
      if (!y.startsWith('^')) return -1;
      x = x.slice(1);
      y = y.slice(1);
      continue;
    }
    if (x === '' || y === '') break;
    const digits = /^\d/.test(x);
    const of = digits ? /^\d+/ : /^[A-Za-z]+/;
    const m = of.exec(x)![0];
    const n = of.exec(y)?.[0];
    // A number is newer than letters.
    if (n === undefined) return digits ? 1 : -1;
    x = x.slice(m.length);
    y = y.slice(n.length);
    if (digits) {
      const [p, q] = [BigInt(m), BigInt(n)];
      if (p !== q) return p < q ? -1 : 1;
    } else if (m !== n) return m < n ? -1 : 1;
  }
  return x === y ? 0 : x === '' ? -1 : 1;
}

/** Negative when `a` is older than `b`, 0 when they are equal, positive when it is newer. */
export const compareEvr = (a: Evr, b: Evr): number =>
  compareParts(a.epoch || '0', b.epoch || '0') || compareParts(a.version, b.version) || compareParts(a.release, b.release);

/** Versions compared as dpkg compares them: deb-version(7). Pure. */

/** Weight of a character where no digit is: ~ before the end, the end before letters, letters before the rest. */
const weight = (c: string | undefined): number => (c === '~' ? -1 : c === undefined ? 0 : /[A-Za-z]/.test(c) ? c.charCodeAt(0) : c.charCodeAt(0) + 256);

/** Compares two upstream versions or two revisions. */
function comparePart(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isText = (s: string, at: number): boolean => at < s.length && !/\d/.test(s[at]!);
    while (isText(a, i) || isText(b, j)) {
      const difference = weight(isText(a, i) ? a[i] : undefined) - weight(isText(b, j) ? b[j] : undefined);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const number = (s: string, at: number): string => /^\d*/.exec(s.slice(at))![0];
    const [m, n] = [number(a, i), number(b, j)];
    const difference = Number(m || 0) - Number(n || 0);
    if (difference !== 0) return difference;
    i += m.length;
    j += n.length;
  }
  return 0;
}

const parts = (v: string): { epoch: string; upstream: string; revision: string } => {
  const colon = v.indexOf(':');
  const rest = v.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return { epoch: colon < 0 ? '0' : v.slice(0, colon), upstream: hyphen < 0 ? rest : rest.slice(0, hyphen), revision: hyphen < 0 ? '' : rest.slice(hyphen + 1) };
};

/** @returns less than 0, 0 or more: as dpkg --compare-versions orders them */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parts(a), parts(b)];
  return Number(x.epoch) - Number(y.epoch) || comparePart(x.upstream, y.upstream) || comparePart(x.revision, y.revision);
}

/** Is a package's version at least this upstream version? The revision of a distribution does not count. */
export const atLeast = (version: string, upstream: string): boolean => comparePart(parts(version).upstream.replace(/\+(really|dfsg|ds).*$/, ''), upstream) >= 0;

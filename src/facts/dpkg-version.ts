/** Compares versions as dpkg does (deb-version(7)). Pure. */

/** `1:2.9-1` → epoch, upstream version and Debian revision. */
function parts(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return { epoch: colon < 0 ? 0 : Number(version.slice(0, colon)), upstream: dash < 0 ? rest : rest.slice(0, dash), revision: dash < 0 ? '' : rest.slice(dash + 1) };
}

const isDigit = (c: string | undefined): boolean => c !== undefined && c >= '0' && c <= '9';

/** `~` sorts before the end, letters before everything else that is no digit. */
const weight = (c: string | undefined): number => (c === undefined || isDigit(c) ? 0 : c === '~' ? -1 : /[A-Za-z]/.test(c) ? c.charCodeAt(0) : c.charCodeAt(0) + 256);

function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const d = weight(a[i]) - weight(b[j]);
      if (d !== 0) return d;
      i += 1;
      j += 1;
    }
    const x = /^\d*/.exec(a.slice(i))![0];
    const y = /^\d*/.exec(b.slice(j))![0];
    const d = Number(x || 0) - Number(y || 0);
    if (d !== 0) return d;
    i += x.length;
    j += y.length;
  }
  return 0;
}

/** Negative: a is older; 0: the same; positive: a is newer. */
export function compareDebianVersions(a: string, b: string): number {
  const x = parts(a);
  const y = parts(b);
  return x.epoch - y.epoch || comparePart(x.upstream, y.upstream) || comparePart(x.revision, y.revision);
}

/**
 * Is a package's version at least this upstream version? An epoch says nothing about upstream, so it is left out unless the minimum has
 * one, and so is the Debian revision.
 */
export function isAtLeast(version: string, min: string): boolean {
  const bare = min.includes(':') ? version : version.replace(/^\d+:/, '');
  return compareDebianVersions(min.includes('-') ? bare : bare.replace(/-[^-]*$/, ''), min) >= 0;
}

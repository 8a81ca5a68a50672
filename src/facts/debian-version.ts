/** Which of two versions of Debian packages is newer (deb-version(7)). */

const isDigit = (c: string | undefined): boolean => c !== undefined && c >= '0' && c <= '9';

/** `~` sorts before the end, the end before letters, letters before everything else. */
function weight(c: string | undefined): number {
  if (c === '~') return -1;
  if (c === undefined || isDigit(c)) return 0;
  const code = c.charCodeAt(0);
  return /[A-Za-z]/.test(c) ? code : code + 256;
}

function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const d = weight(a[i]) - weight(b[j]);
      if (d !== 0) return d;
      i += 1;
      j += 1;
    }
    const [x, y] = [/^\d*/.exec(a.slice(i))![0], /^\d*/.exec(b.slice(j))![0]];
    const [m, n] = [BigInt(x || '0'), BigInt(y || '0')];
    if (m !== n) return m < n ? -1 : 1;
    i += x.length;
    j += y.length;
  }
  return 0;
}

function split(version: string): [bigint, string, string] {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return [BigInt(colon < 0 ? '0' : version.slice(0, colon)), dash < 0 ? rest : rest.slice(0, dash), dash < 0 ? '' : rest.slice(dash + 1)];
}

/** Has it the form of a version: digits first, and no character that none may have? */
export const isDebianVersion = (version: string): boolean => /^(\d+:)?\d[A-Za-z0-9.+~:-]*$/.test(version);

/** Negative when `a` is older than `b`, 0 when they are equal, positive when it is newer. */
export function compareDebianVersions(a: string, b: string): number {
  const [ea, ua, ra] = split(a);
  const [eb, ub, rb] = split(b);
  if (ea !== eb) return ea < eb ? -1 : 1;
  return compareParts(ua, ub) || compareParts(ra, rb);
}

/**
 * Is a package's version at least this upstream version? An epoch says nothing about upstream, so it is left out unless the minimum has
 * one, and so is the Debian revision.
 */
export function isAtLeast(version: string, min: string): boolean {
  const bare = min.includes(':') ? version : version.replace(/^\d+:/, '');
  return compareDebianVersions(min.includes('-') ? bare : bare.replace(/-[^-]*$/, ''), min) >= 0;
}

/**
 * Boot Loader Specification entries as GRUB's blscfg makes menu entries of them. Debian's GRUB 2.06 and 2.12 have no such command, so
 * a menu of the RHEL family is written out before GRUB's interpreter gets it. Pure.
 * @see https://uapi-group.org/specifications/specs/boot_loader_specification/
 */

/** One file of loader/entries. */
export interface BlsEntry {
  /** File name without `.conf`: what saved_entry and grub2-reboot name. */
  id: string;
  /** Values by key; a key that may stand several times (initrd, options) has its values joined by blanks. */
  keys: ReadonlyMap<string, string>;
}

/** Where blscfg looks, below the root of the file system that holds /boot. */
const ENTRIES = /^(?:\/boot)?\/loader\/entries\/([^/]+)\.conf$/;

/** The entries among the files of a disk. @param texts content by absolute path */
export const blsEntries = (texts: ReadonlyMap<string, string>): BlsEntry[] =>
  [...texts].flatMap(([path, text]) => {
    const id = ENTRIES.exec(path)?.[1];
    return id === undefined ? [] : [{ id, keys: keysOf(text) }];
  });

function keysOf(text: string): Map<string, string> {
  const keys = new Map<string, string>();
  for (const line of text.split('\n')) {
    const m = /^\s*([a-zA-Z_-]+)\s+(.*?)\s*$/.exec(line);
    if (!m || line.startsWith('#')) continue;
    const before = keys.get(m[1]!);
    keys.set(m[1]!, before === undefined ? m[2]! : `${before} ${m[2]}`);
  }
  return keys;
}

/**
 * rpm's comparison of versions (rpmvercmp), which the RHEL family's blscfg sorts entries by.
 * @returns less than 0 when `a` is older
 */
export function compareVersions(a: string, b: string): number {
  const parts = (v: string): string[] => v.match(/\d+|[a-zA-Z]+|~|\^/g) ?? [];
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i += 1) {
    const [p, q] = [x[i], y[i]];
    if (p === q) continue;
    // A tilde is older than the end, a caret newer.
    if (p === '~' || q === '~') return p === '~' ? -1 : 1;
    if (p === undefined) return -1;
    if (q === undefined) return 1;
    const [pn, qn] = [/^\d/.test(p), /^\d/.test(q)];
    if (pn !== qn) return pn ? 1 : -1;
    if (pn) {
      const difference = Number(p) - Number(q);
      if (difference !== 0) return difference;
    } else if (p !== q) return p < q ? -1 : 1;
  }
  return 0;
}

const quoted = (words: string): string => `'${words.replaceAll("'", "'\\''")}'`;

/** The menu entries of a disk in the order of the menu, newest first, as GRUB script. */
export const blsMenu = (entries: readonly BlsEntry[]): string =>
  [...entries]
    .sort((a, b) => compareVersions(b.id, a.id))
    .flatMap(({ id, keys }) => {
      const linux = keys.get('linux');
      // Without a kernel there is nothing to show.
      if (linux === undefined) return [];
      const initrd = keys.get('initrd');
      return [
        `menuentry ${quoted(keys.get('title') ?? id)} --id ${quoted(id)} {`,
        '  load_video',
        '  set gfxpayload=keep',
        '  insmod gzio',
        `  linux ${linux} ${keys.get('options') ?? ''}`.trimEnd(),
        ...(initrd === undefined ? [] : [`  initrd ${initrd}`]),
        '}',
      ];
    })
    .join('\n');

/** The text of a menu with its blscfg command replaced by what that command would make of the entries. */
export const withBls = (text: string, entries: readonly BlsEntry[]): string => text.replace(/^[ \t]*blscfg[ \t]*$/gm, () => blsMenu(entries));

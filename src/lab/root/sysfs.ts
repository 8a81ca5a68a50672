/** The list from which a host's /sys is made. Pure. */

export type SysfsItem = { kind: 'folder'; path: string } | { kind: 'file'; path: string; content: string } | { kind: 'link'; path: string; target: string };

/**
 * Parses standin/sysfs.txt: `d PATH`, `f PATH CONTENT` (with \n for line ends), `l PATH TARGET`.
 * @throws Error naming the line that is none of these
 */
export function parseSysfs(text: string): SysfsItem[] {
  return text.split('\n').flatMap((line, i): SysfsItem[] => {
    if (line === '' || line.startsWith('#')) return [];
    const m = /^([dfl]) ([^ /.][^ ]*)(?: (.*))?$/.exec(line);
    const [, kind, path = '', rest] = m ?? [];
    if (!m || path.split('/').includes('..') || (kind !== 'd' && rest === undefined)) {
      throw new Error(`src/lab/root/standin/sysfs.txt:${i + 1}: not "d PATH", "f PATH CONTENT" or "l PATH TARGET": ${line}`);
    }
    if (kind === 'd') return [{ kind: 'folder', path }];
    if (kind === 'f') return [{ kind: 'file', path, content: `${rest!.replaceAll('\\n', '\n')}\n` }];
    return [{ kind: 'link', path, target: rest! }];
  });
}

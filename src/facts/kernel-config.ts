/** What the files of a kernel's packages say: its configuration, what is built in, what is a module. Pure. */

/** Symbol → `y`, `m`, `n` ("is not set") or its value without quotes. A symbol that is not in the text is not in the map. */
export function parseConfig(text: string): Map<string, string> {
  const result = new Map<string, string>();
  for (const line of text.split('\n')) {
    const set = /^(CONFIG_\w+)=(.*)$/.exec(line);
    if (set) result.set(set[1]!, /^".*"$/.test(set[2]!) ? set[2]!.slice(1, -1) : set[2]!);
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (unset) result.set(unset[1]!, 'n');
  }
  return result;
}

const MODULE = /\.ko(\.(xz|zst|gz))?$/;

/** `kernel/fs/ntfs3/ntfs3.ko.xz` → `ntfs3`: the kernel knows modules with underscores only. */
export const moduleName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(MODULE, '').replaceAll('-', '_');

/** Names of the modules among some paths, or in the lines of modules.builtin and modules.order. */
export const moduleNames = (paths: Iterable<string>): Set<string> => new Set([...paths].filter((p) => MODULE.test(p)).map(moduleName));

/** `7.3.4+deb13-amd64` → `7.3`. @throws Error for what does not begin with a version */
export function seriesOf(release: string): string {
  const m = /^(\d+\.\d+)(?![0-9])/.exec(release);
  if (!m) throw new Error(`measure: ${release} does not begin with a kernel version`);
  return m[1]!;
}

/** Where packages put the configuration of a kernel, and what stands there for its release. */
const CONFIG_PATHS = [/^boot\/config-([^/]+)$/, /^(?:usr\/)?lib\/modules\/([^/]+)\/config$/, /^usr\/lib\/linux\/([^/]+)\/config$/];

/** The release whose configuration lies at this path; undefined for any other file. */
export function releaseOfConfig(path: string): string | undefined {
  for (const pattern of CONFIG_PATHS) {
    const m = pattern.exec(path);
    if (m) return m[1];
  }
  return undefined;
}

/** Is it worth reading? Everything else is looked at by name only. */
export const isRead = (path: string): boolean => releaseOfConfig(path) !== undefined || /^(?:usr\/)?lib\/modules\/[^/]+\/modules\.(builtin|order)$/.test(path);

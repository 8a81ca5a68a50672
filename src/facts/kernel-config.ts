/** The configuration of a kernel, and which drivers it has. Pure. */
import type { DriverState } from '../model/kernel.ts';
import type { z } from 'astro/zod';

/** `# CONFIG_X is not set` and `CONFIG_X=value`, as kconfig writes them. */
const LINE = /^(?:# (CONFIG_[A-Za-z0-9_]+) is not set|(CONFIG_[A-Za-z0-9_]+)=(.*))$/;

/** A file that is shorter than this is not the configuration of a kernel for servers; those have some 8000 lines. */
const FEWEST = 20;

/**
 * @param text content of a file such as /boot/config-7.0.13
 * @param name the file, for errors
 * @returns values by symbol; `n` where it says "is not set"
 * @throws Error when the text is no configuration, or cut off in the middle of a line
 */
export function parseConfig(text: string, name: string): Map<string, string> {
  const values = new Map<string, string>();
  text.split('\n').forEach((line, i) => {
    const m = LINE.exec(line);
    if (m) values.set(m[1] ?? m[2]!, m[1] === undefined ? m[3]!.replace(/^"(.*)"$/, '$1') : 'n');
    else if (line !== '' && !line.startsWith('#')) throw new Error(`${name}:${i + 1}: "${line.slice(0, 60)}" is no line of a kernel configuration. Mend: fetch the package again`);
  });
  if (values.size < FEWEST) throw new Error(`${name}: ${values.size} settings; a kernel has thousands. Mend: fetch the package again`);
  return values;
}

/** What is asked for, with `absent` where the file says nothing: the kernel does not know the symbol, or what it depends on is off. */
export const pick = (config: ReadonlyMap<string, string>, symbols: readonly string[]): Record<string, string> =>
  Object.fromEntries([...new Set(symbols)].sort().map((s) => [s, config.get(s) ?? 'absent']));

/** `kernel/fs/xfs/xfs.ko.xz` → `xfs`; modules and files say _ and - for the same. */
const moduleName = (path: string): string => path.replace(/^.*\//, '').replace(/\.ko(\.(gz|xz|zst))?$/, '').replaceAll('-', '_');

/**
 * @param drivers names as modprobe takes them
 * @param modules paths of module files
 * @param builtin lines of modules.builtin
 */
export function driverStates(drivers: readonly string[], modules: readonly string[], builtin: readonly string[]): Record<string, z.infer<typeof DriverState>> {
  const [loadable, inside] = [new Set(modules.map(moduleName)), new Set(builtin.filter((l) => l !== '').map(moduleName))];
  const state = (name: string): z.infer<typeof DriverState> => (inside.has(name) ? 'builtin' : loadable.has(name) ? 'module' : 'absent');
  return Object.fromEntries([...new Set(drivers.map((d) => d.replaceAll('-', '_')))].sort().map((d) => [d, state(d)]));
}

/** `7.3.4+deb13-amd64` → `7.3`. @throws Error for what is no release of a kernel */
export function seriesOf(release: string): string {
  const m = /^(\d+)\.(\d+)/.exec(release);
  if (!m) throw new Error(`"${release}" is no release of a kernel; they begin with two numbers, as 7.0.13-amd64`);
  return `${m[1]}.${m[2]}`;
}

/** Makes the record of a measured kernel out of what its packages hold. Pure. */
import type { MeasuredKernel } from '../model/kernel.ts';
import { moduleNames, parseConfig, releaseOfConfig, seriesOf } from './kernel-config.ts';

/** A package, unpacked. */
export interface Unpacked {
  name: string;
  version: string;
  sha256: string;
  /** Path of every file from the root, without a leading slash. */
  paths: readonly string[];
  /** Content of the files that are read (`isRead`). */
  texts: ReadonlyMap<string, string>;
}

export interface Wanted {
  symbols: readonly string[];
  drivers: readonly string[];
}

export interface About {
  distro: string;
  track: string;
  measured: string;
  partial?: string;
}

/** The lines of a file that one of the packages has below the folder of this release's modules. */
function linesOf(packages: readonly Unpacked[], release: string, name: string): string[] {
  const paths = [`usr/lib/modules/${release}/${name}`, `lib/modules/${release}/${name}`];
  return packages.flatMap((p) => paths.flatMap((path) => p.texts.get(path)?.split('\n') ?? []));
}

/**
 * @param packages all packages of one kernel
 * @throws Error when there is no configuration in them, or those of two kernels, or no list of what is built in
 */
export function measuredKernel(packages: readonly Unpacked[], wanted: Wanted, about: About): MeasuredKernel {
  const named = packages.map((p) => p.name).join(', ');
  const found = packages.flatMap((p) => [...p.texts].map(([path, text]) => ({ release: releaseOfConfig(path), text }))).filter((c) => c.release !== undefined);
  const releases = [...new Set(found.map((c) => c.release!))];
  if (releases.length === 0) {
    throw new Error(`measure: no kernel configuration in ${named}. Mend: name the package that has it too: linux-base-VERSION (Debian from 6.19 on), linux-image-VERSION (before), linux-modules-VERSION or linux-buildinfo-VERSION (Ubuntu), kernel-core (RPM).`);
  }
  if (releases.length > 1) throw new Error(`measure: the packages are of several kernels: ${releases.join(', ')}. Mend: measure one at a time.`);
  const release = releases[0]!;
  const config = parseConfig(found[0]!.text);
  // A file that was cut or that is something else would make every symbol absent.
  if (config.size < 10) throw new Error(`measure: the configuration of ${release} has ${config.size} lines that set something; that is no kernel's. Mend: see whether the package is whole.`);
  const builtin = moduleNames(linesOf(packages, release, 'modules.builtin'));
  const modules = new Set([...moduleNames(packages.flatMap((p) => p.paths).filter((p) => p.includes(`lib/modules/${release}/`))), ...moduleNames(linesOf(packages, release, 'modules.order'))]);
  if (builtin.size === 0 || modules.size === 0) {
    throw new Error(`measure: ${named}: no ${builtin.size === 0 ? 'modules.builtin' : 'modules'} of ${release}, so that drivers would look absent. Mend: name the packages with the modules too (linux-modules-…, kernel-modules, kernel-modules-core).`);
  }
  return {
    format_version: 1,
    release,
    series: seriesOf(release),
    distro: about.distro,
    track: about.track,
    packages: packages.map(({ name, version, sha256 }) => ({ name, version, sha256 })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    config: Object.fromEntries(wanted.symbols.map((s) => [s, config.get(s) || 'absent'])),
    drivers: Object.fromEntries(wanted.drivers.map((d) => [d, builtin.has(d) ? 'builtin' : modules.has(d) ? 'module' : 'absent'])),
    ...(about.partial === undefined ? {} : { partial: about.partial }),
    measured: about.measured,
  };
}

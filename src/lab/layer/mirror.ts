/** Which Debian mirror this machine uses, read from its own apt. The project names no mirror of its own. */
import { existsSync } from 'node:fs';
import { mustRun } from '../system/run.ts';

/** Base addresses of the archive and of its security part. */
export interface Mirror {
  archive: string;
  security: string;
}

/** Keys of Debian's archive, as the package debian-archive-keyring installs them. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Finds the mirror in the output of `apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(LABEL)'`.
 * @param targets one line for each index
 * @returns undefined for what the lines do not name
 */
export function parseTargets(targets: string): Partial<Mirror> {
  const byLabel: Partial<Mirror> = {};
  const byName: Partial<Mirror> = {};
  for (const line of targets.split('\n')) {
    const [uri, release = '', ...label] = line.trim().split(' ');
    if (!uri) continue;
    const address = uri.replace(/\/+$/, '');
    const words = label.join(' ');
    // The label is known only after an update; the suite's name is there before.
    if (words === 'Debian') byLabel.archive ??= address;
    else if (words === 'Debian-Security') byLabel.security ??= address;
    else if (words === '' && /^[a-z]+-security$/.test(release)) byName.security ??= address;
    else if (words === '' && /^[a-z]+(-updates)?$/.test(release)) byName.archive ??= address;
  }
  return { ...byName, ...byLabel };
}

/**
 * The mirror this machine uses.
 * @throws Error when apt is set up for another distribution and TRIALBOOT_MIRROR does not name a mirror
 */
export async function findMirror(): Promise<Mirror> {
  const named: Partial<Mirror> = {};
  if (process.env['TRIALBOOT_MIRROR']) named.archive = process.env['TRIALBOOT_MIRROR'].replace(/\/+$/, '');
  if (process.env['TRIALBOOT_SECURITY_MIRROR']) named.security = process.env['TRIALBOOT_SECURITY_MIRROR'].replace(/\/+$/, '');
  const format = '$(REPO_URI) $(RELEASE) $(LABEL)';
  const listed = existsSync('/usr/bin/apt-get')
    ? parseTargets(await mustRun('asking apt for its sources', ['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']))
    : {};
  const archive = named.archive ?? listed.archive;
  if (!archive) {
    throw new Error('lab: this machine\'s apt names no Debian archive. Mend: run "apt-get update", or set TRIALBOOT_MIRROR (and TRIALBOOT_SECURITY_MIRROR) to a Debian mirror.');
  }
  // Mirrors carry the security part beside the archive under this name.
  const security = named.security ?? listed.security ?? archive.replace(/debian$/, 'debian-security');
  return { archive, security };
}

/**
 * A deb822 apt source for some suites.
 * @param suites suite names; those that end in -security come from the security part
 */
export function debianSources(mirror: Mirror, suites: readonly string[]): string {
  const stanza = (uri: string, names: readonly string[]): string =>
    names.length === 0 ? '' : `Types: deb\nURIs: ${uri}\nSuites: ${names.join(' ')}\nComponents: main\nSigned-By: ${KEYRING}\n\n`;
  const isSecurity = (s: string): boolean => s.endsWith('-security');
  return stanza(mirror.archive, suites.filter((s) => !isSecurity(s))) + stanza(mirror.security, suites.filter(isSecurity));
}

/** Options of this machine's apt that decide whether and how a mirror can be reached at all: proxies and clock rules. */
export async function transportOptions(): Promise<string[]> {
  const dump = await mustRun('reading apt\'s settings', ['apt-config', 'dump']);
  return dump
    .split('\n')
    .map((line) => /^(Acquire::(?:(?:http|https)::(?:[^ ]+::)?Proxy(?:-Auto-Detect)?|Check-Valid-Until|Check-Date)) "(.*)";$/.exec(line))
    .filter((m) => m !== null && m[2] !== '')
    .map((m) => `${m![1]}=${m![2]}`);
}

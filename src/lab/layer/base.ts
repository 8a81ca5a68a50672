/** The lowest layer: a plain minimal Debian server, made by mmdebstrap from the real archive. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianBase } from '../../model/host.ts';
import { artifact, isoWeek } from '../system/cache.ts';
import { debianSources, findMirror, transportOptions } from './mirror.ts';
import { mustRun, toolEnv } from '../system/run.ts';

/** Raised when the way the base is made changes, so that cached bases are not used on. */
const REVISION = 1;

/** The week whose picture of the archive is used; TRIALBOOT_WEEK pins it, for runs that have to repeat an earlier one. */
export const archiveWeek = (): string => process.env['TRIALBOOT_WEEK'] || isoWeek(new Date());

// Answers for questions packages would ask. grub-pc would otherwise want a disk to write its boot sector to.
const DEBCONF = [
  'grub-pc grub-pc/install_devices_empty boolean true',
  'grub-pc grub2/linux_cmdline_default string quiet',
  'locales locales/locales_to_be_generated multiselect de_DE.UTF-8 UTF-8, en_US.UTF-8 UTF-8',
  'locales locales/default_environment_locale select None',
].join('\n');

/**
 * The base layer of a host.
 * @returns folder whose `tree/` is the layer
 */
export function baseLayer(spec: DebianBase): Promise<string> {
  const suites = [spec.suite, ...spec.mergedSuites];
  const inputs = { revision: REVISION, suites, include: spec.include, debconf: DEBCONF, week: archiveWeek() };
  return artifact(`base-${spec.id}`, inputs, async (dir) => {
    const sources = join(dir, 'machine.sources');
    writeFileSync(sources, debianSources(await findMirror(), suites));
    writeFileSync(join(dir, 'debconf'), `${DEBCONF}\n`);
    await mustRun(
      `making the base of ${spec.id} with mmdebstrap`,
      [
        'mmdebstrap', '--mode=root', '--variant=minbase', '--architectures=amd64',
        `--include=${spec.include.join(',')}`,
        ...(await transportOptions()).map((o) => `--aptopt=${o.replace('=', ' "')}"`),
        // Hooks are shell lines of mmdebstrap's: $1 is the root. The file's name comes by the environment.
        '--essential-hook=chroot "$1" debconf-set-selections <"$TRIALBOOT_DEBCONF"',
        // What mmdebstrap set up for itself, and where the packages came from, is no part of a server.
        '--customize-hook=rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*',
        '--customize-hook=rm -f "$1"/etc/resolv.conf "$1"/etc/hostname',
        spec.suite, join(dir, 'tree'), sources,
      ],
      { env: { ...toolEnv(), TRIALBOOT_DEBCONF: join(dir, 'debconf') } },
    );
  });
}

/**
 * The lowest layer: a plain minimal Debian server, made from the real archive. What all hosts of a release have is made once by mmdebstrap;
 * what only some have is installed on a copy of that, so that a compiler is unpacked once for a release and not once for each host.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DebianBase } from '../../model/host.ts';
import { artifact, isoWeek, removeTree, touchArtifact } from '../system/cache.ts';
import { mustRun, toolEnv } from '../system/run.ts';
import { runOnLayers } from './chroot.ts';
import { debianSources, findMirror, transportOptions } from './mirror.ts';
import { LIST_ROOT, mergeUpper } from './merge.ts';
import { debName, ScratchApt } from './scratch-apt.ts';

/** Raised when the way the base is made changes, so that cached bases are not used on. */
const REVISION = 2;

/** The week whose picture of the archive is used; TRIALBOOT_WEEK pins it, for runs that have to repeat an earlier one. */
export const archiveWeek = (): string => process.env['TRIALBOOT_WEEK'] || isoWeek(new Date());

// Answers for questions packages would ask. grub-pc would otherwise want a disk to write its boot sector to.
const DEBCONF = [
  'grub-pc grub-pc/install_devices_empty boolean true',
  'grub-pc grub2/linux_cmdline_default string quiet',
  'locales locales/locales_to_be_generated multiselect de_DE.UTF-8 UTF-8',
  'locales locales/default_environment_locale select None',
].join('\n');

/** Packages that many hosts have, most common first: each group is installed once on what the groups before it made. */
const COMMON: readonly (readonly string[])[] = [
  [
    'systemd', 'systemd-sysv', 'udev', 'zstd', 'kmod', 'grub-pc', 'grub-pc-bin', 'grub-common', 'grub2-common', 'iproute2', 'iptables',
    'iputils-ping', 'procps', 'sudo', 'less', 'fdisk', 'tzdata', 'xfsprogs', 'e2fsprogs', 'mokutil',
  ],
  ['locales', 'dkms', 'gcc', 'make', 'libc6-dev'],
];

/** Splits what a host has into groups that are shared and a rest of its own. A group counts only whole, and only on those before it. */
export function packageGroups(include: readonly string[]): string[][] {
  const groups: string[][] = [];
  let rest = [...include];
  for (const group of COMMON) {
    if (!group.every((p) => rest.includes(p))) break;
    groups.push([...group]);
    rest = rest.filter((p) => !group.includes(p));
  }
  return rest.length > 0 ? [...groups, rest] : groups;
}

/** What all hosts of a release that have its packages stand on: the first of their groups. @returns folder whose `tree/` is the layer */
function foundation(suites: readonly string[], packages: readonly string[]): Promise<string> {
  return artifact(`foundation-${suites[0]}`, { revision: REVISION, suites, packages, debconf: DEBCONF, week: archiveWeek() }, async (dir) => {
    const sources = join(dir, 'machine.sources');
    writeFileSync(sources, debianSources(await findMirror(), suites));
    writeFileSync(join(dir, 'debconf'), `${DEBCONF}\n`);
    await mustRun(
      `making a root of ${suites[0]} with mmdebstrap`,
      [
        'mmdebstrap', '--mode=root', '--variant=minbase', '--architectures=amd64',
        `--include=${packages.join(',')}`,
        ...(await transportOptions()).map((o) => `--aptopt=${o.replace('=', ' "')}"`),
        // Hooks are shell lines of mmdebstrap's: $1 is the root. The file's name comes by the environment.
        '--essential-hook=chroot "$1" debconf-set-selections <"$TRIALBOOT_DEBCONF"',
        // What mmdebstrap set up for itself, and where the packages came from, is no part of a server.
        '--customize-hook=rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*',
        '--customize-hook=rm -f "$1"/etc/resolv.conf "$1"/etc/hostname',
        suites[0]!, join(dir, 'tree'), sources,
      ],
      { env: { ...toolEnv(), TRIALBOOT_DEBCONF: join(dir, 'debconf') } },
    );
  });
}

// What came along with the packages that were asked for is marked so, as apt does with packages it fetches itself.
const INSTALL = `export DEBIAN_FRONTEND=noninteractive
apt-get install -y --no-install-recommends -o APT::Sandbox::User=root -o DPkg::Options::=--force-unsafe-io /srv/debs/*.deb >&2
xargs -r apt-mark auto </srv/auto >&2
rm -rf /srv/debs /srv/auto /var/cache/apt/*.bin
${LIST_ROOT}
`;

/** A root with more packages. @param below the finished layer of the root as it is @returns folder whose `tree/` is the layer */
function withPackages(suites: readonly string[], packages: readonly string[], below: string): Promise<string> {
  return artifact(`base-${suites[0]}`, { revision: REVISION, suites, packages, below: basename(below), week: archiveWeek() }, async (dir) => {
    const tree = join(below, 'tree');
    const apt = new ScratchApt(dir, join(tree, 'var/lib/dpkg/status'));
    await apt.takeLists(suites);
    await apt.download(packages);
    const upper = join(dir, 'build/upper');
    mkdirSync(join(upper, 'srv/debs'), { recursive: true, mode: 0o755 });
    const names = apt.debs();
    for (const deb of names) renameSync(join(apt.archives, deb), join(upper, 'srv/debs', deb));
    writeFileSync(join(upper, 'srv/auto'), names.map((deb) => debName(deb).name).filter((name) => !packages.includes(name)).join('\n'));
    await removeTree(apt.dir);
    const list = await runOnLayers(`installing ${packages.join(' ')}`, join(dir, 'build'), [tree], INSTALL);
    await mergeUpper(tree, upper, join(dir, 'tree'), list);
    await removeTree(join(dir, 'build'));
  });
}

/**
 * What the base of a host was first: the same for hosts of the same release.
 * @returns folder whose `tree/` is the layer
 */
export const foundationLayer = (spec: DebianBase): Promise<string> => foundation([spec.suite, ...spec.mergedSuites], packageGroups(spec.include)[0]!);

/**
 * The base layer of a host.
 * @returns folder whose `tree/` is the layer
 */
export async function baseLayer(spec: DebianBase): Promise<string> {
  const suites = [spec.suite, ...spec.mergedSuites];
  let root = await foundationLayer(spec);
  for (const packages of packageGroups(spec.include).slice(1)) {
    touchArtifact(root);
    root = await withPackages(suites, packages, root);
  }
  return root;
}

/** Whose kernel is it? Read from what `uname -r` prints. Pure, and small enough to run in the reader's browser. */

/** What is known of a distribution's kernels: the same as in /api/v1/distros.json, with its tracker. */
export interface KnownDistro {
  id: string;
  name: string;
  cveTracker: { name: string; url: string };
  kernels: readonly { series: string; maintainedBy: string; until: string; track: string }[];
}

export interface Answer {
  distributor: string;
  /** What it is made from: an upstream series, or an own base. */
  base: string;
  /** A day, or words. */
  until: string;
  maintainedBy: string;
  successor: string;
  tracker: { name: string; url: string };
  /** What else follows from the name. */
  notes: string[];
}

/** When upstream's series end: a day, `current` or `unknown`, by series; from content/series. */
export type SeriesEnds = { readonly [series: string]: string };
const KERNEL_ORG = { name: 'linux-cve-announce, the list of the kernel\'s own CVE team', url: 'https://lore.kernel.org/linux-cve-announce/' };

/** A way of naming kernels. The first that matches counts. */
interface Pattern {
  match: RegExp;
  distributor: string;
  /** Ids under content/distros whose kernels may have this name; the first that offers the series is taken. */
  distros?: readonly string[] | ((m: RegExpExecArray) => readonly string[]);
  base?: (series: string, m: RegExpExecArray) => string;
  successor: string;
  notes?: (m: RegExpExecArray, series: string) => string[];
  tracker?: { name: string; url: string };
  until?: (series: string, ends: SeriesEnds) => string;
  maintainedBy?: string;
}

const FLAVOUR: { [suffix: string]: string } = {
  cloud: 'Built for virtual machines: without most drivers of real hardware.',
  rt: 'Built with the real-time preemption model.',
};
/** @param end a day, or a word of the series' file */
const upstreamEnd = (end: string | undefined): string => (end === 'current' ? 'maintained; no end has been set' : end === undefined || end === 'unknown' ? 'not announced in what we read' : end);
const upstreamBase = (series: string): string => `upstream ${series}`;

const PATTERNS: readonly Pattern[] = [
  {
    match: /-microsoft-standard(-WSL2)?\+?$/i,
    distributor: 'Microsoft, for the Windows Subsystem for Linux',
    base: (series) => `upstream ${series}, with Microsoft's drivers`,
    successor: 'the next one that wsl --update brings; packages inside the distribution do not replace it',
    tracker: { name: 'Microsoft Security Response Center', url: 'https://msrc.microsoft.com/update-guide/' },
    maintainedBy: 'Microsoft',
  },
  {
    match: /-pve$/,
    distributor: 'Proxmox',
    distros: ['proxmox-ve-9'],
    base: (series) => `Ubuntu's ${series} kernel, with Proxmox's changes`,
    successor: 'what proxmox-default-kernel names next',
  },
  {
    match: /(?:-|\.)elrepo(?:\.|$)|\.el(\d+)\.elrepo/,
    distributor: 'ELRepo',
    base: upstreamBase,
    successor: 'the next kernel-ml or kernel-lt; it follows upstream within days',
    notes: () => ['Not signed for Secure Boot.', 'As is: no vendor of the RHEL family supports it.'],
    tracker: KERNEL_ORG,
    maintainedBy: 'ELRepo volunteers, as is',
    until: () => 'as long as upstream has the series',
  },
  {
    match: /\.el(\d+)uek(?:\.|$)/,
    distributor: 'Oracle (UEK)',
    distros: ['oracle-linux-10'],
    base: (series) => `upstream ${series}, with what Oracle ports back`,
    successor: 'the next build of the same UEK release',
  },
  {
    match: /\.el(\d+)(?:_\d+)?(?:\.|$)/,
    distributor: 'Red Hat, or a rebuild: AlmaLinux, Rocky Linux, Oracle\'s compatible kernel, CentOS Stream',
    distros: (m) => [`rhel-${m[1]}`],
    base: (series, m) => `${series}, fixed for all of release ${m[1]}, with what Red Hat ports back`,
    successor: 'the next build of the same series; the series stays for the whole release',
    notes: () => ['The number says when the series began, not what is in it: features of newer kernels are ported back.', 'cat /etc/os-release says which of them it is.'],
    tracker: { name: 'Red Hat CVE database', url: 'https://access.redhat.com/security/security-updates/cve' },
    until: (series) => (series === '4.18' ? '2029-05-31' : 'unknown'),
  },
  {
    match: /\.fc(\d+)(?:\.|$)/,
    distributor: 'Fedora',
    distros: (m) => [`fedora-${m[1]}`, 'fedora-44'],
    base: upstreamBase,
    successor: 'the next upstream series, a few weeks after it comes out',
    until: () => 'the next series replaces it',
    maintainedBy: 'Fedora',
  },
  {
    match: /\.amzn2023(?:\.|$)/,
    distributor: 'Amazon',
    distros: ['amazon-linux-2023'],
    base: (series) => `upstream ${series}, with Amazon's changes`,
    successor: 'the next build of the same series; kernel6.12 and kernel6.18 are packages of their own',
  },
  {
    match: /^\d+\.\d+\.\d+-\d+-(generic|lowlatency|realtime|kvm|oem|aws|azure|gcp|oracle|ibm|raspi)(?:-[a-z0-9-]+)?$/,
    distributor: 'Canonical (Ubuntu)',
    distros: ['ubuntu-26.04', 'ubuntu-24.04', 'ubuntu-22.04'],
    base: (series) => `upstream ${series}, with Canonical's fixes; the third number does not follow upstream's`,
    successor: 'the next upload of the same series, or the next series if it is an HWE kernel',
    notes: (m) => [
      ...(['aws', 'azure', 'gcp', 'oracle', 'ibm'].includes(m[1]!) ? [`Built for one cloud (${m[1]}); its series may move before that of linux-generic does.`] : []),
      'GA and HWE kernels have the same form of name: apt-cache policy linux-image-$(uname -r) says where it comes from.',
    ],
  },
  {
    match: /^(\d+)\.(\d+)\.(\d+)\+deb(\d+)(?:\+(\d+))?-(?:(cloud|rt)-)?(amd64|arm64|686-pae|686|armmp)$/,
    distributor: 'Debian',
    distros: (m) => [`debian-${m[4]}`],
    base: (_, m) => `upstream ${m[1]}.${m[2]}.${m[3]}`,
    successor: 'the next version in the same suite',
    notes: (m) => [...(m[6] ? [FLAVOUR[m[6]]!] : [])],
  },
  {
    match: /^(\d+)\.(\d+)\.(\d+)-(?:0\.deb(\d+)(?:\.\d+)?|(\d+))-(?:(cloud|rt)-)?(amd64|arm64|686-pae|686|armmp)$/,
    distributor: 'Debian',
    distros: (m) => (m[4] ? [`debian-${m[4]}`] : ['debian-12', 'debian-13']),
    base: (series) => `upstream ${series}; the package's version has the whole number`,
    successor: 'the next version in the same suite',
    notes: (m) => [...(m[4] ? [`From the backports of Debian ${m[4]}, without a promise of security support.`] : []), ...(m[6] ? [FLAVOUR[m[6]]!] : [])],
  },
  {
    match: /\+deb(\d+)|\+bpo(\d*)-|-(?:cloud-)?amd64$/,
    distributor: 'Debian, in a form of name we do not know',
    base: upstreamBase,
    successor: 'unknown',
    tracker: { name: 'Debian security tracker', url: 'https://security-tracker.debian.org/tracker/source-package/linux' },
  },
  {
    match: /^(\d+\.\d+(?:\.\d+)?)[.-](?:arch\d+|zen\d+|hardened\d+)-\d+(?:-(zen|hardened))?$/,
    distributor: 'Arch Linux',
    distros: ['arch'],
    base: upstreamBase,
    successor: 'the next upstream series, when it reaches the repositories; it replaces this one in place',
    until: () => 'the next series replaces it',
    maintainedBy: 'Arch Linux',
    notes: (m) => (m[2] === 'zen' ? ['The zen flavour: patches for desktops, the same repositories.'] : m[2] ? ['The hardened flavour.'] : []),
  },
  { match: /^\d+\.\d+\.\d+-\d+-lts$/, distributor: 'Arch Linux (linux-lts) or Alpine Linux (linux-lts)', distros: ['arch', 'alpine-3.24'], base: upstreamBase, successor: 'the next version of the same long-term series', notes: () => ['Both name it so; cat /etc/os-release says which it is.'] },
  { match: /^\d+\.\d+\.\d+-\d+-virt$/, distributor: 'Alpine Linux', distros: ['alpine-3.24'], base: upstreamBase, successor: 'the next version of the same long-term series', notes: () => ['The flavour for virtual machines.'] },
  {
    match: /^\d+\.\d+\.\d+-(\d{6,}\.[\d.]+|\d+(?:\.\d+)*)-(default|longterm|rt)$/,
    distributor: 'SUSE or openSUSE',
    // Enterprise builds have a long number after the dash.
    distros: (m) => (/^\d{6,}\./.test(m[1]!) ? ['sles-16'] : ['opensuse-tumbleweed', 'sles-16']),
    base: (series, m) => (/^\d{6,}\./.test(m[1]!) ? `${series}, fixed for the release, with what SUSE ports back` : `upstream ${series}`),
    successor: 'on Tumbleweed the next upstream series, on SLES and Leap the next build of the same one',
  },
  {
    match: /^\d+\.\d+(?:\.\d+)?(?:-rc\d+)?(?:-0\d{5}-[a-z]+|-\d{6,}-generic)?\+?$/,
    distributor: 'upstream: built from kernel.org, by you or by somebody who did not say so',
    base: upstreamBase,
    successor: 'the next stable version of the series, then the next series',
    tracker: KERNEL_ORG,
    maintainedBy: 'the stable team upstream; whoever built it has to build the next one',
    until: (series, ends) => upstreamEnd(ends[series]),
    notes: () => ['No distribution sends you updates for it.'],
  },
];

/** The part of a line that is a kernel's name: what `uname -r` prints, also out of `uname -a` or /proc/version. */
export const releaseIn = (text: string): string | undefined => /(?:^|\s)(\d+\.\d+[\w.+~-]*)/.exec(text.trim())?.[1];

/**
 * @param text what the reader pasted
 * @param ends of upstream's series
 * @returns undefined when there is no kernel's name in it
 */
export function whoseKernel(text: string, distros: readonly KnownDistro[], ends: SeriesEnds): Answer | undefined {
  const release = releaseIn(text)?.replace(/\.(x86_64|aarch64|s390x|ppc64le)$/, '.$1');
  if (!release) return undefined;
  const series = /^\d+\.\d+/.exec(release)![0];
  for (const pattern of PATTERNS) {
    const m = pattern.match.exec(release);
    if (!m) continue;
    const ids = typeof pattern.distros === 'function' ? pattern.distros(m) : (pattern.distros ?? []);
    const of = ids.map((id) => distros.find((d) => d.id === id)).filter((d) => d !== undefined);
    const distro = of.find((d) => d.kernels.some((k) => k.series === series)) ?? of[0];
    const kernel = distro?.kernels.find((k) => k.series === series);
    const until = pattern.until?.(series, ends) ?? 'unknown';
    return {
      distributor: distro && pattern.distributor === 'Debian' ? distro.name : pattern.distributor,
      base: pattern.base?.(series, m) ?? upstreamBase(series),
      until: kernel ? (kernel.until === 'rolls' ? 'the next series replaces it' : kernel.until) : distro && !pattern.until ? `unknown: ${series} is not among the kernels of ${distro.name} that we list` : until,
      maintainedBy: kernel?.maintainedBy ?? pattern.maintainedBy ?? 'unknown',
      successor: pattern.successor,
      tracker: distro?.cveTracker ?? pattern.tracker ?? KERNEL_ORG,
      notes: pattern.notes?.(m, series) ?? [],
    };
  }
  return {
    distributor: 'unknown: the name has no form that we know',
    base: `upstream ${series}, going by the number`,
    until: 'unknown',
    maintainedBy: 'unknown; the package that owns /usr/lib/modules/$(uname -r) tells more',
    successor: 'unknown',
    tracker: KERNEL_ORG,
    notes: [],
  };
}

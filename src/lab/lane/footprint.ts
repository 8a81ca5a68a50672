/** What a rollback must leave as it was, and what it may not be able to bring back. Pure, but for asking the host. */
import { type HostSpec, isArchShaped, isRpmShaped, isUbuntuShaped } from '../../model/host.ts';
import type { HostOps } from '../host.ts';

/** Lines of shell that tell what must be the same after a rollback, in sections that begin with `-- NAME`; packages come first. */
const DEBIAN = [
  `dpkg-query -W -f '\${db:Status-Abbrev} \${Package} \${Version}\\n' | grep -v '^ii  linux-base ' | sort`,
  `echo '-- manual'; apt-mark showmanual | sort`,
  `echo '-- boot'; ls /boot | sort`,
  `echo '-- default'; grep -h '^GRUB_DEFAULT' /etc/default/grub /etc/default/grub.d/* 2> /dev/null`,
  `echo '-- env'; grub-editenv /boot/grub/grubenv list`,
  `echo '-- custom'; cat /boot/grub/custom.cfg 2> /dev/null`,
];
const RPM = [
  'rpm -qa | sort',
  "echo '-- boot'; ls /boot /boot/loader/entries | sort",
  "echo '-- default'; cat /etc/sysconfig/kernel",
  "echo '-- env'; grep -a = /boot/grub2/grubenv",
  "echo '-- custom'; cat /boot/grub2/custom.cfg 2> /dev/null",
];
const PACMAN = [
  'pacman -Q',
  "echo '-- boot'; ls /boot | sort",
  "echo '-- default'; cat /etc/default/grub",
  "echo '-- env'; grep -a = /boot/grub/grubenv",
  "echo '-- custom'; cat /boot/grub/custom.cfg 2> /dev/null",
];

/** The lines for a host, by its package manager. */
const linesOf = (spec: HostSpec): string[] => {
  if (spec.lane !== 'shaped') return DEBIAN;
  if (isArchShaped(spec)) return PACMAN;
  return isRpmShaped(spec) ? RPM : DEBIAN;
};

/**
 * Facts of a host that must be the same after a rollback.
 * @throws Error when there is no package or no boot file among them: two footprints of nothing would be alike
 */
export async function footprint(host: Pick<HostOps, 'exec' | 'spec'>): Promise<string> {
  const told = await host.exec(linesOf(host.spec).join('\n'));
  const [packages = '', ...sections] = told.stdout.split(/^-- /m);
  if (packages.trim() === '' || !/^boot\n.*vmlinuz-/ms.test(sections.find((s) => s.startsWith('boot\n')) ?? '')) {
    throw new Error(`lab: ${host.spec.id} does not tell its packages and boot files\n${told.stdout.slice(0, 500)}\n${told.stderr}`);
  }
  return told.stdout;
}

/**
 * Metapackages that a host's archive has in a newer version only: whoever takes the new kernel away loses them.
 * @returns names; none for a host whose archive keeps what it had
 */
export const lostMetapackages = (spec: HostSpec): string[] =>
  spec.lane === 'shaped' && isUbuntuShaped(spec) ? spec.shape.kernels.filter((k) => k.dropped).flatMap(({ meta }) => [`linux-${meta}`, `linux-headers-${meta}`, `linux-image-${meta}`]) : [];

/**
 * Compares two footprints.
 * @param lost packages that have to be gone afterwards; then packages of the kernel may be marked as installed by hand, too
 * @returns differing lines, with - and + in front; none if all is as it has to be
 */
export function differences(before: string, after: string, lost: readonly string[]): string[] {
  const [packages = '', ...was] = before.split(/^-- /m);
  const [packagesNow = '', ...is] = after.split(/^-- /m);
  const isLost = (line: string): boolean => lost.includes(line.replace(/^\S+\s+/, '').split(' ')[0]!) || lost.includes(line);
  const compare = (a: string, b: string, may: (added: string) => boolean): string[] => {
    const old = a.split('\n').filter((l) => !isLost(l));
    const now = b.split('\n');
    return [...old.filter((l) => !now.includes(l)).map((l) => `- ${l}`), ...now.filter((l) => !old.includes(l) && !may(l)).map((l) => `+ ${l}`)];
  };
  return [
    ...compare(packages, packagesNow, () => false),
    ...was.flatMap((section, i) => compare(section, is[i] ?? '', (l) => lost.length > 0 && section.startsWith('manual\n') && /^(linux-|.*-microcode$)/.test(l) && !lost.includes(l))),
  ];
}

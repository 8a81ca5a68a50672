/** What an installer does on a host before its first start: boot loader files, the kernel, the menu. Everything here is the real tool. */
import { isArchShaped, isRpmShaped, type RootHostSpec } from '../../model/host.ts';
import { BEFORE_PATH, sourcesBefore } from '../shape/archive.ts';
import { RPM_KEY } from '../shape/rpm-look.ts';
import { rpmVersion } from '../shape/rpm-packages.ts';
import { ARCHIVE_PATH } from './archive.ts';

/** What grub-install does, as far as a host without a boot sector needs it. @param dir GRUB's folder @param tool beginning of its tools' names @param more folders besides */
const grubFiles = (dir: string, tool: string, more = ''): string => `${tool}-editenv ${dir}/grubenv create
mkdir -p ${dir}/i386-pc ${dir}/fonts${more}
cp /usr/lib/grub/i386-pc/*.mod /usr/lib/grub/i386-pc/*.lst /usr/lib/grub/i386-pc/boot.img ${dir}/i386-pc/
cp /usr/share/grub/unicode.pf2 ${dir}/fonts/
${tool}-mkimage -O i386-pc -o ${dir}/i386-pc/core.img -p '(hd0,msdos1)${dir}' biosdisk part_msdos ext2`;

const INSTALL = `set -eu
export DEBIAN_FRONTEND=noninteractive
${grubFiles('/boot/grub', 'grub', ' /boot/grub/locale')}
apt-get update
apt-get install -y --no-install-recommends "$@"
apt-get clean
update-grub
sync
`;

// The same on the RHEL family. The base has no rpm database: the packages that stand for it are the first in it.
const INSTALL_RPM = `set -eu
${grubFiles('/boot/grub2', 'grub2')}
repository=$1
shift
rpm --import ${RPM_KEY}
rpm -i ${ARCHIVE_PATH}/$repository/Packages/standin-userland-*.rpm ${ARCHIVE_PATH}/$repository/Packages/*-release-*.noarch.rpm
dnf -y install "$@"
grub2-mkconfig -o /boot/grub2/grub.cfg
sync
`;

// The same on Arch, from the repository as it was on the day of the installation, which is gone afterwards. pacman keeps what it fetched
// in its cache, as on a server.
const INSTALL_PACMAN = `set -eu
${grubFiles('/boot/grub', 'grub')}
mkdir -p /var/lib/pacman /var/cache/pacman/pkg
sed 's,${ARCHIVE_PATH}/,${BEFORE_PATH}/,' /etc/pacman.conf >/run/pacman.conf
pacman --config /run/pacman.conf --noconfirm -Sy standin-userland "$@"
# Its lists are as old as the packages: pacman fetches only what is newer than what it has.
touch -d '2026-11-01' /var/lib/pacman/sync/*.db
grub-mkconfig -o /boot/grub/grub.cfg
rm -rf ${BEFORE_PATH}
sync
`;

/**
 * How the old kernel is installed. If the archive has dropped it since, it comes from the archive of then, which is gone afterwards.
 * @param before lines for the sources of then; none if there was no other archive
 */
const installScript = (before: readonly string[]): string =>
  before.length === 0
    ? INSTALL
    : `set -eu
mkdir /run/sources
mv /etc/apt/sources.list.d/* /run/sources/
printf '%s\n' ${before.map((line) => `'${line}'`).join(' ')} >/etc/apt/sources.list.d/before.list
${INSTALL}rm /etc/apt/sources.list.d/before.list
mv /run/sources/* /etc/apt/sources.list.d/
rm -rf ${BEFORE_PATH} /var/lib/apt/lists/*
apt-get update
sync
`;

/**
 * How a host gets the kernel it runs at first.
 * @returns a bash script, and the words it is called with
 */
export function firstKernel(spec: RootHostSpec): { script: string; words: string[] } {
  if (spec.lane === 'shaped' && isArchShaped(spec)) return { script: INSTALL_PACMAN, words: spec.kernels.old.packages };
  if (spec.lane !== 'shaped' || !isRpmShaped(spec)) return { script: installScript(sourcesBefore(spec)), words: spec.kernels.old.packages };
  const { version, release } = rpmVersion(spec.shape.kernels[0]!);
  return { script: INSTALL_RPM, words: [spec.shape.repository, ...spec.kernels.old.packages.map((p) => `${p}-${version}-${release}`)] };
}

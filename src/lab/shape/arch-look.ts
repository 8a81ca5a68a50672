/** What makes a Debian root look like an Arch Linux server. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ArchShape } from '../../model/host.ts';
import { ARCHIVE_PATH } from '../layer/archive.ts';
import { type Look, keys } from './look.ts';

/** A file that lies beside this one in its own language. */
const ours = (name: string): string => readFileSync(fileURLToPath(new URL(`arch-root/${name}`, import.meta.url)), 'utf8');

const HOOKS = ['60-depmod.hook', '60-mkinitcpio-remove.hook', '90-mkinitcpio-install.hook'];
const SCRIPTS = ['depmod-modules', 'install-kernel', 'remove-kernel'];
const PROGRAMS = ['mkinitcpio', 'lsinitcpio'];

/**
 * GRUB's tools as Arch has them: menu entries are named after the whole of what follows `vmlinuz-`, the settings are one file, and
 * nobody writes the menu but who calls grub-mkconfig. Debian's own take the names of entries from the first digit on, which would make
 * `lts` of `linux-lts`, call it GNU/Linux, and read /etc/default/grub.d as well.
 */
const GRUB = `sed -i -e 's/^  version=.*basename.*$/  version=\${basename#vmlinuz-}/' /etc/grub.d/10_linux
grep -qx '  version=\${basename#vmlinuz-}' /etc/grub.d/10_linux
sed -i -e 's,{GRUB_DISTRIBUTOR} GNU/Linux",{GRUB_DISTRIBUTOR} Linux",' /etc/grub.d/10_linux
grep -q '{GRUB_DISTRIBUTOR} Linux"' /etc/grub.d/10_linux
sed -i -e 's,/default/grub[.]d/,/default/grub.d.none/,' /usr/sbin/grub-mkconfig
! grep -q 'default/grub[.]d/' /usr/sbin/grub-mkconfig
rm -f /etc/grub.d/05_debian_theme /etc/grub.d/20_linux_xen /etc/grub.d/25_bli /etc/grub.d/30_* /usr/sbin/update-grub /usr/sbin/update-grub2
rm -rf /etc/default/grub.d
`;

/** dracut is there for the stand-in of mkinitcpio only: nobody else finds it. */
const MKINITCPIO = `mv /usr/bin/dracut /usr/lib/dracut/dracut
rm -f /usr/bin/lsinitrd
`;

/** What is Debian's own: nothing that runs on the host may lean on it. */
const NOT_DEBIAN = `rm -f /usr/bin/apt* /usr/bin/dpkg* /usr/sbin/dpkg* /etc/debian_version /usr/bin/lsb_release
rm -rf /etc/apt /etc/kernel/postinst.d /etc/kernel/postrm.d /etc/initramfs-tools /etc/network
`;

export function archLook({ osRelease, repository }: ArchShape): Look {
  return {
    hostname: 'server',
    etc: {
      'usr/lib/os-release': keys(osRelease),
      'etc/arch-release': '',
      // Signatures are not asked for: the lab has no keyring of Arch's.
      'etc/pacman.conf': `[options]\nHoldPkg = pacman glibc\nArchitecture = auto\nCheckSpace\nSigLevel = Never\n\n[${repository}]\nServer = file://${ARCHIVE_PATH}/$repo\n`,
      'etc/dracut.conf.d/lab.conf': 'hostonly="no"\n',
      'etc/mkinitcpio.conf': 'MODULES=()\nBINARIES=()\nFILES=()\nHOOKS=(base systemd autodetect microcode modconf kms keyboard sd-vconsole block filesystems fsck)\n',
      ...Object.fromEntries(PROGRAMS.map((name) => [`usr/bin/${name}`, ours(name)])),
      ...Object.fromEntries(HOOKS.map((name) => [`usr/share/libalpm/hooks/${name}`, ours(name)])),
      ...Object.fromEntries(SCRIPTS.map((name) => [`usr/share/libalpm/scripts/${name}`, ours(name)])),
      'etc/systemd/network/20-wired.network': '[Match]\nName=ens3\n\n[Network]\nAddress=192.0.2.10/24\nGateway=192.0.2.1\n',
      'etc/default/grub': [
        'GRUB_DEFAULT=0',
        'GRUB_TIMEOUT=5',
        'GRUB_DISTRIBUTOR="Arch"',
        'GRUB_CMDLINE_LINUX_DEFAULT="loglevel=3 quiet"',
        'GRUB_CMDLINE_LINUX=""',
        'GRUB_DISABLE_RECOVERY=true',
        '',
      ].join('\n'),
    },
    setup: `chmod 755 ${[...SCRIPTS.map((name) => `/usr/share/libalpm/scripts/${name}`), ...PROGRAMS.map((name) => `/usr/bin/${name}`)].join(' ')}\n${MKINITCPIO}${GRUB}${NOT_DEBIAN}`,
  };
}

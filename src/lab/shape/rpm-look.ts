/** What makes a Debian root look like a server of the RHEL family. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { VmRpmShape } from '../../model/host.ts';
import { ARCHIVE_PATH } from '../layer/archive.ts';
import { type Look, keys } from './look.ts';

/** A file that lies beside this one in its own language. */
const ours = (name: string): string => readFileSync(fileURLToPath(new URL(`rpm-root/${name}`, import.meta.url)), 'utf8');

/** Where the host has the key of its package source. */
export const RPM_KEY = '/etc/pki/rpm-gpg/RPM-GPG-KEY-lab';

/** What is Debian's own: nothing that runs on the host may lean on it. */
const NOT_DEBIAN = `rm -f /usr/bin/apt* /usr/bin/dpkg* /usr/sbin/dpkg* /etc/debian_version /usr/bin/lsb_release
rm -rf /etc/apt /etc/kernel/postinst.d /etc/kernel/postrm.d /etc/initramfs-tools /etc/network
`;

/** @param o what of the shape counts here; a machine has the same without the kernels' names */
export function rpmLook({ osRelease, repository, rpmDb, files }: VmRpmShape): Look {
  return {
    hostname: 'server',
    etc: {
      'usr/lib/os-release': keys(osRelease),
      'etc/redhat-release': `${osRelease['NAME']} release ${osRelease['VERSION']}\n`,
      'etc/rpm/macros': `%_dbpath ${rpmDb}\n`,
      'etc/dnf/dnf.conf': '[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\nbest=True\nskip_if_unavailable=False\n',
      // Debian turns on a plug-in that copies every package into a repository of its own.
      'etc/dnf/plugins/local.conf': '[main]\nenabled=false\n',
      'etc/yum.repos.d/lab.repo': `[${repository}]\nname=${repository}\nbaseurl=file://${ARCHIVE_PATH}/${repository}\nenabled=1\ngpgcheck=1\ngpgkey=file://${RPM_KEY}\n`,
      'etc/sysconfig/kernel': '# UPDATEDEFAULT specifies if kernel-install should make new kernels the default\nUPDATEDEFAULT=yes\n\n# DEFAULTKERNEL specifies the default kernel package type\nDEFAULTKERNEL=kernel-core\n',
      'etc/kernel/install.conf': 'layout=other\n',
      'etc/kernel/cmdline': 'root=UUID=3f1b8a52-6d0c-4e7a-9a35-51c7e2d40b17 ro\n',
      'etc/NetworkManager/system-connections/ens3.nmconnection': '[connection]\nid=ens3\ntype=ethernet\ninterface-name=ens3\n\n[ipv4]\nmethod=manual\naddress1=192.0.2.10/24,192.0.2.1\n',
      'etc/default/grub': [
        'GRUB_TIMEOUT=5',
        'GRUB_DISTRIBUTOR="$(sed \'s, release .*$,,g\' /etc/system-release)"',
        'GRUB_DEFAULT=saved',
        'GRUB_DISABLE_SUBMENU=true',
        'GRUB_TERMINAL_OUTPUT="console"',
        'GRUB_CMDLINE_LINUX=""',
        'GRUB_DISABLE_RECOVERY="true"',
        'GRUB_ENABLE_BLSCFG=true',
        '',
      ].join('\n'),
      'etc/grub.d/10_linux': ours('10_linux'),
      'usr/lib/kernel/install.d/20-grub.install': ours('20-grub.install'),
      'usr/lib/kernel/install.d/50-dracut.install.ours': ours('50-dracut.install'),
      ...files,
    },
    setup: `cd /usr/lib/kernel/install.d
# Debian 12's dracut brings no plug-in; a newer one leaves the initramfs in the staging area.
if [ ! -e 50-dracut.install ] || grep -q STAGING_AREA 50-dracut.install; then mv 50-dracut.install.ours 50-dracut.install; fi
rm -f 50-dracut.install.ours
chmod 755 20-grub.install 50-dracut.install
cd /
ln -sf redhat-release /etc/system-release
[ -e /usr/bin/dnf ] || ln -s dnf5 /usr/bin/dnf
rm -f /usr/lib/kernel/install.d/51-dracut-rescue.install /usr/lib/kernel/install.d/55-initrd.install
${ours('rename-grub.sh')}${NOT_DEBIAN}`,
  };
}

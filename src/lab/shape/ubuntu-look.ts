/** What makes a Debian root look like an Ubuntu server. Pure. */
import type { UbuntuShape } from '../../model/host.ts';
import { aptSource } from '../layer/archive.ts';
import { type Look, keys } from './look.ts';

/**
 * Debian's and Ubuntu's GRUB scripts are one source, built with two settings that Ubuntu turns on: record a failed boot, and hand the
 * screen over to the kernel. Both are in the scripts here, turned off.
 */
const GRUB_BUILD = `for file in /etc/grub.d/00_header /etc/grub.d/10_linux /etc/grub.d/30_os-prober; do
	sed -i -e 's/^quick_boot="0"$/quick_boot="1"/' -e 's/^vt_handoff="0"$/vt_handoff="1"/' $file
	grep -qx 'quick_boot="1"' $file
done
`;

/** The base's own tool and its settings go; dracut comes with the kernel, from the package source. */
const NO_INITRAMFS_TOOLS = 'dpkg --purge initramfs-tools initramfs-tools-core\n';

export function ubuntuLook({ osRelease, suites, initramfs }: UbuntuShape): Look {
  return {
    hostname: 'ubuntu',
    etc: {
      'usr/lib/os-release': keys(osRelease),
      'etc/lsb-release': `DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=${osRelease['VERSION_ID']}\nDISTRIB_CODENAME=${suites[0]}\nDISTRIB_DESCRIPTION="${osRelease['PRETTY_NAME']}"\n`,
      'etc/dpkg/origins/ubuntu': 'Vendor: Ubuntu\nVendor-URL: https://www.ubuntu.com/\nBugs: https://bugs.launchpad.net/ubuntu/+filebug\nParent: Debian\n',
      'etc/apt/sources.list.d/ubuntu.sources': aptSource(suites),
      'etc/netplan/50-cloud-init.yaml': 'network:\n  version: 2\n  ethernets:\n    ens3:\n      addresses: [192.0.2.10/24]\n      routes:\n        - {to: default, via: 192.0.2.1}\n',
      'etc/default/grub': [
        'GRUB_DEFAULT=0',
        'GRUB_TIMEOUT_STYLE=hidden',
        'GRUB_TIMEOUT=0',
        'GRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${NAME:-Ubuntu} ) 2>/dev/null || echo Ubuntu`',
        'GRUB_CMDLINE_LINUX_DEFAULT=""',
        'GRUB_CMDLINE_LINUX=""',
        '',
      ].join('\n'),
    },
    setup: `ln -sf ubuntu /etc/dpkg/origins/default\n${GRUB_BUILD}${initramfs === 'dracut' ? NO_INITRAMFS_TOOLS : ''}`,
  };
}

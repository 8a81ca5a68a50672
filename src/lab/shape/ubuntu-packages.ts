/**
 * Ubuntu's kernel packages as the lab imitates them: names, versions, dependencies and what their maintainer scripts do. Content is
 * stand-in. Written from what such packages show on a host (dpkg -I, dpkg -L, a trigger run), without their text. Pure.
 */
import type { UbuntuKernel } from '../../model/host.ts';
import type { DebSpec } from './deb.ts';
import { kbuild, moduleHeader } from './kbuild.ts';
import { moduleTree } from './kernel-files.ts';

/** Size of an image, as those of Ubuntu's 6.8 and 7.0 kernels are (14 to 16 MB). */
const IMAGE_BYTES = 15_000_000;

/** `uname -v` without what follows the build: `#34~24.04.1-Ubuntu`. */
export const ubuntuBuild = (k: UbuntuKernel): string => `#${k.version.slice(k.version.indexOf('-') + 1).split('.').slice(1).join('.')}-Ubuntu`;

const banner = (k: UbuntuKernel): string => `${k.release} (lab@trialboot) ${ubuntuBuild(k)} SMP PREEMPT_DYNAMIC Mon Nov 16 10:00:00 UTC 2026`;

/** Settings that tools on the host ask a configuration file for. */
const CONFIG: Readonly<Record<string, string>> = {
  MODULES: 'y', MODULE_SIG: 'y', MODVERSIONS: 'y', BLK_DEV_INITRD: 'y', RD_GZIP: 'y', RD_ZSTD: 'y', RD_XZ: 'y', RD_LZ4: 'y', EXT4_FS: 'y', VIRTIO_BLK: 'y', VIRTIO_PCI: 'y', XFS_FS: 'm', BTRFS_FS: 'm', NTFS3_FS: 'm',
  DEVTMPFS: 'y', TMPFS: 'y', CGROUPS: 'y', PSTORE: 'y', EFI_STUB: 'y', WATCHDOG: 'y', WATCHDOG_CORE: 'y', SOFT_WATCHDOG: 'm', PREEMPT_DYNAMIC: 'y', XFS_SUPPORT_V4: 'y', KEXEC: 'y', CRASH_DUMP: 'y',
};

const configText = (k: UbuntuKernel): string => `# Stand-in of the lab for the configuration of ${k.release}\n${Object.entries(CONFIG).map(([name, value]) => `CONFIG_${name}=${value}\n`).join('')}`;

const script = (text: string): string => `#!/bin/sh\nset -e\n${text}`;

/** Ubuntu's images run the hooks once, by a trigger, at the end of the installation, when the modules and headers are there too. */
function imageScripts(k: UbuntuKernel): Record<string, string> {
  const { release } = k;
  const image = `/boot/vmlinuz-${release}`;
  const hooks = (folder: string): string => `DEB_MAINT_PARAMS="$*" run-parts --report --exit-on-error --arg=${release} --arg=${image} /etc/kernel/${folder}.d`;
  return {
    preinst: script(`[ "$1" != install ] || { mkdir -p /lib/modules/${release} && : >/lib/modules/${release}/.fresh-install; }
[ ! -d /etc/kernel/preinst.d ] || ${hooks('preinst')}
`),
    postinst: script(`pending=/usr/lib/linux/triggers/${release}
case $1 in
triggered)
	[ ! -f $pending ] || { sh $pending; rm -f $pending; }
	exit 0
	;;
configure) ;;
*) exit 0 ;;
esac
change=upgrade
[ ! -e /lib/modules/${release}/.fresh-install ] || change=install
linux-update-symlinks $change ${release} ${image}
rm -f /lib/modules/${release}/.fresh-install
mkdir -p /usr/lib/linux/triggers
echo 'DEB_MAINT_PARAMS="'"$*"'" run-parts --report --exit-on-error --arg=${release} --arg=${image} /etc/kernel/postinst.d' >$pending
dpkg-trigger --by-package=linux-image-${release} linux-update-${release}
`),
    prerm: script(`[ "$1" != remove ] || linux-check-removal ${release}
[ ! -d /etc/kernel/prerm.d ] || ${hooks('prerm')}
`),
    postrm: script(`rm -f /lib/modules/${release}/.fresh-install /usr/lib/linux/triggers/${release}
[ "$1" != remove ] || linux-update-symlinks remove ${release} ${image}
[ ! -d /etc/kernel/postrm.d ] || ${hooks('postrm')}
[ "$1" != purge ] || rm -rf /lib/modules/${release}
`),
    triggers: `interest linux-update-${release}\n`,
  };
}

/** All packages of one kernel: versioned ones, and the metapackages that name them. */
export function ubuntuPackages(k: UbuntuKernel): DebSpec[] {
  const { release, version, meta } = k;
  const abi = release.replace(/-[a-z]+$/, '');
  const flavour = release.slice(abi.length + 1);
  const series = release.split('.').slice(0, 2).join('.');
  const source = version.includes('~') ? `linux-hwe-${series}` : 'linux';
  const modules = Object.fromEntries(Object.entries(moduleTree(release)).map(([path, content]) => [`/lib/modules/${release}/${path}`, content]));
  const headers = `/usr/src/linux-headers-${release}`;
  const more = (k.modules ?? []).map((name) => `${name}-${release}`);
  const versioned: DebSpec[] = [
    {
      control: {
        Package: `linux-image-${release}`,
        Version: version,
        Source: `linux-signed${source.slice('linux'.length)}`,
        Depends: `kmod, linux-base (>= 4.5ubuntu1~16.04.1), linux-modules-${release}`,
        Recommends: 'grub-pc | grub-efi-amd64 | grub-efi-ia32 | grub | lilo, initramfs-tools | linux-initramfs-tool',
        Provides: 'fuse-module, kvm-api-4, linux-image, redhat-cluster-modules',
        Conflicts: `linux-image-unsigned-${release}`,
        'Installed-Size': '14700',
        Description: `stand-in for the signed kernel image ${flavour}`,
      },
      files: { [`/boot/vmlinuz-${release}`]: { image: { banner: banner(k), bytes: IMAGE_BYTES } } },
      scripts: imageScripts(k),
    },
    {
      control: { Package: `linux-modules-${release}`, Version: version, Source: source, Depends: 'linux-base', 'Installed-Size': '170000', Description: `stand-in for the modules of ${release}` },
      files: { ...modules, [`/boot/config-${release}`]: configText(k), [`/boot/System.map-${release}`]: 'ffffffff81000000 T _text\n' },
      scripts: {
        postinst: script(`[ "$1" != configure ] || depmod -a -F /boot/System.map-${release} ${release}\n`),
        postrm: script(`case $1 in remove | purge) rm -f /lib/modules/${release}/modules.*.bin /lib/modules/${release}/modules.alias /lib/modules/${release}/modules.dep /lib/modules/${release}/modules.symbols /lib/modules/${release}/modules.softdep /lib/modules/${release}/modules.devname ;; esac\n`),
      },
    },
    {
      control: { Package: `linux-headers-${abi}`, Version: version, Source: source, Architecture: 'all', Section: 'devel', Depends: 'coreutils', 'Installed-Size': '85000' },
      files: { [`/usr/src/linux-headers-${abi}/Makefile`]: '# Stand-in of the lab.\n' },
    },
    {
      control: { Package: `linux-headers-${release}`, Version: version, Source: source, Section: 'devel', Depends: `linux-headers-${abi}`, 'Installed-Size': '27000' },
      files: {
        [`${headers}/Makefile`]: kbuild(headers),
        [`${headers}/include/linux/module.h`]: moduleHeader(release),
        [`${headers}/.config`]: configText(k),
        [`/lib/modules/${release}/build`]: { link: headers },
      },
    },
  ];
  const metaVersion = k.metaVersion ?? version;
  const metaSource = version.includes('~') ? `linux-meta-hwe-${series}` : 'linux-meta';
  const metapackage = (name: string, depends: string, more: Record<string, string> = {}): DebSpec => ({
    control: { Package: name, Version: metaVersion, Source: metaSource, Section: 'metapackages', Depends: depends, ...more },
    files: { [`/usr/share/doc/${name}/copyright`]: 'Stand-in of the lab.\n' },
  });
  return [
    ...versioned,
    ...more.map((name): DebSpec => ({
      control: { Package: name, Version: version, Source: source, Depends: `linux-image-${release}` },
      files: { [`/usr/share/doc/${name}/copyright`]: 'Stand-in of the lab.\n' },
    })),
    metapackage(`linux-image-${meta}`, [`linux-image-${release}`, ...more, 'linux-firmware'].join(', ')),
    metapackage(`linux-headers-${meta}`, `linux-headers-${release}`),
    metapackage(`linux-${meta}`, `linux-image-${meta} (= ${metaVersion}), linux-headers-${meta} (= ${metaVersion})`),
  ];
}

/** What kernels depend on and the lab has no use for. */
export const ubuntuFirmware = (): DebSpec => ({
  control: { Package: 'linux-firmware', Version: '20240318.git3b128b60-0ubuntu2.20', Section: 'misc', Description: 'stand-in for the firmware of drivers; it holds none' },
  files: { '/usr/share/doc/linux-firmware/copyright': 'Stand-in of the lab.\n' },
});

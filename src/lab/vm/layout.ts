/** The disk layouts of virtual machines: what each is, and what makes it. Facts only; disk.ts and install.ts do the work. */
import { VM_LAYOUTS, type HostLayout, type VmLayout } from '../../model/host.ts';

export interface Layout {
  /** In words, for lists. */
  title: string;
  firmware: 'bios' | 'uefi';
  /** Packages the layout needs besides the host's own, installed from the host's package source. */
  packages: readonly string[];
  /**
   * How the disk $disk is made by the installer (install.ts): shell, run as root inside a machine. It makes partitions and
   * file systems with the tools of the tree at $source (run them with `in_source`), mounts them below /target, and writes
   * the lines of their fstab to standard output. Absent: built outside (disk.ts).
   */
  make?: string;
  /** Arguments of grub-install, in the new root. */
  grubInstall: string;
}

/** What the installer's scripts share: names for a partition, and fstab lines by UUID. */
export const MAKE_PRELUDE = `set -eu
in_source() { chroot "$source" "$@"; }
settle() { udevadm settle -t 60; }
uuid() { blkid -p -o value -s UUID "$1"; }
`;

const MSDOS_ONE = `printf 'label: dos\\n2048,,83,*\\n' | sfdisk -q "$disk"; settle`;

export const LAYOUTS: Readonly<Record<VmLayout, Layout>> = {
  'root-ext4': {
    title: 'BIOS; everything on one ext4 partition',
    firmware: 'bios',
    packages: [],
    grubInstall: '--target=i386-pc "$disk"',
  },
  'boot-ext4': {
    title: 'BIOS; /boot on an ext4 partition of its own, ext4 root',
    firmware: 'bios',
    packages: [],
    make: `printf 'label: dos\\n2048,512MiB,83,*\\n,,83\\n' | sfdisk -q "$disk"; settle
in_source mkfs.ext4 -q "\${disk}2" >&2; in_source mkfs.ext4 -q "\${disk}1" >&2
mount "\${disk}2" /target; mkdir /target/boot; mount "\${disk}1" /target/boot
echo "UUID=$(uuid "\${disk}2") / ext4 errors=remount-ro 0 1"
echo "UUID=$(uuid "\${disk}1") /boot ext4 defaults 0 2"`,
    grubInstall: '--target=i386-pc "$disk"',
  },
  xfs: {
    title: 'BIOS; everything on one XFS partition',
    firmware: 'bios',
    packages: [],
    make: `${MSDOS_ONE}
in_source mkfs.xfs -q "\${disk}1" >&2
mount "\${disk}1" /target
echo "UUID=$(uuid "\${disk}1") / xfs defaults 0 0"`,
    grubInstall: '--target=i386-pc "$disk"',
  },
  // vgmknodes: its status also speaks of nodes that were there before. mkfs, right after it, fails if the node is missing.
  lvm: {
    title: 'BIOS; everything on one ext4 logical volume, /boot too',
    firmware: 'bios',
    packages: ['lvm2'],
    make: `printf 'label: dos\\n2048,,8e,*\\n' | sfdisk -q "$disk"; settle
in_source pvcreate -q -y "\${disk}1" >&2
in_source vgcreate -q -y debian-vg "\${disk}1" >&2
in_source lvcreate -q -y -n root -l 90%FREE debian-vg >&2
settle
# The tree's own udev rules are not at work here: make the nodes they would have made.
in_source vgmknodes >&2 || true
in_source mkfs.ext4 -q /dev/mapper/debian--vg-root >&2
mount /dev/mapper/debian--vg-root /target
echo "/dev/mapper/debian--vg-root / ext4 errors=remount-ro 0 1"`,
    grubInstall: '--target=i386-pc "$disk"',
  },
  btrfs: {
    title: 'BIOS; everything on one btrfs partition',
    firmware: 'bios',
    packages: ['btrfs-progs'],
    make: `${MSDOS_ONE}
in_source mkfs.btrfs -q "\${disk}1" >&2
modprobe btrfs
mount "\${disk}1" /target
echo "UUID=$(uuid "\${disk}1") / btrfs defaults 0 0"`,
    grubInstall: '--target=i386-pc "$disk"',
  },
  uefi: {
    title: 'UEFI; GPT with an EFI system partition, ext4 root',
    firmware: 'uefi',
    packages: ['grub-efi-amd64', 'efibootmgr'],
    make: `printf 'label: gpt\\n2048,128MiB,U\\n,,L\\n' | sfdisk -q "$disk"; settle
in_source mkfs.vfat -F 32 "\${disk}1" >&2; in_source mkfs.ext4 -q "\${disk}2" >&2
modprobe vfat
mount "\${disk}2" /target; mkdir -p /target/boot/efi; mount "\${disk}1" /target/boot/efi
echo "UUID=$(uuid "\${disk}2") / ext4 errors=remount-ro 0 1"
echo "UUID=$(uuid "\${disk}1") /boot/efi vfat umask=0077 0 1"`,
    // The installer runs under BIOS, so there are no variables to write; the firmware finds the removable path by itself.
    grubInstall: '--target=x86_64-efi --no-nvram --removable',
  },
  image: {
    title: 'BIOS; a cloud image, as it comes (image.ts)',
    firmware: 'bios',
    packages: [],
    grubInstall: '',
  },
};

/** Is this the name of a layout that a host can have? */
export const isLayout = (name: string): name is HostLayout => (VM_LAYOUTS as readonly string[]).includes(name);

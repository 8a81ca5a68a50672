/**
 * The files of a host of the RHEL family, written here: what unit tests plan disks from without a host. The tier itself starts what
 * a rehearsal host captured. Pure.
 */
import { GRUBENV_SIZE } from '../../src/lab/grub/env.ts';
import type { Captured, Menu } from '../../src/lab/grub-only/captured.ts';

const UUID = '3f1b8a52-6d0c-4e7a-9a35-51c7e2d40b17';

const GRUB_CFG = `if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "\${next_entry}" ] ; then
   set default="\${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="\${saved_entry}"
fi
function load_video {
  true
}
terminal_output console
set timeout_style=menu
set timeout=5
insmod part_msdos
insmod ext2
search --no-floppy --fs-uuid --set=root ${UUID}
insmod blscfg
blscfg
if [ -f  \${config_directory}/custom.cfg ]; then
  source \${config_directory}/custom.cfg
elif [ -z "\${config_directory}" -a -f  $prefix/custom.cfg ]; then
  source $prefix/custom.cfg
fi
`;

const OPTIONS = `root=UUID=${UUID} ro console=ttyS0,115200`;

const entry = (release: string): string => `title Red Hat Enterprise Linux (${release}) (Coughlan)
version ${release}
linux /boot/vmlinuz-${release}
initrd /boot/initramfs-${release}.img
options ${OPTIONS} $tuned_params
grub_users $grub_users
grub_arg --unrestricted
grub_class rhel
`;

const trial = (old: string, fresh: string): string => `# trialboot begin
function trialboot_try {
    load_video
    set gfxpayload=keep
    if [ -s /boot/initramfs-${fresh}.img -a -s /boot/trialboot.cpio ]; then
    if linux /boot/vmlinuz-${fresh} ${OPTIONS} $tuned_params trialboot.trial=${fresh} panic=10 oops=panic rd.shell=0 rd.emergency=reboot; then
    if initrd /boot/initramfs-${fresh}.img /boot/trialboot.cpio; then set trialboot_ok=1; else reboot; fi; fi; fi
}
menuentry 'Trialboot: trial of ${fresh}' --id trialboot-trial {
  set trialboot_ok=
  set trialboot_tried=1
  if save_env trialboot_tried; then trialboot_try; fi
  if [ "$trialboot_ok" != 1 ]; then
    load_video
    set gfxpayload=keep
    linux /boot/vmlinuz-${old} ${OPTIONS} $tuned_params trialboot.refused=${fresh}
    initrd /boot/initramfs-${old}.img
  fi
}
# trialboot end
`;

const env = (...lines: string[]): string => `# GRUB Environment Block\n${lines.map((l) => `${l}\n`).join('')}`.padEnd(GRUBENV_SIZE, '#');

/**
 * @param grub where GRUB's modules and programs come from; empty for tests that make no disk
 */
export function madeBlsHost(o: { oldRelease: string; newRelease: string; machineId: string }, grub: Pick<Captured, 'modules' | 'base' | 'grubLayers' | 'grubVersion'>): Captured {
  const id = (release: string): string => `${o.machineId}-${release}`;
  const entries = new Map([o.oldRelease, o.newRelease].map((r) => [`${id(r)}.conf`, entry(r)]));
  const menu = (grubenv: string, customCfg?: string): Menu => ({ grubCfg: GRUB_CFG, customCfg, entries, grubenv });
  return {
    hostId: 'rhel-10',
    grubDir: '/boot/grub2',
    oldRelease: o.oldRelease,
    newRelease: o.newRelease,
    upgraded: menu(env(`saved_entry=${id(o.oldRelease)}`)),
    armed: menu(env(`saved_entry=${id(o.oldRelease)}`, 'next_entry=trialboot-trial'), trial(o.oldRelease, o.newRelease)),
    committed: menu(env(`saved_entry=${id(o.newRelease)}`)),
    ...grub,
  };
}

/**
 * Fits a menu that was written on the rehearsal host (ext4 on the first partition) to another storage layout: only lines that
 * say where /boot lies. This is a stand-in for running update-grub on such a host; everything else stays byte for byte. Pure.
 */
import type { Layout } from './layout.ts';

/** The host's own device, as its grub-probe stand-in answers. */
const HOST_DEVICE = 'hd0,msdos1';

const INSMOD = /^([ \t]*)insmod ext2$/gm;
const ROOT = /^([ \t]*set root=)'hd0,msdos1'$/gm;
const HINTS = /^([ \t]*search --no-floppy --fs-uuid --set=root) --hint-bios=hd0,msdos1 --hint-efi=hd0,msdos1 --hint-baremetal=ahci0,msdos1 (\S+)$/gm;
const PLAIN = /^([ \t]*search --no-floppy --fs-uuid --set=root) ([0-9A-Fa-f-]+)$/gm;

/**
 * @param text grub.cfg or custom.cfg
 * @returns the text for the layout
 * @throws Error when the text has no such lines, or some that this function does not know: it would then name a disk that is
 *   not there
 */
export function adaptMenu(text: string, layout: Layout): string {
  const devices = text.match(ROOT)?.length ?? 0;
  const hinted = text.match(HINTS)?.length ?? 0;
  if (devices === 0 || hinted !== devices) {
    throw new Error(`grub-only: the menu has ${devices} lines "set root" and ${hinted} hinted searches for ${HOST_DEVICE}. Mend: teach src/lab/grub-only/adapt.ts the form update-grub writes now`);
  }
  // On a plain partition update-grub names the firmware's devices; on an abstraction it has one name for all.
  const plain = layout.device === HOST_DEVICE;
  const adapted = text
    .replaceAll(INSMOD, (_, indent: string) => layout.modules.map((m) => `${indent}insmod ${m}`).join('\n'))
    .replaceAll(ROOT, (_, set: string) => `${set}'${layout.device}'`)
    .replaceAll(HINTS, (line, search: string, uuid: string) => (plain ? line.replace(/\S+$/, layout.fsUuid ?? uuid) : `${search} --hint='${layout.device}'  ${layout.fsUuid ?? uuid}`))
    .replaceAll(PLAIN, (_, search: string, uuid: string) => `${search} ${layout.fsUuid ?? uuid}`);
  if (!plain && adapted.includes(HOST_DEVICE)) throw new Error(`grub-only: the adapted menu still names ${HOST_DEVICE}. Mend: teach src/lab/grub-only/adapt.ts that line`);
  return adapted;
}

/** UUID of the file system with /boot, as the menu's `search` lines name it. @throws Error when they name none or several */
export function bootUuid(text: string): string {
  const found = new Set([...text.matchAll(HINTS)].map((m) => m[2]!));
  if (found.size !== 1) throw new Error(`grub-only: the menu searches for ${found.size} file systems (${[...found].join(', ')}), expected one`);
  return [...found][0]!;
}

/** The files the menu's entries load, by absolute path: images and initrds. */
export function filesNamed(text: string): { kernels: string[]; initrds: string[] } {
  const of = (command: string): string[] => [...text.matchAll(new RegExp(`(?:^|;|\\bif )[ \\t]*${command}[ \\t]+([^\\n;]*)`, 'gm'))].map((m) => m[1]!.trim());
  const kernels = of('linux').map((words) => words.split(/[ \t]+/)[0]!);
  const initrds = of('initrd').flatMap((words) => words.split(/[ \t]+/));
  return { kernels: [...new Set(kernels)], initrds: [...new Set(initrds)] };
}

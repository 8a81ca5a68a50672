/**
 * Fits the files of a host of the RHEL family to a disk of this tier: where /boot lies, and the two names that differ between Red
 * Hat's GRUB and the GRUB 2.14 that is started. Everything else stays byte for byte. Pure.
 */
import type { Layout } from './layout.ts';

const INSMOD_FS = /^insmod ext2$/gm;
const SEARCH = /^(search --no-floppy --fs-uuid --set=root) ([0-9A-Fa-f-]+)$/gm;
const INSMOD_BLS = /^insmod blscfg$/gm;
const BLSCFG = /^blscfg$/gm;
const TERMINAL = /^terminal_output console$/gm;

/** Replaces one line. @throws Error when it is not there exactly once: the menu would mean another thing */
function once(text: string, line: RegExp, to: string | ((...m: string[]) => string)): string {
  const found = text.match(line)?.length ?? 0;
  if (found !== 1) throw new Error(`grub-only: grub.cfg has ${found} lines ${line.source}, expected one. Mend: teach src/lab/grub-only/adapt-bls.ts the form grub2-mkconfig writes now`);
  return typeof to === 'string' ? text.replace(line, to) : text.replace(line, (...m) => to(...(m as string[])));
}

/**
 * @param text grub.cfg as grub2-mkconfig wrote it on the rehearsal host: /boot on its root
 * @param ownBoot /boot is a file system of its own
 */
export function adaptBlsMenu(text: string, layout: Layout, ownBoot: boolean): string {
  let t = once(text, INSMOD_FS, layout.modules.map((m) => `insmod ${m}`).join('\n'));
  t = once(t, SEARCH, (_, search, uuid) => `${search!} ${layout.fsUuid ?? uuid!}`);
  // Red Hat's module blscfg is called blsuki in GRUB 2.14.
  t = once(t, INSMOD_BLS, 'insmod blsuki');
  // Red Hat's looks in the folder that blsdir in grubenv names, 2.14's below the root of the device unless it is told.
  t = once(t, BLSCFG, ownBoot ? 'blscfg' : 'blscfg --path /boot/loader/entries');
  // There is no screen here; asking the BIOS for one costs more than everything else.
  return once(t, TERMINAL, 'terminal_output serial');
}

/** A boot entry with its paths as kernel-install writes them where /boot is a file system of its own. */
export const adaptEntry = (text: string, ownBoot: boolean): string => (ownBoot ? text.replace(/^((?:linux|initrd)[ \t]+.*)$/gm, (line) => line.replaceAll(/([ \t])\/boot\//g, '$1/')) : text);

/** The trial entry, whose paths trial.arm takes from the boot entries. */
export const adaptTrial = (text: string, ownBoot: boolean): string => (ownBoot ? text.replaceAll(/([ \t])\/boot\//g, '$1/') : text);

/** UUID of the file system with /boot. @throws Error when the menu names none or several */
export function blsBootUuid(text: string): string {
  const found = new Set([...text.matchAll(SEARCH)].map((m) => m[2]!));
  if (found.size !== 1) throw new Error(`grub-only: the menu searches for ${found.size} file systems (${[...found].join(', ')}), expected one`);
  return [...found][0]!;
}

/** The files a boot entry loads. */
export function entryFiles(text: string): { kernels: string[]; initrds: string[] } {
  const of = (key: string): string[] => [...text.matchAll(new RegExp(`^${key}[ \\t]+(.*)$`, 'gm'))].flatMap((m) => m[1]!.trim().split(/[ \t]+/)).filter((path) => path.startsWith('/'));
  return { kernels: of('linux'), initrds: of('initrd') };
}

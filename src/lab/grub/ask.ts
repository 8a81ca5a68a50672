/**
 * What GRUB would do with a host's disk. GRUB's own interpreter has the word; the lab's reader runs the same menu first,
 * because it also knows when GRUB would stop and wait for a person, and a difference between the two stops the run.
 */
import { parseGrubenv, setInGrubenv } from './env.ts';
import { blsEntries, withBls } from './bls.ts';
import { runGrubEmu } from './emu.ts';
import type { GrubDisk } from './interpreter.ts';
import { playGrub, type GrubOutcome } from './menu.ts';
import { probeAnswer } from './probe.ts';

/** The disk at power-on, by absolute path. */
export interface BootDisk {
  /** GRUB's own folder: /boot/grub or, on the RHEL family, /boot/grub2. */
  grubDir: string;
  /** Text of the files in it, and of the entries in /boot/loader/entries. */
  texts: ReadonlyMap<string, string>;
  /** Sizes of the files GRUB could load. */
  sizes: ReadonlyMap<string, number>;
  /** Can GRUB write grubenv? */
  envWritable: boolean;
  /** What somebody at the console chooses. */
  pick?: string | undefined;
}

/** GRUB's view of the disk; with /boot on a file system of its own, GRUB's paths begin there. */
const grubDisk = (disk: BootDisk): GrubDisk => ({
  read: (path) => disk.texts.get(path) ?? disk.texts.get(`/boot${path}`),
  size: (path) => disk.sizes.get(path) ?? disk.sizes.get(`/boot${path}`) ?? disk.texts.get(path)?.length,
});

/** GRUB writes its environment on plain partitions and through a few file systems only; the table describes the host's. */
export const isEnvWritable = (table: string, grubDir: string): boolean =>
  (probeAnswer(table, grubDir, 'abstraction') ?? '') === '' && !/^(btrfs|zfs|f2fs|reiserfs)$/.test(probeAnswer(table, grubDir, 'fs') ?? '');

/** The outcome in words, for comparing and for errors. Without blanks: the interpreter's console breaks lines at them. */
const inWords = (o: { path: string; linux?: { path: string; args: string } | undefined; initrd: readonly string[]; grubenv: string | undefined }): string =>
  JSON.stringify({ entry: o.path, linux: o.linux?.path ?? '', args: o.linux?.args ?? '', initrd: o.initrd, grubenv: o.grubenv?.replace(/#+$/, '') }).replace(/\s/g, '');

/**
 * Asks GRUB.
 * @param layers of the root in which the interpreter runs, topmost first
 * @throws Error when GRUB's interpreter and the lab's reader differ: then the reader has a mistake, and a run that went on
 *   would prove nothing
 */
export async function askGrub(layers: readonly string[], asked: BootDisk): Promise<GrubOutcome> {
  const entries = blsEntries(asked.texts);
  const disk = { ...asked, texts: new Map([...asked.texts].map(([path, text]) => [path, path.endsWith('.cfg') ? withBls(text, entries) : text])) };
  const home = `${disk.grubDir}/`;
  const ours = playGrub(grubDisk(disk), { prefix: disk.grubDir, envWritable: disk.envWritable, ...(disk.pick === undefined ? {} : { pick: disk.pick }) });
  // At its prompt, or at a menu that waits for a key, the interpreter would wait too.
  if (!ours.entry) return ours;
  const grubenv = disk.texts.get(`${home}grubenv`);
  const emu = await runGrubEmu(layers, {
    configs: Object.fromEntries([...disk.texts].filter(([k]) => k.startsWith(home) && k.endsWith('.cfg')).map(([k, v]) => [k.slice(home.length), v])),
    grubenv,
    // GRUB's own modules and fonts are not what a menu entry loads.
    files: new Map([...disk.sizes].filter(([k]) => !k.startsWith(home))),
    envWritable: disk.envWritable && grubenv !== undefined && parseGrubenv(grubenv) !== undefined,
    pick: disk.pick,
  });
  const written = emu?.saved.reduce<string | undefined>((text, [name, value]) => (text === undefined ? undefined : setInGrubenv(text, name, value)), grubenv);
  const theirs = emu && inWords({ path: emu.chosen, linux: emu.linux, initrd: emu.initrd, grubenv: emu.saved.length > 0 ? written : undefined });
  const own = inWords({ path: ours.entry.path, linux: ours.linux, initrd: ours.initrd, grubenv: ours.grubenv });
  if (theirs !== own) {
    throw new Error(`lab: GRUB's interpreter and the lab's reader of boot menus differ, so this start cannot be judged.\n  GRUB: ${theirs ?? 'came to no end'}\n  lab:  ${own}\nMend: correct src/lab/grub/menu.ts; GRUB is right.`);
  }
  return ours;
}

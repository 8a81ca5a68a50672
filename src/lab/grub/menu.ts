/**
 * What GRUB would start: runs grub.cfg and what it sources the way GRUB's own interpreter does, chooses the default entry
 * the way GRUB's menu does, and runs that entry. Pure: the files are handed in, the new grubenv is handed out.
 * The rules follow GRUB 2.06 to 2.14 (normal/menu.c); tests compare the outcome with the real grub-emu.
 */
import { CommandError, Grub, type GrubDisk, type GrubOptions, type MenuItem } from './interpreter.ts';

/** The entry that was run. */
export interface GrubEntry {
  /** Its own id; the title when it has none. */
  id: string;
  title: string;
  /** Ids from the top menu down, joined by `>`, as grub-reboot takes them. */
  path: string;
}

export interface GrubOutcome {
  /** Undefined when there is no menu to choose from. */
  entry?: GrubEntry;
  /** Undefined when no kernel was loaded. */
  linux?: { path: string; args: string };
  initrd: string[];
  /** New content of grubenv when GRUB wrote it. */
  grubenv?: string;
  /** What GRUB would print: errors and echo. */
  messages: string[];
  /** Why GRUB starts nothing by itself, when it does not. */
  stuck?: string;
}

/** GRUB's grub_strtoul(base 0) on the front of a string: a number however it goes on, or undefined for none. */
export function leadingNumber(text: string): number | undefined {
  const m = /^\s*(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text);
  if (!m) return undefined;
  const digits = m[1]!;
  if (/^0[xX]/.test(digits)) return Number.parseInt(digits, 16);
  if (digits.length > 1 && digits.startsWith('0')) return Number.parseInt(digits, 8);
  return Number.parseInt(digits, 10);
}

/** The first part of `menu>entry` and the rest; `>>` stands for a > in a name. */
export function splitEntryPath(path: string): { first: string; rest: string | undefined } {
  let first = '';
  for (let i = 0; i < path.length; i += 1) {
    if (path[i] === '>') {
      if (path[i + 1] !== '>') return { first, rest: path.slice(i + 1) || undefined };
      i += 1;
    }
    first += path[i];
  }
  return { first, rest: undefined };
}

/**
 * Index of the entry a default names: a number first, else a title or an id. GRUB starts entry 0 when there is none.
 * @returns undefined when nothing matches
 */
export function findEntry(menu: readonly MenuItem[], name: string): number | undefined {
  const number = leadingNumber(name);
  if (number !== undefined) return number < menu.length ? number : undefined;
  const { first } = splitEntryPath(name);
  const at = menu.findIndex((item) => item.title === first || item.id === first);
  return at < 0 ? undefined : at;
}

/**
 * Plays one start of GRUB.
 * @returns the entry that is started and what it loads; `stuck` when GRUB would stop and wait for a person
 */
export function playGrub(disk: GrubDisk, o: GrubOptions = {}): GrubOutcome {
  const grub = new Grub(disk, o);
  const outcome = (extra: Partial<GrubOutcome>): GrubOutcome => ({
    initrd: grub.initrd,
    messages: grub.messages,
    ...(grub.linux ? { linux: grub.linux } : {}),
    ...(grub.grubenv === undefined ? {} : { grubenv: grub.grubenv }),
    ...extra,
  });
  try {
    grub.runFile(`${grub.prefix}/grub.cfg`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return outcome({ stuck: `GRUB stops at its prompt: ${error.message}` });
  }
  if (grub.menu.length === 0) return outcome({ stuck: 'GRUB stops at its prompt: the menu is empty' });
  // A timeout below zero, or none, means: wait for a person.
  const timeout = grub.variables.get('timeout');
  if (o.pick === undefined && (timeout === undefined || Number.parseInt(timeout, 10) < 0 || Number.isNaN(Number.parseInt(timeout, 10)))) {
    return outcome({ stuck: `GRUB waits at its menu for a key: timeout is ${timeout === undefined ? 'not set' : JSON.stringify(timeout)}` });
  }

  let wanted = o.pick ?? grub.variables.get('default');
  const path: string[] = [];
  for (;;) {
    const found = wanted === undefined ? undefined : findEntry(grub.menu, wanted);
    if (found === undefined && o.pick !== undefined && wanted !== undefined) {
      throw new Error(`lab: GRUB's menu has no entry ${JSON.stringify(wanted)} to pick; it has: ${grub.menu.map((m) => m.id).join(', ')}`);
    }
    const index = found ?? 0;
    const item = grub.menu[index]!;
    path.push(item.id);
    // What follows the first > is the default of the submenu; without it the submenu starts its first entry.
    const rest = wanted === undefined ? undefined : splitEntryPath(wanted).rest;
    if (item.submenu) grub.openContext();
    if (rest === undefined) grub.variables.delete('default');
    else grub.variables.set('default', rest);
    grub.variables.set('chosen', path.join('>'));
    grub.exported.add('chosen');
    if (!item.submenu) {
      grub.runEntry(item);
      const entry = { id: item.id, title: item.title, path: path.join('>') };
      return grub.linux ? outcome({ entry }) : outcome({ entry, stuck: `GRUB returns to its menu: ${grub.messages.at(-1) ?? 'the entry loads no kernel'}` });
    }
    grub.menu = [];
    grub.runEntry(item);
    if (grub.menu.length === 0) return outcome({ stuck: `GRUB shows an empty menu: ${item.title}` });
    wanted = grub.variables.get('default');
  }
}

/** Every entry of the menu with its full id, submenus opened: what a person would see. For messages and tests. */
export function listMenu(disk: GrubDisk, o: GrubOptions = {}): GrubEntry[] {
  const open = (grub: Grub, above: readonly string[]): GrubEntry[] => {
    const items = grub.menu;
    return items.flatMap((item) => {
      const path = [...above, item.id];
      if (!item.submenu) return [{ id: item.id, title: item.title, path: path.join('>') }];
      const outside = grub.variables;
      grub.openContext();
      grub.menu = [];
      grub.runEntry(item);
      const inside = open(grub, path);
      grub.variables = outside;
      return inside;
    });
  };
  const grub = new Grub(disk, o);
  grub.runFile(`${grub.prefix}/grub.cfg`);
  return open(grub, []);
}

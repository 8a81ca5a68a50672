/**
 * What GRUB would start: runs grub.cfg and what it sources the way GRUB's own interpreter does, chooses the default entry
 * the way GRUB's menu does, and runs that entry. Pure: the files are handed in, the new grubenv is handed out.
 * The rules follow GRUB 2.06 to 2.14 (normal/menu.c, script/); tests compare the outcome with the real grub-emu.
 */
import { parseGrubenv, setInGrubenv } from './grub-env.ts';
import { GrubSyntaxError, parseGrubScript, type Node, type Word } from './grub-script.ts';

/** The disk as GRUB sees it. Paths are absolute; with /boot on a file system of its own they begin there. */
export interface GrubDisk {
  /** Text of a file, or undefined when there is none. */
  read(path: string): string | undefined;
  /** Size in bytes, or undefined when there is no such file. */
  size(path: string): number | undefined;
}

export interface GrubOptions {
  /** Folder with grub.cfg and grubenv; /boot/grub when not given. */
  prefix?: string;
  /** false where GRUB cannot write (LVM, md, btrfs, a block with holes): save_env fails and nothing changes. */
  envWritable?: boolean;
  /** What somebody at the console picks instead of the default: an id, a title, an index, or a path of these with `>`. */
  pick?: string;
}

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

/** One entry of the menu, with the commands it would run. */
export interface MenuItem {
  title: string;
  id: string;
  submenu: boolean;
  body: Node[];
  args: string[];
}

class CommandError extends Error {}

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

/** More commands than any sane menu runs: a loop without an end. */
const MAX_COMMANDS = 20_000;

class Grub {
  readonly disk: GrubDisk;
  readonly prefix: string;
  readonly writable: boolean;
  readonly variables = new Map<string, string>();
  readonly functions = new Map<string, Node[]>();
  readonly messages: string[] = [];
  menu: MenuItem[] = [];
  linux: { path: string; args: string } | undefined;
  initrd: string[] = [];
  grubenv: string | undefined;
  #params: string[] = [];
  #status = 0;
  #budget = MAX_COMMANDS;

  constructor(disk: GrubDisk, o: GrubOptions) {
    this.disk = disk;
    this.prefix = o.prefix ?? '/boot/grub';
    this.writable = o.envWritable ?? true;
    for (const [k, v] of [
      ['prefix', this.prefix],
      ['config_directory', this.prefix],
      ['config_file', `${this.prefix}/grub.cfg`],
      ['root', 'hd0,msdos1'],
      ['grub_cpu', 'i386'],
      ['grub_platform', 'pc'],
      ['feature_menuentry_id', 'y'],
      ['feature_menuentry_options', 'y'],
      ['feature_default_font_path', 'y'],
      ['feature_all_video_module', 'y'],
      ['feature_timeout_style', 'y'],
      ['feature_platform_search_hint', 'y'],
      ['feature_200_final', 'y'],
      ['feature_nativedisk_cmd', 'y'],
      ['feature_ntldr', 'y'],
      ['feature_chainloader_bpb', 'y'],
    ] as const) {
      this.variables.set(k, v);
    }
  }

  runFile(path: string): void {
    const text = this.disk.read(this.#path(path));
    if (text === undefined) throw new CommandError(`file \`${path}' not found.`);
    let nodes: Node[];
    try {
      nodes = parseGrubScript(text, path);
    } catch (error) {
      if (error instanceof GrubSyntaxError) throw new CommandError(`syntax error. ${error.message}`);
      throw error;
    }
    this.run(nodes);
  }

  run(nodes: readonly Node[]): number {
    for (const node of nodes) this.#node(node);
    return this.#status;
  }

  runEntry(item: MenuItem): void {
    const saved = this.#params;
    this.#params = [item.title, ...item.args];
    this.run(item.body);
    this.#params = saved;
  }

  #path(path: string): string {
    return path.replace(/^\([^)]*\)/, '');
  }

  #value(name: string): string {
    if (name === '?') return String(this.#status);
    if (name === '#') return String(this.#params.length);
    if (name === '@' || name === '*') return this.#params.join(' ');
    if (/^[0-9]+$/.test(name)) return this.#params[Number(name) - 1] ?? '';
    return this.variables.get(name) ?? '';
  }

  #expand(words: readonly Word[]): string[] {
    const out: string[] = [];
    for (const word of words) {
      let text = '';
      let any = word.quoted;
      for (const piece of word.pieces) {
        if ('text' in piece) {
          text += piece.text;
          any = true;
        } else if (piece.quoted) {
          text += this.#value(piece.variable);
          any = true;
        } else {
          // The value of an unquoted variable is split at blanks.
          const parts = this.#value(piece.variable).split(/[ \t\n]+/);
          text += parts[0];
          for (const part of parts.slice(1)) {
            if (any || text !== '') out.push(text);
            text = part;
            any = false;
          }
          any ||= text !== '';
        }
      }
      if (any) out.push(text);
    }
    return out;
  }

  #node(node: Node): number {
    switch (node.kind) {
      case 'command':
        this.#status = this.#command(node);
        break;
      case 'not':
        this.#status = this.#node(node.command) === 0 ? 1 : 0;
        break;
      case 'if': {
        const branch = node.branches.find((b) => this.run(b.test) === 0);
        this.#status = 0;
        this.run(branch ? branch.body : node.otherwise);
        break;
      }
      case 'for':
        for (const word of this.#expand(node.words)) {
          this.variables.set(node.variable, word);
          this.run(node.body);
        }
        break;
      case 'while':
        while ((this.run(node.test) === 0) !== node.until) this.run(node.body);
        break;
      case 'function':
        this.functions.set(node.name, node.body);
        this.#status = 0;
        break;
    }
    return this.#status;
  }

  #command(node: Extract<Node, { kind: 'command' }>): number {
    this.#budget -= 1;
    if (this.#budget < 0) throw new Error(`grub.cfg runs more than ${MAX_COMMANDS} commands: a loop without an end?`);
    const [name, ...args] = this.#expand(node.words);
    if (name === undefined) return this.#status;
    try {
      return this.#builtin(name, args, node.block);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.messages.push(`error: ${error.message}`);
      return 1;
    }
  }

  #builtin(name: string, args: readonly string[], block: Node[] | undefined): number {
    switch (name) {
      case 'set':
        for (const arg of args) {
          const eq = arg.indexOf('=');
          if (eq > 0) this.variables.set(arg.slice(0, eq), arg.slice(eq + 1));
        }
        return 0;
      case 'unset':
        for (const arg of args) this.variables.delete(arg);
        return 0;
      case 'true':
      case 'export':
      case 'insmod':
      case 'terminal_input':
      case 'terminal_output':
      case 'terminal':
      case 'serial':
      case 'loadfont':
      case 'background_color':
      case 'background_image':
      case 'clear':
      case 'sleep':
      case 'play':
      case 'smbios':
      case 'cutmem':
      case 'badram':
      case 'rmmod':
      case 'nop':
        return 0;
      case 'false':
        return 1;
      case 'keystatus':
        // Nobody holds a key down.
        return 1;
      case 'echo':
        this.messages.push(args.filter((a) => !/^-[ne]+$/.test(a)).join(' '));
        return 0;
      case 'search':
      case 'search.fs_uuid':
        // There is one disk, and root already names it.
        return 0;
      case '[':
        if (args.at(-1) !== ']') throw new CommandError('missing ]');
        return test(args.slice(0, -1), (p) => this.disk.size(this.#path(p))) ? 0 : 1;
      case 'test':
        return test(args, (p) => this.disk.size(this.#path(p))) ? 0 : 1;
      case 'source':
      case '.':
      case 'configfile':
        this.runFile(args[0] ?? '');
        return this.#status;
      case 'load_env':
        return this.#loadEnv(args);
      case 'save_env':
        return this.#saveEnv(args);
      case 'menuentry':
      case 'submenu':
        this.#menuEntry(name, args, block);
        return 0;
      case 'linux':
      case 'linux16':
      case 'linuxefi':
        return this.#loadLinux(args);
      case 'initrd':
      case 'initrd16':
      case 'initrdefi':
        return this.#loadInitrd(args);
      case 'boot':
      case 'return':
      case 'break':
        return 0;
      case 'halt':
      case 'reboot':
      case 'exit':
      case 'fwsetup':
      case 'chainloader':
        throw new CommandError(`${name}: not a kernel; the lab does not follow it.`);
      default: {
        // Commands come before functions of the same name, functions before assignments.
        const body = this.functions.get(name);
        if (body) {
          const saved = this.#params;
          this.#params = [...args];
          const status = this.run(body);
          this.#params = saved;
          return status;
        }
        const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(name);
        if (!assignment) throw new CommandError(`can't find command \`${name}'.`);
        this.variables.set(assignment[1]!, assignment[2]!);
        return 0;
      }
    }
  }

  #envFile(args: readonly string[]): { path: string; names: string[] } {
    let path = `${this.prefix}/grubenv`;
    const names: string[] = [];
    for (let i = 0; i < args.length; i += 1) {
      const arg = args[i]!;
      if (arg === '-f' || arg === '--file') {
        i += 1;
        path = args[i] ?? path;
      } else if (arg.startsWith('--file=')) path = arg.slice(7);
      else if (arg !== '--skip-sig' && arg !== '-s') names.push(arg);
    }
    return { path, names };
  }

  #envText(path: string): string | undefined {
    return path === `${this.prefix}/grubenv` && this.grubenv !== undefined ? this.grubenv : this.disk.read(this.#path(path));
  }

  #loadEnv(args: readonly string[]): number {
    const { path, names } = this.#envFile(args);
    const text = this.#envText(path);
    if (text === undefined) throw new CommandError(`file \`${path}' not found.`);
    const variables = parseGrubenv(text);
    if (!variables) throw new CommandError('invalid environment block.');
    for (const [k, v] of variables) if (names.length === 0 || names.includes(k)) this.variables.set(k, v);
    return 0;
  }

  #saveEnv(args: readonly string[]): number {
    const { path, names } = this.#envFile(args);
    if (names.length === 0) throw new CommandError('no variable is specified.');
    let text = this.#envText(path);
    if (text === undefined) throw new CommandError(`file \`${path}' not found.`);
    for (const name of names) {
      const next = setInGrubenv(text, name, this.variables.get(name));
      if (next === undefined) throw new CommandError(parseGrubenv(text) ? 'environment block too small.' : 'invalid environment block.');
      text = next;
    }
    if (!this.writable) throw new CommandError('diskfilter writes are not supported.');
    if (path === `${this.prefix}/grubenv`) this.grubenv = text;
    return 0;
  }

  #menuEntry(kind: 'menuentry' | 'submenu', args: readonly string[], body: Node[] | undefined): void {
    let title: string | undefined;
    let id: string | undefined;
    const rest: string[] = [];
    for (let i = 0; i < args.length; i += 1) {
      const arg = args[i]!;
      if (/^--(class|users|hotkey|source)$/.test(arg)) i += 1;
      else if (arg === '--id') {
        i += 1;
        id = args[i];
      } else if (arg.startsWith('--id=')) id = arg.slice(5);
      else if (arg === '--unrestricted' || /^--(class|users|hotkey|source)=/.test(arg)) continue;
      else if (title === undefined) title = arg;
      else rest.push(arg);
    }
    if (title === undefined || !body) throw new CommandError('no menuentry definition.');
    this.menu.push({ title, id: id ?? title, submenu: kind === 'submenu', body, args: rest });
  }

  #loadLinux(args: readonly string[]): number {
    const [path, ...rest] = args;
    if (path === undefined) throw new CommandError('filename expected.');
    this.linux = undefined;
    this.initrd = [];
    const size = this.disk.size(this.#path(path));
    if (size === undefined) throw new CommandError(`file \`${path}' not found.`);
    if (size === 0) throw new CommandError(`premature end of file ${path}.`);
    this.linux = { path: this.#path(path), args: rest.join(' ') };
    return 0;
  }

  #loadInitrd(args: readonly string[]): number {
    if (!this.linux) throw new CommandError('you need to load the kernel first.');
    const paths = args.map((a) => this.#path(a.replace(/^newc:[^:]*:/, '')));
    for (const path of paths) if (this.disk.size(path) === undefined) throw new CommandError(`file \`${path}' not found.`);
    this.initrd = paths;
    return 0;
  }
}

/** GRUB's `test`, the operators that configurations use; `-a` binds tighter than `-o`. */
function test(args: readonly string[], size: (path: string) => number | undefined): boolean {
  let at = 0;
  const primary = (): boolean => {
    const first = args[at];
    if (first === '!') {
      at += 1;
      return !primary();
    }
    if (first === '(') {
      at += 1;
      const value = either();
      if (args[at] === ')') at += 1;
      return value;
    }
    const operator = args[at + 1];
    const second = args[at + 2];
    if (first !== undefined && second !== undefined && operator !== undefined) {
      const a = Number.parseInt(first, 10);
      const b = Number.parseInt(second, 10);
      const compare: Record<string, () => boolean> = {
        '=': () => first === second,
        '==': () => first === second,
        '!=': () => first !== second,
        '<': () => first < second,
        '<=': () => first <= second,
        '>': () => first > second,
        '>=': () => first >= second,
        '-eq': () => a === b,
        '-ne': () => a !== b,
        '-lt': () => a < b,
        '-le': () => a <= b,
        '-gt': () => a > b,
        '-ge': () => a >= b,
      };
      const how = compare[operator];
      if (how) {
        at += 3;
        return how();
      }
    }
    if (operator !== undefined && first !== undefined && /^-[nzdefs]$/.test(first)) {
      at += 2;
      if (first === '-n') return operator !== '';
      if (first === '-z') return operator === '';
      if (first === '-s') return (size(operator) ?? 0) > 0;
      if (first === '-d') return false;
      return size(operator) !== undefined;
    }
    at += 1;
    return first !== undefined && first !== '';
  };
  const both = (): boolean => {
    let value = primary();
    while (args[at] === '-a') {
      at += 1;
      value = primary() && value;
    }
    return value;
  };
  const either = (): boolean => {
    let value = both();
    while (args[at] === '-o') {
      at += 1;
      value = both() || value;
    }
    return value;
  };
  return either();
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
    if (rest === undefined) grub.variables.delete('default');
    else grub.variables.set('default', rest);
    grub.variables.set('chosen', path.join('>'));
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
      grub.menu = [];
      grub.runEntry(item);
      return open(grub, path);
    });
  };
  const grub = new Grub(disk, o);
  grub.runFile(`${grub.prefix}/grub.cfg`);
  return open(grub, []);
}

/**
 * GRUB's own interpreter: runs the commands of a menu on files that are handed in, and keeps the new grubenv. Pure.
 * The rules follow GRUB 2.06 to 2.14 (script/, commands/).
 */
import { parseGrubenv, setInGrubenv } from './env.ts';
import { GrubSyntaxError, parseGrubScript, type Node, type Word } from './script.ts';
import { grubTest } from './test-command.ts';

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

/** One entry of the menu, with the commands it would run. */
export interface MenuItem {
  title: string;
  id: string;
  submenu: boolean;
  body: Node[];
  args: string[];
}

/** GRUB would print this and go on, or stop at its prompt. */
export class CommandError extends Error {}

/** More commands than any sane menu runs: a loop without an end. */
const MAX_COMMANDS = 20_000;

/** One start of GRUB: variables, functions, the menu so far, and what was loaded. */
export class Grub {
  readonly disk: GrubDisk;
  readonly prefix: string;
  readonly writable: boolean;
  variables = new Map<string, string>();
  /** Names of the variables that a submenu sees too. */
  readonly exported = new Set<string>();
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
      this.exported.add(k);
    }
  }

  /** What a submenu begins with: of the variables only the exported ones, as grub_env_context_open has it. Functions stay. */
  openContext(): void {
    this.variables = new Map([...this.variables].filter(([name]) => this.exported.has(name)));
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
      case 'export':
        for (const arg of args) this.exported.add(arg.split('=')[0]!);
        return 0;
      case 'true':
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
        return grubTest(args.slice(0, -1), (p) => this.disk.size(this.#path(p))) ? 0 : 1;
      case 'test':
        return grubTest(args, (p) => this.disk.size(this.#path(p))) ? 0 : 1;
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

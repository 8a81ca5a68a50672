/**
 * Rewrites a grub.cfg so that GRUB's own interpreter, run as an ordinary program (grub-emu), tells what it would start
 * instead of starting it: commands that load or write become functions that report their arguments. Pure.
 */
import { parseGrubScript, plainWord, type Places } from './script.ts';

/** Where grub-emu finds the configuration, and the disk's files by name. */
export const EMU_CONFIG = '/mnt/grub';
export const EMU_DISK = '/mnt/disk';

/** Each command that is replaced, and by what. Terminals and fonts would look for a screen. */
const REPLACED: Readonly<Record<string, string>> = {
  linux: 'tb_linux',
  linux16: 'tb_linux',
  linuxefi: 'tb_linux',
  initrd: 'tb_initrd',
  initrd16: 'tb_initrd',
  initrdefi: 'tb_initrd',
  terminal_output: 'true',
  terminal_input: 'true',
  terminal: 'true',
  serial: 'true',
  loadfont: 'true',
  background_image: 'true',
  sleep: 'true',
};

/**
 * A script with its loading and writing commands replaced.
 * @throws GrubSyntaxError when the text is no GRUB script
 */
export function instrument(text: string, file: string): string {
  const places: Places = { commands: [], entryEnds: [] };
  parseGrubScript(text, file, places);
  const edits: { at: number; to: number; text: string }[] = [];
  for (const { words, at, to } of places.commands) {
    const name = words[0] && plainWord(words[0]);
    if (name === 'save_env') {
      // GRUB script cannot look a variable up by a name in another variable, so the values are written beside the names.
      const names = words.slice(1).map(plainWord).filter((n) => n !== undefined && /^[A-Za-z_]\w*$/.test(n));
      edits.push({ at, to, text: `tb_save_env ${names.map((n) => `${n} "\${${n}}"`).join(' ')}` });
    } else if (name === '[' || name === 'test') {
      // The interpreter's root is not the disk: files that are asked for by name lie in its own folder.
      const asked = text.slice(at, to).replace(/(\s-[defs]\s+)\//g, `$1(host)${EMU_DISK}/`);
      edits.push({ at, to, text: asked });
    } else if (name !== undefined && REPLACED[name] !== undefined) {
      edits.push({ at, to: at + name.length, text: REPLACED[name] });
    }
  }
  for (const at of places.entryEnds) edits.push({ at, to: at, text: '\ntb_end\n' });
  edits.sort((a, b) => b.at - a.at);
  return edits.reduce((t, e) => t.slice(0, e.at) + e.text + t.slice(e.to), text);
}

/**
 * The configuration grub-emu starts with: defines the functions, then reads the rewritten one. Nobody is there to press a key: the default
 * is taken at once. With a hidden menu, as on Ubuntu, GRUB would look for a key for three seconds even with a timeout of 0 (seen 2026-12-01).
 */
export function emuMain(o: { envWritable: boolean; pick?: string }): string {
  return `set root=host
set prefix=(host)${EMU_CONFIG}
set config_directory=(host)${EMU_CONFIG}
set grub_platform=pc
set grub_cpu=i386
function tb_have {
  if [ $2 "(host)${EMU_DISK}$1" -o $2 "(host)${EMU_DISK}/boot$1" ]; then
    true
  else
    echo "<TB ERROR file $1 not found TB>"
    false
  fi
}
function tb_linux {
  if tb_have "$1" -s; then
    set tb_loaded=y
    echo "<TB LINUX TB>"
    for word in $@; do
      echo "<TB WORD $word TB>"
    done
    true
  else
    set tb_loaded=
    false
  fi
}
function tb_initrd {
  if [ -z "$tb_loaded" ]; then
    echo "<TB ERROR you need to load the kernel first TB>"
    false
  else
    set tb_all=y
    for file in $@; do
      if tb_have "$file" -f; then
        true
      else
        set tb_all=
      fi
    done
    if [ "$tb_all" ]; then
      for file in $@; do
        echo "<TB INITRD $file TB>"
      done
      true
    else
      false
    fi
  fi
}
function tb_save_env {
  if ${o.envWritable ? 'true' : 'false'}; then
    if [ "$1" ]; then echo "<TB SAVE $1=$2 TB>"; fi
    if [ "$3" ]; then echo "<TB SAVE $3=$4 TB>"; fi
    if [ "$5" ]; then echo "<TB SAVE $5=$6 TB>"; fi
    true
  else
    echo "<TB ERROR diskfilter writes are not supported. TB>"
    false
  fi
}
function tb_end {
  echo "<TB CHOSEN $chosen TB>"
  echo "<TB END TB>"
  sleep --interruptible 60
}
source (host)${EMU_CONFIG}/real.cfg
${o.pick === undefined ? '' : `set default='${o.pick.replaceAll("'", "'\\''")}'\n`}set timeout=0
set timeout_style=menu
`;
}

/** What grub-emu told. */
export interface EmuOutcome {
  /** Ids from the top menu down, joined by >. */
  chosen: string;
  linux?: { path: string; args: string };
  initrd: string[];
  /** Variables written to grubenv, in order. */
  saved: [string, string][];
}

/**
 * Reads grub-emu's output.
 * @returns undefined when it never came to the end of an entry
 */
export function parseEmu(output: string): EmuOutcome | undefined {
  // The console breaks lines at column 80, sometimes in the place of a blank; our values hold neither line ends nor blanks.
  const esc = String.fromCharCode(27);
  const joined = output.replaceAll(new RegExp(`${esc}\\[[0-9;]*[A-Za-z]`, 'g'), '').replace(/[\r\n]+/g, '');
  const told = [...joined.matchAll(/<TB ?(LINUX|WORD|INITRD|SAVE|ERROR|CHOSEN|END) ?(.*?) ?TB>/g)].map((m) => [m[1]!, m[2] ?? ''] as const);
  if (!told.some(([k]) => k === 'END')) return undefined;
  const result: EmuOutcome = { chosen: '', initrd: [], saved: [] };
  let words: string[] = [];
  for (const [kind, value] of told) {
    if (kind === 'LINUX') {
      words = [];
      result.initrd = [];
    } else if (kind === 'WORD') {
      words.push(value);
      result.linux = { path: words[0]!, args: words.slice(1).join(' ') };
    } else if (kind === 'INITRD') result.initrd.push(value);
    else if (kind === 'SAVE') {
      const eq = value.indexOf('=');
      result.saved.push([value.slice(0, eq), value.slice(eq + 1)]);
    } else if (kind === 'CHOSEN') result.chosen = value;
    else if (kind === 'END') break;
  }
  return result;
}

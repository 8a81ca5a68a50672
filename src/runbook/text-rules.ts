/**
 * The rules for a step's text: it must behave the same pasted into an interactive login bash and run by a script.
 * Each rule is one entry, with the reason; `tests/unit/text-rules.test.ts` has a failing example for each.
 * Background: what `set -e`, `exit`, history expansion and prompts do to a pasted block was measured on a terminal.
 */
import type { Step } from './step.ts';

interface TextRule {
  rule: string;
  message: string;
  mend: string;
  /** Offending line indexes (0-based) of the text. */
  find: (text: TextView) => number[];
}

/** A step's text, prepared once for all rules. */
export interface TextView {
  step: Pick<Step, 'id' | 'meta'>;
  lines: string[];
  /** The lines with quoted strings and comments blanked out: what is left is shell syntax and bare words. */
  code: string[];
  /** The lines with single-quoted strings blanked out, double-quoted kept (history expansion works inside those). */
  unquoted: string[];
}

/** Blanks out quoted parts over the whole text, so that strings that span lines are followed. Keeps line structure. */
export function blank(text: string, quotes: 'single' | 'both'): string {
  let out = '';
  let mode: "'" | '"' | '#' | '' = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\n') {
      if (mode === '#') mode = '';
      out += c;
      continue;
    }
    if (mode === '') {
      if (c === '\\') {
        out += c + (text[i + 1] === '\n' ? '' : (text[++i] ?? ''));
        continue;
      }
      if (c === '#' && /(^|[\s;&|(])$/.test(out.slice(-1) || ' ')) mode = '#';
      else if (c === "'") mode = "'";
      else if (c === '"') mode = '"';
      const keep = mode === '' || mode === "'" || (mode === '"' && c === '"');
      out += keep ? c : ' ';
      continue;
    }
    if (mode === '#') {
      out += ' ';
    } else if (mode === "'") {
      if (c === "'") {
        mode = '';
        out += c;
      } else out += ' ';
    } else {
      if (c === '\\') {
        const next = text[i + 1] ?? '';
        if (next !== '\n') i++;
        out += quotes === 'both' ? '  '.slice(0, next === '\n' ? 1 : 2) : c + (next === '\n' ? '' : next);
        continue;
      }
      if (c === '"') {
        mode = '';
        out += c;
      } else out += quotes === 'both' ? ' ' : c;
    }
  }
  return out;
}

/** Prepares a text for the rules. */
export function view(step: Pick<Step, 'id' | 'meta' | 'text'>): TextView {
  return {
    step,
    lines: step.text.split('\n'),
    code: blank(step.text, 'both').split('\n'),
    unquoted: blank(step.text, 'single').split('\n'),
  };
}

const where = (lines: string[], test: (line: string, index: number) => boolean): number[] =>
  lines.flatMap((l, i) => (test(l, i) ? [i] : []));

/** A command name at a place where bash looks for one. */
const command = (names: string): RegExp =>
  new RegExp(`(?:^|[;&|({]|\\b(?:then|do|else|if|elif|while|until|sudo|env|!)\\b)\\s*(?:${names})(?=[\\s;&|)]|$)`);

const isCheck = (v: TextView): boolean => v.step.meta.kind === 'check' || v.step.meta.kind === 'probe';

/** `grub-editenv FILE list` is among them: it creates the file if it is missing (seen 2026-11-23). */
const WRITERS = 'grub2?-editenv|pacman -(?:[SRU][a-z]*|D)|mkinitcpio|tee|rm|mv|cp|mkdir|install|touch|ln|chmod|chown|dd|truncate|mktemp|apt-mark (?:hold|unhold|manual|auto)|grub2?-reboot|grub2?-set-default|update-grub|grub2?-mkconfig|grubby|dracut|kernel-install|update-initramfs|reboot|shutdown';
/** Programs whose output is translated or localised. Those with a fixed machine form (dpkg-query -f, ip, systemctl --plain) are not. */
const PARSED = 'apt-cache|apt-get|df|dnf|dkms|dpkg|free|ls|mokutil|pacman|swapon|who';

export const TEXT_RULES: TextRule[] = [
  {
    rule: 'tab',
    message: 'a tab: in an interactive shell it starts completion',
    mend: 'indent with spaces; write \\t inside printf or awk',
    find: (v) => where(v.lines, (l) => l.includes('\t')),
  },
  {
    rule: 'control-character',
    message: 'a control character: a terminal would act on it',
    mend: 'delete it',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    find: (v) => where(v.lines, (l) => /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(l)),
  },
  {
    rule: 'width',
    message: 'more than 100 columns: the reader must see the whole command before pasting it',
    mend: 'break the line after &&, | or \\',
    find: (v) => where(v.lines, (l) => [...l].length > 100),
  },
  {
    rule: 'length',
    message: 'more than 40 lines: nobody reads that before pasting it',
    mend: 'split the step',
    find: (v) => (v.lines.length > 40 ? [40] : []),
  },
  {
    rule: 'blank-edge',
    message: 'an empty line at an edge, or white space at a line end',
    mend: 'remove it: the hash covers it and nobody sees it',
    find: (v) => where(v.lines, (l, i) => /\s$/.test(l) || (l === '' && (i === 0 || i === v.lines.length - 1))),
  },
  {
    rule: 'prompt',
    message: 'a prompt sign in front of a command',
    mend: 'write the command alone; use sudo instead of a # prompt',
    find: (v) => where(v.lines, (l) => /^\s*[$%>] \S/.test(l)),
  },
  {
    rule: 'placeholder',
    message: 'a <placeholder>: copies must run as they are',
    mend: 'read the value from the host, or make it a TRIALBOOT_… setting',
    find: (v) => where(v.unquoted, (l) => /<[A-Za-z][A-Za-z_ -]*>/.test(l)),
  },
  {
    rule: 'shell-state',
    message: 'exit, return, exec, set, shopt, trap, source or alias acts on the shell of whoever pastes it',
    mend: 'use && lists and if … fi; end a failing check with false',
    find: (v) => where(v.code, (l) => command('exit|return|exec|set|shopt|trap|source|alias|unalias|logout|ulimit|umask|cd').test(l)),
  },
  {
    rule: 'history',
    message: '! before a word: an interactive bash expands it from its history, also inside double quotes',
    mend: 'put a blank after !, use single quotes, or turn the test round',
    find: (v) => where(v.unquoted, (l) => /(^|[^\\$#{[])![^\s=(]/.test(l)),
  },
  {
    rule: 'heredoc',
    message: 'a here-document or here-string: a paste without bracketed paste feeds it line by line',
    mend: "use printf '%s\\n' … | sudo tee FILE",
    find: (v) => where(v.code, (l) => l.includes('<<')),
  },
  {
    rule: 'reads-stdin',
    message: 'reads from the terminal: it would eat the rest of the paste, and the script runs steps with stdin closed',
    mend: 'give the input as a file, a pipe or an option such as -y',
    find: (v) =>
      where(
        v.code,
        (l) =>
          (/(?:^|[;&({]|\b(?:then|do|else)\b)\s*(?:read|select|mapfile|readarray)\b/.test(l) && !/\bdone </.test(v.code.join('\n'))) ||
          command('vi|vim|nano|less|more|passwd|whiptail|dialog').test(l),
      ),
  },
  {
    rule: 'brace-newline',
    message: 'a ${…} that goes over a line end: an interactive bash complains about the $(…) in it (seen with 5.2)',
    mend: 'assign in two steps: tb_x=$(…), then use ${tb_x:-…} on one line',
    find: (v) => where(v.unquoted, (l) => /\$\{[^}]*$/.test(l)),
  },
  {
    rule: 'proc-size',
    message: '-s on a file of /proc or /sys: the kernel says size 0 for them, so the test is always false',
    mend: 'read it: grep -q . FILE',
    find: (v) => where(v.lines, (l) => /-s\s+"?\/(?:proc|sys)\//.test(l)),
  },
  {
    rule: 'apt-asks',
    message: 'apt-get that may ask a question',
    mend: 'sudo env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -y …',
    find: (v) =>
      where(
        v.code,
        (l) =>
          /\bapt-get\b.*\b(install|upgrade|dist-upgrade|full-upgrade|remove|purge|autoremove)\b/.test(l) &&
          !/\s(-s|--simulate)\b/.test(l) &&
          !(/\s-y\b/.test(l) && /DEBIAN_FRONTEND=noninteractive/.test(v.code.join(' '))),
      ),
  },
  {
    rule: 'dnf-asks',
    message: 'dnf that may ask a question, or waits without an end for another one',
    mend: 'sudo dnf -y --setopt=exit_on_lock=True …; to look only: --assumeno',
    find: (v) =>
      where(v.code, (l, i) => {
        const joined = l.endsWith('\\') ? `${l}${v.code[i + 1] ?? ''}${v.code[i + 2] ?? ''}` : l;
        return /(?:^|[^/.\w-])dnf\b(?![-/]).*\b(install|upgrade|reinstall|remove|swap|distro-sync)\b/.test(joined) && !/--assumeno\b/.test(joined) && !(/\s-y\b/.test(joined) && /exit_on_lock=True/.test(joined));
      }),
  },
  {
    rule: 'apt-not-apt-get',
    message: 'apt is for people at a terminal; its output and options change',
    mend: 'use apt-get or apt-cache',
    find: (v) => where(v.code, (l) => command('apt').test(l)),
  },
  {
    rule: 'sudo-env',
    message: 'sudo VAR=value: sudo-rs and a strict sudoers refuse it',
    mend: 'write sudo env VAR=value command',
    find: (v) => where(v.code, (l) => /\bsudo\s+[A-Za-z_][A-Za-z0-9_]*=/.test(l)),
  },
  {
    rule: 'sudo-redirect',
    message: 'sudo command > file: the redirection is done by the unprivileged shell',
    mend: 'pipe into sudo tee FILE > /dev/null',
    find: (v) =>
      where(v.code, (l) =>
        l.split(/&&|\|\||;|\|/).some((part) => /\bsudo\b/.test(part) && /(^|[^0-9&])>>?\s*(?!\/dev\/null|&)\S/.test(part)),
      ),
  },
  {
    rule: 'tmp',
    message: '/tmp does not survive a reboot and anybody can write there',
    mend: 'keep facts in ${TRIALBOOT_STATE:-/var/lib/trialboot}',
    find: (v) => where(v.code, (l) => /(?:>|tee|cp|mv|touch|mkdir)\s[^;|&]*\/tmp\//.test(l)),
  },
  {
    rule: 'locale',
    message: 'parses words that a program translates',
    mend: 'put LC_ALL=C before the command whose output is read (after sudo: sudo env LC_ALL=C …)',
    find: (v) =>
      where(v.code, (l, i) => {
        const joined = l.endsWith('\\') || l.trimEnd().endsWith('|') ? `${l}\n${v.code[i + 1] ?? ''}` : l;
        return joined
          .split(/&&|\|\||;|\$\(|\bif\b|\bthen\b|\bdo\b/)
          .some((part) => new RegExp(`^\\s*(?:sudo\\s+(?:env\\s+)?)?(?:${PARSED})(?![\\w-])[^|]*\\|\\s*(?:LC_ALL=C\\s+)?(?:awk|sed|grep|cut|sort|head|tail|wc)\\b`).test(part));
      }),
  },
  {
    rule: 'variable-name',
    message: 'a variable that may collide with one of the reader\'s shell',
    mend: 'name it tb_…; settings are TRIALBOOT_… and are set in a vars step only',
    find: (v) =>
      where(v.code, (l) => {
        const set = [...l.matchAll(/(?:^|[;&|({]|\b(?:then|do|else)\b)\s*([A-Za-z_][A-Za-z0-9_]*)\+?=(?:(?:"[^"]*"|'[^']*'|\$\([^)]*\)?|[^\s;&|])*)(\s+[A-Za-z_./$"])?/g)];
        const loops = [...l.matchAll(/\b(?:for|read(?:\s+-[a-z]+)*)\s+([A-Za-z_][A-Za-z0-9_]*)/g)].map((m) => m[1]!);
        const ok = (name: string): boolean =>
          /^tb_[a-z0-9_]+$/.test(name) || (v.step.meta.kind === 'vars' && /^TRIALBOOT_[A-Z_]+$/.test(name));
        // `LC_ALL=C sort` sets a variable for one command only.
        return set.some((m) => !ok(m[1]!) && m[2] === undefined) || loops.some((n) => !ok(n));
      }),
  },
  {
    rule: 'check-writes',
    message: 'a check reads and decides; it never writes',
    mend: 'move the writing into an action, or redirect to /dev/null',
    find: (v) =>
      isCheck(v)
        ? where(v.code, (l) => command(WRITERS).test(l) || /(?:^|[^0-9&<=-])[0-9]?>>?\s*(?!\/dev\/null|&[0-9])[^\s=&]/.test(l))
        : [],
  },
  {
    rule: 'grub-flush',
    message: 'changes what GRUB reads and leaves it in the journal: GRUB replays no journal, and sync does not empty that of XFS',
    mend: `end with sync, and on XFS with: xfs_io -x -r -c freeze -c thaw /boot/grub (its status is 0 even if it failed: it must print nothing)`,
    find: (v) => {
      if (isCheck(v) || v.lines.some((l) => /\[ -z "\$\(xfs_io -x -r -c freeze -c thaw \/boot\/grub2? 2>&1\)" \]/.test(l))) return [];
      return where(v.lines, (l) => /\b(update-grub|grub2?-set-default|grub2?-reboot|grub2-mkconfig)\b|\bgrub2?-editenv \S+ (set|unset|create)\b/.test(l)).slice(0, 1);
    },
  },
  {
    rule: 'verdict-id',
    message: 'a verdict line that does not carry this step\'s id',
    mend: 'print "PASS|WARN|FAIL|SKIP <this step\'s id>: words"',
    find: (v) =>
      isCheck(v)
        ? where(v.lines, (l) =>
            [...l.matchAll(/\b(?:PASS|WARN|FAIL|SKIP) ([a-z][a-z0-9.-]*[a-z0-9]):/g)].some((m) => m[1] !== v.step.id),
          )
        : [],
  },
  {
    rule: 'verdict-missing',
    message: 'a check that has no PASS, or neither WARN nor FAIL',
    mend: 'print exactly one verdict line in every branch',
    find: (v) => {
      if (!isCheck(v)) return [];
      const text = v.lines.join('\n');
      const has = (word: string) => text.includes(`${word} ${v.step.id}:`);
      return has('PASS') && (has('WARN') || has('FAIL')) ? [] : [0];
    },
  },
  {
    rule: 'fail-status',
    message: 'FAIL is printed, but nothing makes the status non-zero',
    mend: 'end the branch with: ; false',
    find: (v) => {
      if (!isCheck(v)) return [];
      return where(v.lines, (l, i) => {
        if (!l.includes(`FAIL ${v.step.id}:`)) return false;
        const after = v.lines.slice(i, i + 5).join('\n').split(/\n\s*(?:el|fi)/)[0]!;
        return !/\bfalse\b/.test(after);
      });
    },
  },
];

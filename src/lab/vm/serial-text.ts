/** What lines on a machine's serial console mean. Pure. */

/** A line that says something about a boot. */
export type Mark =
  | { kind: 'kernel'; release: string }
  | { kind: 'cmdline'; text: string }
  /** The higher the weight, the more decisive for how a boot ended. */
  | { kind: 'words'; text: string; weight: number };

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences are what is removed
const CONTROL = /\u001b\[[0-9;?=]*[ -/]*[@-~]|\u001b[()][A-Z0-9]|\u001b[=>c78]|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A line without terminal control. GRUB and the kernel's boot console use plenty. */
export const plainLine = (line: string): string => line.replace(CONTROL, '');

const BANNER = /(?:^|\] )Linux version (\S+) /;
const CMDLINE = /Kernel command line: (.*)$/;

/** Last words, by weight. What ends a boot for sure weighs more than what merely goes before. */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/Kernel panic - not syncing.*/, 9],
  // initramfs-tools: its panic() with panic= on the command line, and without.
  [/Rebooting automatically due to panic= boot argument/, 8],
  [/ALERT!\s.*/, 8],
  [/You are in (?:emergency|rescue) mode.*/, 6],
  [/Reached target .*(?:Emergency Mode|Rescue Mode).*/, 6],
  [/watchdog: BUG: (?:soft|hard) lockup.*/, 5],
  [/(?:Oops|BUG|general protection fault)[: ].*/, 5],
  // GRUB, before any kernel.
  [/^error: .*/, 4],
  [/reboot: (?:Restarting system|Power down|machine restart).*/, 2],
];

/** What a line says about a boot; nothing for most lines. */
export function marksOf(line: string): Mark[] {
  const text = plainLine(line).trimEnd();
  const banner = BANNER.exec(text)?.[1];
  if (banner) return [{ kind: 'kernel', release: banner }];
  const cmdline = CMDLINE.exec(text)?.[1];
  if (cmdline !== undefined) return [{ kind: 'cmdline', text: cmdline.trim() }];
  for (const [pattern, weight] of WORDS) {
    const found = pattern.exec(text);
    if (found) return [{ kind: 'words', text: found[0].trim(), weight }];
  }
  return [];
}

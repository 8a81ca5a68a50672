import { describe, expect, test } from 'vitest';
import { lintText } from '../../src/runbook/lint.ts';
import { blank, TEXT_RULES } from '../../src/runbook/text-rules.ts';
import { actionMeta, checkMeta, goodCheck, step } from './make.ts';

const ID = 'preflight.x';
const verdicts = `echo "PASS ${ID}: a"\necho "WARN ${ID}: b"`;

/** Per rule: texts that must be found, and texts close to them that must not. */
const EXAMPLES: Record<string, { bad: string[]; good: string[]; kind?: 'action' }> = {
  tab: { bad: ["\techo 'x'"], good: ["printf 'a\\tb\\n'"], kind: 'action' },
  'control-character': { bad: ['echo \u0007', 'echo a\u2028b', 'echo \u0085'], good: ['echo ü'], kind: 'action' },
  width: { bad: [`echo ${'x'.repeat(100)}`], good: [`echo ${'x'.repeat(95)}`], kind: 'action' },
  length: { bad: [Array(41).fill('echo a').join('\n')], good: [Array(40).fill('echo a').join('\n')], kind: 'action' },
  'blank-edge': { bad: ['echo a ', '\necho a', 'echo a\n'], good: ['echo a\n\necho b'], kind: 'action' },
  prompt: { bad: ['$ apt-get update', '% ls'], good: ['echo "$HOME"'], kind: 'action' },
  placeholder: { bad: ['echo <your kernel>'], good: ["grep '<a>' f", 'cat < /etc/fstab'], kind: 'action' },
  'shell-state': {
    bad: ['exit 1', 'true && set -e', 'if x; then return 1; fi', 'cd /boot', 'exec true', 'trap x INT'],
    good: ['echo exit', 'systemctl set-default x', "awk '{ exit }' f", 'grub-editenv f set a=b'],
    kind: 'action',
  },
  history: { bad: ['echo "wow!now"', 'echo !ls'], good: ['[ ! -e x ]', "echo 'wow!now'", 'echo "wow! now"', '[ a != b ]', "awk '$1 !~ /x/' f"], kind: 'action' },
  heredoc: { bad: ['cat << EOF', 'cat <<< x'], good: ['cat < f', "echo '<<'"], kind: 'action' },
  'reads-stdin': { bad: ['read -r tb_x', 'vi /etc/fstab', 'if x; then read tb_y; fi'], good: ['ls | while read -r tb_x; do echo; done'], kind: 'action' },
  'brace-newline': { bad: ['echo ${tb_a:-$(echo b |\n  cat)}'], good: ['echo ${tb_a:-$(echo b)}', "awk '${\n}' f"], kind: 'action' },
  'grub-flush': {
    bad: ['sudo update-grub && sudo sync', 'sudo grub-editenv /boot/grub/grubenv unset next_entry', 'sudo grub-reboot x && sudo xfs_io -c freeze -c thaw /boot/grub'],
    good: [`sudo update-grub && [ -z "$(xfs_io -x -r -c freeze -c thaw /boot/grub 2>&1)" ]`, 'sudo grub-editenv /boot/grub/grubenv list'],
    kind: 'action',
  },
  'proc-size': { bad: ['[ -s /proc/modules ]', '[ ! -s "/sys/x" ]'], good: ['[ -e /proc/modules ]', '[ -s /etc/fstab ]'], kind: 'action' },
  'apt-asks': {
    bad: ['sudo apt-get install x', 'sudo apt-get -y install x'],
    good: ['apt-get -s install x', 'sudo env DEBIAN_FRONTEND=noninteractive apt-get -y install x', 'sudo apt-get update'],
    kind: 'action',
  },
  'dnf-asks': {
    bad: ['sudo dnf install x', 'sudo dnf -y install x', 'printf x | sudo xargs dnf -y \\\n  remove'],
    good: ['sudo dnf --assumeno install x', 'sudo dnf -y --setopt=exit_on_lock=True install x', 'sudo dnf makecache', 'ls /var/cache/dnf/install'],
    kind: 'action',
  },
  'apt-not-apt-get': { bad: ['apt install x', 'sudo apt update'], good: ['ls /etc/apt'], kind: 'action' },
  'sudo-env': { bad: ['sudo LC_ALL=C x'], good: ['sudo env LC_ALL=C x'], kind: 'action' },
  'sudo-redirect': { bad: ['sudo cat a > /etc/b', 'sudo x >> y'], good: ['sudo x 2> /dev/null', 'sudo x 2>&1', 'echo a | sudo tee b > /dev/null'], kind: 'action' },
  tmp: { bad: ['cp a /tmp/b', 'echo x > /tmp/x'], good: ['findmnt /tmp'], kind: 'action' },
  locale: { bad: ["df -P | awk '{ print }'", 'apt-cache policy x | grep Candidate'], good: ["LC_ALL=C df -P | awk '{ print }'", 'dpkg-query -W | sort'], kind: 'action' },
  'variable-name': { bad: ['x=1', 'for i in a b; do echo; done', 'TRIALBOOT_STATE=/x'], good: ['tb_x=1', 'LC_ALL=C sort f', 'for tb_i in a; do echo; done'], kind: 'action' },
  'check-writes': { bad: [`${verdicts}\ntouch /x`, `${verdicts}\necho a > /etc/x`, `${verdicts}\nsudo rm -f x`, `${verdicts}\nsudo grub-editenv f list`], good: [`${verdicts} 2> /dev/null`] },
  'verdict-id': { bad: [`${verdicts}\necho "FAIL preflight.other: x"; false`], good: [verdicts] },
  'verdict-missing': { bad: ['echo hello', `echo "PASS ${ID}: a"`], good: [verdicts] },
  'fail-status': { bad: [`echo "PASS ${ID}: a"\necho "FAIL ${ID}: b"`], good: [goodCheck(ID)] },
};

const found = (text: string, kind: 'action' | undefined, rule: string): boolean =>
  lintText(step(ID, text, kind === 'action' ? actionMeta() : checkMeta())).some((p) => p.rule === rule);

describe('rules for the text of a step', () => {
  test('each rule has examples here', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(TEXT_RULES.map((r) => r.rule).sort());
  });
  for (const [rule, { bad, good, kind }] of Object.entries(EXAMPLES)) {
    test.each(bad)(`${rule} finds %j`, (text) => expect(found(text, kind, rule)).toBe(true));
    test.each(good)(`${rule} leaves %j alone`, (text) => expect(found(text, kind, rule)).toBe(false));
  }
  test('a good text has no finding, and a finding names file, line, rule and mend', () => {
    expect(lintText(step(ID, goodCheck(ID)))).toEqual([]);
    const [problem] = lintText(step(ID, `${goodCheck(ID)}\nexit 1`));
    expect(problem).toMatchObject({ file: 'content/steps/preflight/x.mdx', line: 12, rule: 'shell-state' });
    expect(problem?.mend).not.toBe('');
  });
});

describe('blanking quotes', () => {
  test('keeps the line structure and follows strings over lines', () => {
    const text = `a 'b\nc' "d\ne" f # g\nh`;
    expect(blank(text, 'both').split('\n').length).toBe(text.split('\n').length);
    expect(blank(text, 'both')).toBe(`a ' \n ' " \n " f    \nh`);
  });
  test('keeps double-quoted words where only single quotes protect', () => {
    expect(blank(`"a!b" 'c!d'`, 'single')).toBe(`"a!b" '   '`);
  });
});

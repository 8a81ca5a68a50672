/** GRUB's menu and environment, read without GRUB. */
import { describe, expect, it } from 'vitest';
import { GRUBENV_SIZE, parseGrubenv, setInGrubenv } from '../../src/lab/grub/env.ts';
import { findEntry, leadingNumber, listMenu, playGrub, splitEntryPath } from '../../src/lab/grub/menu.ts';
import { GrubSyntaxError, parseGrubScript } from '../../src/lab/grub/script.ts';
import { CFG, disk, grubenv, KERNELS, play } from '../lib/grub-menu.ts';

describe('GRUB\'s menu, read without GRUB', () => {
  it('starts the saved entry, named by the ids of submenu and entry', () => {
    const o = play(['saved_entry=advanced>old-advanced']);
    expect(o.entry).toEqual({ id: 'old-advanced', title: 'Debian, with Linux old', path: 'advanced>old-advanced' });
    expect(o.linux).toEqual({ path: '/boot/vmlinuz-old', args: 'root=UUID=1 ro quiet' });
    expect(o.initrd).toEqual(['/boot/initrd.img-old']);
    expect(o.grubenv).toBeUndefined();
  });

  it('prefers next_entry, and empties it in grubenv without touching the rest', () => {
    const o = play(['saved_entry=advanced>old-advanced', 'next_entry=advanced>new-advanced']);
    expect(o.entry?.path).toBe('advanced>new-advanced');
    expect(o.grubenv).toHaveLength(GRUBENV_SIZE);
    expect([...parseGrubenv(o.grubenv!)!]).toEqual([
      ['saved_entry', 'advanced>old-advanced'],
      ['next_entry', ''],
    ]);
    expect(o.grubenv).toContain('# WARNING: Do not edit');
  });

  it.each([
    ['a title', 'Advanced options>Debian, with Linux old', 'advanced>old-advanced'],
    ['indexes', '1>1', 'advanced>old-advanced'],
    ['an index and an id', '1>old-advanced', 'advanced>old-advanced'],
    ['a submenu without an entry', 'advanced', 'advanced>new-advanced'],
    ['an id without its submenu', 'old-advanced', 'simple'],
    ['an unknown id', 'nonsense', 'simple'],
    ['an unknown entry of a submenu', 'advanced>nonsense', 'advanced>new-advanced'],
    ['an index too high', '7', 'simple'],
    ['nothing', '', 'simple'],
    ['an id that begins with a digit, which is an index', '1f3-trial', 'advanced>new-advanced'],
  ])('finds the default by %s: %s', (_, saved, path) => {
    expect(play([`saved_entry=${saved}`]).entry?.path).toBe(path);
  });

  const TRIAL = `menuentry 'Trial of new' --id trial {
  set tried=1
  if save_env tried; then
    linux /boot/vmlinuz-new root=UUID=1 ro panic=10 trial
    initrd /boot/initrd.img-new
  else
    linux /boot/vmlinuz-old root=UUID=1 ro refused
    initrd /boot/initrd.img-old
  fi
}
`;

  it('runs a guarded trial entry: the new kernel where grubenv can be written', () => {
    const o = play(['saved_entry=advanced>old-advanced', 'next_entry=trial'], { '/boot/grub/custom.cfg': TRIAL });
    expect(o.linux).toEqual({ path: '/boot/vmlinuz-new', args: 'root=UUID=1 ro panic=10 trial' });
    expect(parseGrubenv(o.grubenv!)!.get('tried')).toBe('1');
    expect(parseGrubenv(o.grubenv!)!.get('next_entry')).toBe('');
  });

  it('runs a guarded trial entry: the old kernel where grubenv cannot be written', () => {
    const o = play(['next_entry=trial'], { '/boot/grub/custom.cfg': TRIAL }, { envWritable: false });
    expect(o.linux?.args).toBe('root=UUID=1 ro refused');
    expect(o.grubenv).toBeUndefined();
    expect(o.messages.join()).toContain('diskfilter writes are not supported');
  });

  it('ignores a block that is none, and starts entry 0', () => {
    const o = playGrub(disk({ '/boot/grub/grub.cfg': CFG, '/boot/grub/grubenv': 'x' }, KERNELS));
    expect(o.entry?.path).toBe('simple');
    expect(o.messages).toContain('error: invalid environment block.');
  });

  it('is stuck without a kernel file, and goes on without an initramfs', () => {
    const base = { '/boot/grub/grub.cfg': CFG, '/boot/grub/grubenv': grubenv() };
    expect(playGrub(disk(base, [])).stuck).toContain('you need to load the kernel first');
    const o = playGrub(disk(base, ['/boot/vmlinuz-new']));
    expect(o.stuck).toBeUndefined();
    expect(o.initrd).toEqual([]);
    expect(playGrub(disk({}, [])).stuck).toContain('not found');
    expect(playGrub(disk({ '/boot/grub/grub.cfg': CFG.replace('timeout=5', 'timeout=-1') }, KERNELS)).stuck).toContain('waits');
  });

  it('lets a person pick an entry, and refuses to pick what is not there', () => {
    expect(play([], {}, { pick: 'advanced>old-advanced' }).linux?.path).toBe('/boot/vmlinuz-old');
    expect(() => play([], {}, { pick: 'nonsense' })).toThrow('no entry "nonsense"');
  });

  it('lists all entries by their full ids', () => {
    expect(listMenu(disk({ '/boot/grub/grub.cfg': CFG }, KERNELS)).map((e) => e.path)).toEqual(['simple', 'advanced>new-advanced', 'advanced>old-advanced']);
  });

  it('finds its way by GRUB\'s rules for numbers and for > in names', () => {
    expect(leadingNumber('0x10')).toBe(16);
    expect(leadingNumber('010')).toBe(8);
    expect(leadingNumber('gnulinux')).toBeUndefined();
    expect(splitEntryPath('a>>b>c>d')).toEqual({ first: 'a>b', rest: 'c>d' });
    expect(findEntry([], '0')).toBeUndefined();
  });

  it('reads loops, functions, quotes and continued lines', () => {
    const text = `function f { set got="\${got}\${1}" ; }
for x in a 'b c' "d"; do f "\${x}"; done
if ! false; then set not=yes; fi
set long=one\\
two
menuentry "\${got}-\${not}-\${long} \\$5" --id=q { linux /boot/vmlinuz-new "$got" ; }
set timeout=0`;
    const o = playGrub(disk({ '/boot/grub/grub.cfg': text }, KERNELS));
    expect(o.entry).toEqual({ id: 'q', title: 'ab cd-yes-onetwo $5', path: 'q' });
    expect(o.linux?.args).toBe('ab cd');
  });

  it.each([
    ['an if without fi', 'if true; then true', 'before'],
    ['an open quote', "echo 'x", 'never closed'],
    ['a stray brace', '}', 'without its {'],
    ['a pipe', 'echo a | b', 'no |'],
  ])('refuses %s with file and line', (_, text, words) => {
    expect(() => parseGrubScript(text, 'grub.cfg')).toThrow(GrubSyntaxError);
    expect(() => parseGrubScript(text, 'grub.cfg')).toThrow(words);
    expect(() => parseGrubScript(text, 'grub.cfg')).toThrow(/^grub\.cfg:\d+: /);
    expect(playGrub(disk({ '/boot/grub/grub.cfg': text })).stuck).toContain('syntax error');
  });
});

describe('grubenv', () => {
  it('keeps its size and comments, and says when there is no room', () => {
    const text = setInGrubenv(grubenv('a=1'), 'b', 'x\\y')!;
    expect(text).toHaveLength(GRUBENV_SIZE);
    expect([...parseGrubenv(text)!]).toEqual([
      ['a', '1'],
      ['b', 'x\\y'],
    ]);
    expect(parseGrubenv(setInGrubenv(text, 'a', undefined)!)!.has('a')).toBe(false);
    expect(setInGrubenv(grubenv(), 'a', 'x'.repeat(GRUBENV_SIZE))).toBeUndefined();
    expect(setInGrubenv('rubbish', 'a', '1')).toBeUndefined();
  });
});

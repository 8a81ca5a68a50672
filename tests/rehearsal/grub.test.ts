/** Our reader of menus against each release's own grub-emu. */
import { describe, expect, it } from 'vitest';
import { askGrub } from '../../src/lab/grub/ask.ts';
import { runGrubEmu } from '../../src/lab/grub/emu.ts';
import { requirements } from '../../src/lab/host.ts';
import { readRootSpec } from '../../src/lab/host-spec.ts';
import { goldLayers } from '../../src/lab/layer/gold.ts';
import { CFG, grubenv, KERNELS } from '../lib/grub-menu.ts';

const able = await requirements();
const reason = able.missing.map((m) => `${m.what} (${m.install})`).join('; ');
if (!able.ok) console.warn(`rehearsal hosts are not tested here; missing: ${reason}`);

describe.skipIf(!able.ok).each(['debian-13', 'debian-12'])('the GRUB of %s', (hostId) => {
  const TRIAL = `menuentry 'Trial' --id=trial {
  set tried=1
  if save_env tried; then linux /boot/vmlinuz-new "root=UUID=1" panic=10 \${tried}x
    initrd /boot/initrd.img-new
  else
    linux /boot/vmlinuz-old ro; initrd /boot/initrd.img-old
  fi
}
menuentry "No initrd" { linux /boot/vmlinuz-old one }
menuentry Both --id both { linux /boot/vmlinuz-old; initrd /boot/initrd.img-new /boot/initrd.img-old; }
menuentry 'Gone' --id gone { linux /boot/vmlinuz-gone; initrd /boot/initrd.img-new; }
menuentry 'Half' --id half { linux /boot/vmlinuz-new; initrd /boot/initrd.img-gone; }
menuentry "Empty" --id empty { linux /boot/vmlinuz-new; initrd /boot/initrd.img-empty; }
menuentry "No kernel" --id hollow { linux /boot/vmlinuz-empty; initrd /boot/initrd.img-new; }
function f { set got="\${got}\${1}" ; }
for x in a 'b c' "d"; do f "\${x}"; done
if ! false; then set not=yes; fi
if [ x$not = xyes -a ! -f $prefix/nothing ]; then
  menuentry "\${got}-\${not}" --id 'odd' 'first' "sec ond" { linux /boot/vmlinuz-new "$1" $2 "$got"; }
fi
submenu 'Deep' --id deep { submenu 'Deeper' --id deeper { menuentry One { linux /boot/vmlinuz-old 1; }
 menuentry Two --id two { linux /boot/vmlinuz-new 2; } } }
`;
  const files = new Map([...KERNELS, '/boot/initrd.img-empty', '/boot/vmlinuz-empty'].map((k) => [k, k.endsWith('empty') ? 0 : 1000] as const));
  const ask = async (env: string | undefined, o: { envWritable?: boolean; pick?: string; custom?: string } = {}) =>
    askGrub((await goldLayers(readRootSpec(hostId))).grub, {
      grubDir: '/boot/grub',
      texts: new Map([['/boot/grub/grub.cfg', CFG], ['/boot/grub/custom.cfg', o.custom ?? TRIAL], ...(env === undefined ? [] : [['/boot/grub/grubenv', env] as const])]),
      sizes: files,
      envWritable: o.envWritable ?? true,
      pick: o.pick,
    });

  it.each([
    'advanced>old-advanced', 'advanced', '1>1', '1>old-advanced', 'Advanced options>Debian, with Linux old', 'old-advanced', 'nonsense', '', '7', '1f3-trial', '0x1>0x1',
    'advanced>nonsense', 'trial', 'No initrd', 'both', 'gone', 'half', 'empty', 'hollow', 'odd', 'deep', 'deep>deeper', 'deep>deeper>two', 'deep>deeper>7', '-1', ' 1>1', '1>1>1', '>', 'a>>b',
  ])('agrees with the lab\'s reader about the default %j', async (saved) => {
    const o = await ask(grubenv(`saved_entry=${saved}`));
    expect(o.entry).toBeDefined();
    await ask(grubenv('saved_entry=advanced>old-advanced', `next_entry=${saved}`));
  });

  it('agrees about a grubenv that is missing, broken or cannot be written, and about a pick', async () => {
    expect((await ask(undefined)).entry?.id).toBe('simple');
    expect((await ask('broken')).entry?.id).toBe('simple');
    expect((await ask(grubenv('next_entry=trial'), { envWritable: false })).linux?.path).toBe('/boot/vmlinuz-old');
    expect((await ask(grubenv('next_entry=trial'))).linux).toEqual({ path: '/boot/vmlinuz-new', args: 'root=UUID=1 panic=10 1x' });
    expect((await ask(grubenv('saved_entry=trial'), { pick: 'advanced>old-advanced' })).entry?.id).toBe('old-advanced');
  });

  it.each(['menuentry "x" {', 'if true; then true', '}', 'echo a | cat', "echo 'x", 'nonsense --option', 'menuentry', ''])('agrees about a custom.cfg that says %j', async (custom) => {
    expect((await ask(grubenv('next_entry=trial', 'saved_entry=1>1'), { custom })).entry?.id).toBe('simple');
    expect((await ask(grubenv('saved_entry=1>1'), { custom })).entry?.id).toBe('old-advanced');
  });

  it('agrees that a submenu sees exported variables and all functions, and no other variable', async () => {
    const custom = `set plain=1
set shown=1
export shown
function note {
  if [ -n "\${plain}" ]; then save_env plain; fi
  if [ -n "\${shown}" ]; then save_env shown; fi
}
submenu 'Scope' --id scope { menuentry 'In' --id in { note; linux /boot/vmlinuz-old "\${plain}-\${shown}"; initrd /boot/initrd.img-old; } }
menuentry 'Top' --id top { note; linux /boot/vmlinuz-old "\${plain}-\${shown}"; initrd /boot/initrd.img-old; }
`;
    const below = await ask(grubenv('saved_entry=scope>in'), { custom });
    expect([below.linux?.args, below.grubenv?.match(/^(plain|shown)=.*$/gm)]).toEqual(['-1', ['shown=1']]);
    const top = await ask(grubenv('saved_entry=top'), { custom });
    expect([top.linux?.args, top.grubenv?.match(/^(plain|shown)=.*$/gm)]).toEqual(['1-1', ['plain=1', 'shown=1']]);
  });

  it('tells entry, kernel, arguments and initramfs by itself', async () => {
    const layers = (await goldLayers(readRootSpec(hostId))).grub;
    const emu = await runGrubEmu(layers, { configs: { 'grub.cfg': CFG }, grubenv: grubenv('saved_entry=1>1'), files, envWritable: true });
    expect(emu).toEqual({ chosen: 'advanced>old-advanced', linux: { path: '/boot/vmlinuz-old', args: 'root=UUID=1 ro quiet' }, initrd: ['/boot/initrd.img-old'], saved: [] });
  });
});

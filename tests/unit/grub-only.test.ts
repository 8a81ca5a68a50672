/** The pure parts of the GRUB-only tier. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { adaptMenu, bootUuid, filesNamed } from '../../src/lab/grub-only/adapt.ts';
import { currentGrubenv, findGrubenvs } from '../../src/lab/grub-only/env-block.ts';
import { envAfter, isSafe, judge } from '../../src/lab/grub-only/judge.ts';
import { LAYOUTS } from '../../src/lab/grub-only/layout.ts';
import { lvmCrc, lvmHeader } from '../../src/lab/grub-only/lvm.ts';
import { assemble } from '../../src/lab/grub-only/machine-code.ts';
import { bootTrack } from '../../src/lab/grub-only/mbr.ts';
import { mdHeader } from '../../src/lab/grub-only/md.ts';
import { planDisk, withFile, withText, type Plan } from '../../src/lab/grub-only/plan.ts';
import { CONTROL, kindOf, SCENARIOS, withoutGuard } from '../../src/lab/grub-only/scenarios.ts';
import { onScreen, parseBoots, type Boot } from '../../src/lab/grub-only/serial.ts';
import { tinyKernel } from '../../src/lab/grub-only/tiny-kernel.ts';
import { readKernelImage } from '../../src/lab/root/kernel-image.ts';

const UUID = '3f1b8a52-6d0c-4e7a-9a35-51c7e2d40b17';
const OLD = '6.12.1-amd64';
const NEW = '7.3.4-amd64';

const body = (release: string): string => `	insmod part_msdos
	insmod ext2
	set root='hd0,msdos1'
	if [ x$feature_platform_search_hint = xy ]; then
	  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 --hint-efi=hd0,msdos1 --hint-baremetal=ahci0,msdos1 ${UUID}
	else
	  search --no-floppy --fs-uuid --set=root ${UUID}
	fi
	linux	/boot/vmlinuz-${release} root=UUID=${UUID} ro  quiet
	initrd	/boot/initrd.img-${release}
`;
const MENU = `menuentry 'one' --id one {\n${body(NEW)}}\nmenuentry 'two' --id two {\n${body(OLD)}}\n`;
const ENV = `# GRUB Environment Block\nsaved_entry=two\nnext_entry=trialboot-trial\n`.padEnd(1024, '#');
const menu = { grubCfg: MENU, customCfg: undefined, grubenv: ENV };
const captured = { hostId: 'h', oldRelease: OLD, newRelease: NEW, upgraded: menu, armed: { ...menu, customCfg: `menuentry 't' {\n  if save_env trialboot_tried; then\n${body(NEW)}  fi\n}\n` }, modules: '', base: '', grubVersion: '' };

const boot = (release: string, args: string, more: Partial<Boot> = {}): Boot => ({
  release, image: `/boot/vmlinuz-${release}`, args, initrd: true, initrdText: `initrd.img-${release}`, ...more,
});

describe('stand-in kernel', () => {
  test('is a whole boot image by the documented header, of less than two KiB', () => {
    const image = tinyKernel(NEW);
    expect(readKernelImage(image)).toMatchObject({ release: NEW });
    expect(image.length).toBeLessThan(2048);
    const cut = readKernelImage(image.subarray(0, 1100));
    expect(cut).toHaveProperty('broken');
  });
  test('a release that would end its own line is refused', () => {
    expect(() => tinyKernel('7.3 amd64')).toThrow(/no kernel release/);
    expect(() => tinyKernel('7.3]')).toThrow(/no kernel release/);
  });
  test('labels: short jumps are counted from the next instruction; a missing label and one too far away are errors', () => {
    expect([...assemble([{ label: 'a' }, [0x90, 0xeb], { rel8: 'a' }, [0xe9], { offset32: 'b' }, { label: 'b' }])]).toEqual([0x90, 0xeb, 0xfd, 0xe9, 8, 0, 0, 0]);
    expect(() => assemble([[0xeb], { rel8: 'nowhere' }])).toThrow(/no label nowhere/);
    expect(() => assemble([[0xeb], { rel8: 'far' }, new Uint8Array(200), { label: 'far' }])).toThrow(/200 bytes away/);
  });
});

describe('fitting a menu to a layout', () => {
  test('on the layout the host has, nothing changes', () => {
    expect(adaptMenu(MENU, LAYOUTS.ext4)).toBe(MENU);
  });
  test.each(['xfs', 'btrfs', 'fat', 'lvm', 'md'] as const)('%s: only lines about the device change', (name) => {
    const before = MENU.split('\n');
    const text = adaptMenu(MENU, LAYOUTS[name]);
    const kept = text.split('\n').filter((l) => before.includes(l));
    const rest = text.split('\n').filter((l) => !before.includes(l));
    expect(kept).toEqual(expect.arrayContaining(before.filter((l) => /linux|initrd|menuentry/.test(l))));
    for (const line of rest) expect(line).toMatch(/^\s*(insmod (xfs|btrfs|fat|lvm|ext2|diskfilter|mdraid1x)|set root='|search --no-floppy --fs-uuid --set=root )/);
    expect(text).not.toMatch(name === 'lvm' || name === 'md' ? /hd0,msdos1/ : /insmod ext2/);
  });
  test('names volumes as update-grub does', () => {
    const text = adaptMenu(MENU, LAYOUTS.lvm);
    expect(text).toContain(`\tinsmod lvm\n\tinsmod ext2\n\tset root='${LAYOUTS.lvm.device}'`);
    expect(text).toContain(`--set=root --hint='${LAYOUTS.lvm.device}'  ${UUID}`);
    expect(adaptMenu(MENU, LAYOUTS.fat)).toContain('--hint-baremetal=ahci0,msdos1 7B0A-71A1');
  });
  test('a menu in an unknown form is refused, not passed on', () => {
    expect(() => adaptMenu('menuentry x { linux /vmlinuz }', LAYOUTS.lvm)).toThrow(/0 lines "set root"/);
    expect(() => adaptMenu(MENU.replace('--hint-efi=hd0,msdos1 ', ''), LAYOUTS.lvm)).toThrow(/hinted searches/);
    expect(() => adaptMenu(`${MENU}set other='hd0,msdos1'\n`, LAYOUTS.lvm)).toThrow(/still names/);
    expect(() => bootUuid(MENU.replace(UUID, UUID.replace('3', '4')))).toThrow(/2 file systems/);
  });
  test('finds what is loaded, also inside conditions and with several initrds', () => {
    expect(filesNamed(`if linux /boot/vmlinuz-1 ro; then\n  if initrd	/boot/a /boot/b; then set ok=1; fi; fi\n\tlinux	/boot/vmlinuz-2 ro\n# linux /no`)).toEqual({
      kernels: ['/boot/vmlinuz-1', '/boot/vmlinuz-2'], initrds: ['/boot/a', '/boot/b'],
    });
  });
});

describe('what is written by hand', () => {
  test("LVM's checksum is CRC-32 with another start and without the last inversion", () => {
    // A CRC is linear: the difference of two messages does not depend on the start value, and is CRC-32's own.
    const zero = lvmCrc(new Uint8Array(4));
    const one = lvmCrc(Uint8Array.of(1, 0, 0, 0));
    expect((zero ^ one) >>> 0).toBe((crc32(new Uint8Array(4)) ^ crc32(Uint8Array.of(1, 0, 0, 0))) >>> 0);
    // The start value itself: nothing read yet.
    expect(lvmCrc(new Uint8Array(0))).toBe(0xf597a6cf);
  });
  test('the label and the metadata area of a physical volume carry their own checksums', () => {
    const head = Buffer.from(lvmHeader(41 * 1024 * 1024));
    expect(head.toString('latin1', 512, 520)).toBe('LABELONE');
    expect(head.readUInt32LE(512 + 16)).toBe(lvmCrc(head.subarray(512 + 20, 1024)));
    expect(head.readUInt32LE(4096)).toBe(lvmCrc(head.subarray(4100, 4608)));
    expect(() => lvmHeader(1234)).toThrow(/no whole number of extents/);
  });
  test('the RAID superblock adds up', () => {
    const sb = Buffer.from(mdHeader(41 * 1024 * 1024)).subarray(4096, 4096 + 260);
    const stored = sb.readUInt32LE(216);
    sb.writeUInt32LE(0, 216);
    let sum = 0n;
    for (let at = 0; at < sb.length; at += 4) sum += BigInt(sb.readUInt32LE(at));
    expect(BigInt(stored)).toBe((sum & 0xffffffffn) + (sum >> 32n));
  });
  test('a core image that would reach into the partition is refused', () => {
    expect(() => bootTrack(new Uint8Array(512), new Uint8Array(1024 * 1024), 1024)).toThrow(/there is room for/);
    expect(bootTrack(new Uint8Array(512), Uint8Array.of(7), 1024).at(512)).toBe(7);
  });
});

describe('reading back', () => {
  test('kernel lines among terminal control; a line without its end is not taken', () => {
    const raw = `\u001b[7mmenu\u001b[m\r\nTINY ${NEW} [initrd.img-${NEW}] BOOT_IMAGE=/boot/vmlinuz-${NEW} ro trialboot.trial=${NEW}\nx\r\nTINY ${OLD} [] BOOT_IMAGE=/boot/vm`;
    expect(parseBoots(raw)).toEqual([boot(NEW, `ro trialboot.trial=${NEW}`)]);
    expect(parseBoots(`${raw}\n`)[1]).toMatchObject({ release: OLD, initrd: false, initrdText: '' });
    expect(onScreen(raw).split('\n')[0]).toBe('menu');
  });
  test('finds the block wherever it lies, damaged or cut, and not the text in a module', () => {
    const image = Buffer.alloc(8192);
    image.write('# GRUB Environment Block\n\0\x7fELF', 100, 'latin1');
    expect(findGrubenvs(image)).toEqual([]);
    image.write(ENV, 4096, 'latin1');
    expect(findGrubenvs(image)).toEqual([ENV]);
    image.write('X', 4096, 'latin1');
    expect(findGrubenvs(image)).toEqual([`X${ENV.slice(1)}`]);
    image.fill(0, 4096 + 512);
    expect(findGrubenvs(image)).toEqual([`X${ENV.slice(1, 512)}`]);
    image.write(ENV, 6000, 'latin1');
    expect(findGrubenvs(image)).toHaveLength(2);
    const cut = `X${ENV.slice(1, 512)}`;
    expect(currentGrubenv(findGrubenvs(image), [cut])).toBe(ENV);
    expect(currentGrubenv([], [cut])).toBeUndefined();
    expect(() => currentGrubenv(findGrubenvs(image), [])).toThrow(/2 different environment blocks/);
  });
});

describe('judging', () => {
  const plan = planDisk(captured, 'armed', LAYOUTS.ext4);
  const scenario = { ...SCENARIOS[0]!, boots: ['trial', 'old'] as const };
  const spent = ENV.replace('next_entry=trialboot-trial\n', 'next_entry=\ntrialboot_tried=1\n');
  const trial = boot(NEW, `ro trialboot.trial=${NEW}`);

  test('kinds of starts; a kernel whose markers or path contradict it is none', () => {
    expect(kindOf(trial, plan)).toBe('trial');
    expect(kindOf(boot(NEW, 'ro'), plan)).toBe('new');
    expect(kindOf(boot(OLD, 'ro'), plan)).toBe('old');
    expect(kindOf(boot(OLD, `ro trialboot.refused=${NEW}`), plan)).toBe('refused');
    expect(kindOf(boot(OLD, `ro trialboot.trial=${NEW}`), plan)).toBeUndefined();
    expect(kindOf(boot(OLD, 'ro', { image: '' }), plan)).toBeUndefined();
    expect(kindOf(boot('5.10', 'ro'), plan)).toBeUndefined();
  });
  test('passes only what is as called for', () => {
    const good = { boots: [trial, boot(OLD, 'ro')], stuck: false };
    expect(judge(scenario, plan, good, spent)).toEqual([]);
    expect(judge(scenario, plan, good, ENV).join()).toMatch(/environment afterwards/);
    expect(judge(scenario, plan, { ...good, boots: [trial, trial] }, spent).join()).toMatch(/booted trial, trial; expected trial, old.*not safe/);
    expect(judge(scenario, plan, { ...good, stuck: true }, spent).join()).toMatch(/stood still.*not safe/);
    expect(judge(scenario, plan, { ...good, boots: [trial, boot(OLD, 'ro', { initrd: false, initrdText: '' })] }, spent).join()).toMatch(/start 2: .* no initrd/);
    expect(judge({ ...scenario, unsafe: 'because' }, plan, good, spent).join()).toMatch(/correct the scenario/);
  });
  test('safe means: never the new kernel unguarded, on trial at most once, never standing still', () => {
    expect(isSafe(['trial', 'old', 'refused'], false)).toBe(true);
    for (const kinds of [['trial', 'trial'], ['old', 'new'], [undefined]] as const) expect(isSafe(kinds, false)).toBe(false);
    expect(isSafe(['old'], true)).toBe(false);
  });
  test('the environment in words', () => {
    expect(envAfter(spent)).toEqual({ nextEntry: '', tried: '1' });
    expect(envAfter(`X${ENV.slice(1)}`)).toBe('none');
    expect(envAfter(undefined)).toBe('none');
  });
});

describe('plans', () => {
  const plan = planDisk(captured, 'armed', LAYOUTS.ext4);
  test('hold every file the menus name', () => {
    expect([...plan.files.keys()].sort()).toEqual(['/boot/grub/custom.cfg', '/boot/grub/grub.cfg', '/boot/grub/grubenv', `/boot/initrd.img-${OLD}`, `/boot/initrd.img-${NEW}`, `/boot/vmlinuz-${OLD}`, `/boot/vmlinuz-${NEW}`].sort());
    expect(() => planDisk({ ...captured, oldRelease: '5.10' }, 'armed', LAYOUTS.ext4)).toThrow(/no kernel or no initrd for 5.10/);
  });
  test('a change that changes nothing is an error: the scenario would prove nothing', () => {
    expect(() => withText(plan, '/boot/grub/custom.cfg', (t) => t)).toThrow(/changed nothing/);
    expect(() => withFile(plan, '/boot/none', () => undefined)).toThrow(/not on the disk/);
    const open = withoutGuard(plan);
    expect(Buffer.from(open.files.get('/boot/grub/custom.cfg')!.content).toString()).toContain('if true; then');
    expect(() => withoutGuard(open as Plan)).toThrow(/changed nothing/);
  });
  test('names are unique, and fit the evidence; each unsafe one says why', () => {
    const names = [...SCENARIOS, CONTROL].map((s) => s.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^storage\/[a-z0-9-]+$/);
    for (const s of SCENARIOS) expect(isSafe(s.boots, false), s.name).toBe(s.unsafe === undefined);
  });
});

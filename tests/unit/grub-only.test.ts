/** The pure parts of the GRUB-only tier. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { adaptMenu, bootUuid, filesNamed } from '../../src/lab/grub-only/adapt.ts';
import { adaptBlsMenu, adaptEntry, blsBootUuid, entryFiles } from '../../src/lab/grub-only/adapt-bls.ts';
import { madeBlsHost } from '../lib/bls-host.ts';
import { BLS_CONTROL, BLS_CONTROL_UNPINNED, BLS_SCENARIOS, realPanic } from '../../src/lab/grub-only/bls-scenarios.ts';
import { parseEntries } from '../../src/lab/grub-only/captured.ts';
import { currentGrubenv, findGrubenvs } from '../../src/lab/grub-only/env-block.ts';
import { envAfter, isSafe, judge } from '../../src/lab/grub-only/judge.ts';
import { LAYOUTS } from '../../src/lab/grub-only/layout.ts';
import { lvmCrc, lvmHeader } from '../../src/lab/grub-only/lvm.ts';
import { assemble } from '../../src/lab/grub-only/machine-code.ts';
import { bootTrack } from '../../src/lab/grub-only/mbr.ts';
import { mdHeader } from '../../src/lab/grub-only/md.ts';
import { planDisk, withFile, withText, type Plan } from '../../src/lab/grub-only/plan.ts';
import { CONTROL, kindOf, SCENARIOS, withoutGuard } from '../../src/lab/grub-only/scenarios.ts';
import { emptyInitramfs, withRelease } from '../../src/lab/grub-only/real-kernel.ts';
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
const menu = { grubCfg: MENU, customCfg: undefined, entries: new Map<string, string>(), grubenv: ENV };
const captured = { hostId: 'h', grubDir: '/boot/grub', committed: undefined, grubLayers: [], oldRelease: OLD, newRelease: NEW, upgraded: menu, armed: { ...menu, customCfg: `menuentry 't' {\n  if save_env trialboot_tried; then\n${body(NEW)}  fi\n}\n` }, modules: '', base: '', grubVersion: '' };

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
    expect(isSafe(['new', 'new'], false, true)).toBe(true);
    for (const kinds of [['new', 'old'], ['trial'], [undefined]] as const) expect(isSafe(kinds, false, true)).toBe(false);
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
    const names = [...SCENARIOS, CONTROL, ...BLS_SCENARIOS, BLS_CONTROL, BLS_CONTROL_UNPINNED, realPanic(new Uint8Array())].map((s) => s.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^storage\/[a-z0-9-]+$/);
    for (const s of [...SCENARIOS, ...BLS_SCENARIOS]) expect(isSafe(s.boots, false, s.stage === 'committed'), s.name).toBe(s.unsafe === undefined);
  });
});

describe('hosts with boot entries', () => {
  const BLS_OLD = '6.12.0-124.20.1.el10_1.x86_64';
  const BLS_NEW = '6.12.0-211.7.3.el10_2.x86_64';
  const ID = 'b61f0a7c4d2e4f9f8c35d1e07a94c218';
  const host = madeBlsHost({ oldRelease: BLS_OLD, newRelease: BLS_NEW, machineId: ID }, { modules: '', base: '', grubLayers: [], grubVersion: '' });
  const text = (plan: Plan, path: string): string => Buffer.from(plan.files.get(path)!.content).toString();

  test('with a /boot of its own, everything lies at the root of that file system', () => {
    const plan = planDisk(host, 'armed', LAYOUTS.xfs, { ownBoot: true });
    expect([...plan.files.keys()].sort()).toEqual(['/grub2/custom.cfg', '/grub2/grub.cfg', '/grub2/grubenv', `/initramfs-${BLS_OLD}.img`, `/initramfs-${BLS_NEW}.img`, `/loader/entries/${ID}-${BLS_OLD}.conf`, `/loader/entries/${ID}-${BLS_NEW}.conf`, '/trialboot.cpio', `/vmlinuz-${BLS_OLD}`, `/vmlinuz-${BLS_NEW}`].sort());
    expect(text(plan, '/grub2/grub.cfg')).toMatch(/^insmod xfs\nsearch .* 3f1b8a52-\S+\ninsmod blsuki\nblscfg\n/m);
    expect(text(plan, '/grub2/custom.cfg')).not.toContain('/boot/');
    expect(text(plan, `/loader/entries/${ID}-${BLS_NEW}.conf`)).toContain(`\nlinux /vmlinuz-${BLS_NEW}\ninitrd /initramfs-${BLS_NEW}.img\noptions root=`);
  });
  test('on the root, only the names of the module and the folder change', () => {
    const plan = planDisk(host, 'armed', LAYOUTS.ext4);
    const [before, after] = [host.armed.grubCfg, text(plan, '/boot/grub2/grub.cfg')].map((t) => t.split('\n'));
    expect(after!.filter((l) => !before!.includes(l))).toEqual(['terminal_output serial', 'insmod blsuki', 'blscfg --path /boot/loader/entries']);
    expect(text(plan, '/boot/grub2/custom.cfg')).toBe(host.armed.customCfg);
    expect(text(plan, `/boot/loader/entries/${ID}-${BLS_OLD}.conf`)).toBe(host.armed.entries.get(`${ID}-${BLS_OLD}.conf`));
  });
  test('a menu in an unknown form is refused, not passed on', () => {
    expect(() => adaptBlsMenu(host.armed.grubCfg.replace('\nblscfg', '\n'), LAYOUTS.xfs, true)).toThrow(/0 lines \^blscfg\$/);
    expect(() => adaptBlsMenu(`${host.armed.grubCfg}blscfg\n`, LAYOUTS.xfs, true)).toThrow(/2 lines \^blscfg\$/);
    expect(() => blsBootUuid('search --no-floppy --fs-uuid --set=root \n')).toThrow(/0 file systems/);
    expect(() => planDisk(captured, 'armed', LAYOUTS.ext4, { ownBoot: true })).toThrow(/menu in grub.cfg/);
    expect(() => planDisk(captured, 'committed', LAYOUTS.ext4)).toThrow(/nothing was captured/);
  });
  test('the paths in an entry, and only they; a variable is no file', () => {
    const entry = 'title /boot/x\nlinux /boot/vmlinuz-1\ninitrd /boot/a.img $tuned_initrd\noptions a=/boot/b\n';
    expect(adaptEntry(entry, true)).toBe('title /boot/x\nlinux /vmlinuz-1\ninitrd /a.img $tuned_initrd\noptions a=/boot/b\n');
    expect(adaptEntry(entry, false)).toBe(entry);
    expect(entryFiles(entry)).toEqual({ kernels: ['/boot/vmlinuz-1'], initrds: ['/boot/a.img'] });
    expect(parseEntries('==> a.conf\ntitle A\n==> b.conf\n\ntitle B')).toEqual(new Map([['a.conf', 'title A\n'], ['b.conf', '\ntitle B']]));
    expect(parseEntries('')).toEqual(new Map());
  });
  test('another release takes the place of the new one everywhere, and the environment keeps its size', () => {
    const other = withRelease(host, '6.12.118+deb13-cloud-amd64');
    expect(JSON.stringify([other.armed.customCfg, ...other.armed.entries, other.committed!.grubenv])).not.toContain(BLS_NEW);
    expect(other.committed!.grubenv).toContain(`saved_entry=${ID}-6.12.118+deb13-cloud-amd64\n`);
    expect([other.upgraded.grubenv.length, other.committed!.grubenv.length]).toEqual([1024, 1024]);
    expect(planDisk(other, 'armed', LAYOUTS.xfs, { ownBoot: true }).files.has('/vmlinuz-6.12.118+deb13-cloud-amd64')).toBe(true);
  });
  test('each scenario changes what it says it changes', () => {
    for (const s of [...BLS_SCENARIOS, BLS_CONTROL, BLS_CONTROL_UNPINNED, realPanic(Uint8Array.of(1))]) {
      const fresh = planDisk(host, s.stage, LAYOUTS[s.layout], { ownBoot: s.ownBoot ?? false });
      if (s.change) expect([...s.change(fresh).files], s.name).not.toEqual([...fresh.files]);
    }
  });
  test("a real kernel's log is read as a start", () => {
    const line = `BOOT_IMAGE=/vmlinuz-${BLS_NEW} ro trialboot.trial=${BLS_NEW}`;
    const log = `\u001b[0m[    0.000000] Linux version ${BLS_NEW} (a@b) #1\r\n[    0.000000] Command line: ${line}\r\n[    0.010000] RAMDISK: [mem 0x1-0x2]\r\n[    0.020000] Kernel command line: ${line}\r\n`;
    const boots = parseBoots(log);
    expect(boots).toEqual([{ release: BLS_NEW, image: `/vmlinuz-${BLS_NEW}`, args: `ro trialboot.trial=${BLS_NEW}`, initrd: true, initrdText: '', real: true }]);
    const plan = planDisk(host, 'armed', LAYOUTS.xfs, { ownBoot: true });
    expect(kindOf(boots[0]!, plan)).toBe('trial');
    expect(parseBoots(log.replace('RAMDISK', 'ramdisk'))[0]).toMatchObject({ initrd: false });
    expect(Buffer.from(emptyInitramfs()).toString('latin1', 0, 6)).toBe('070701');
  });
});

/** From console lines, QEMU's events and greetings to the record of a machine's boots. */
import { describe, expect, test } from 'vitest';
import { bootsOf, CONSOLE_LAG_MS, type Happening, type VmBoot } from '../../src/lab/vm/boots.ts';
import { masterBootRecord } from '../../src/lab/vm/mbr.ts';
import { marksOf, plainLine } from '../../src/lab/vm/serial-text.ts';

const line = (ms: number, text: string): Happening[] => marksOf(text).map((mark) => ({ ms, kind: 'serial', mark }));
const OLD = '[    0.000000] Linux version 6.12.117-cloud-amd64 (debian-kernel@lists.debian.org) (gcc 14.2.0) #1 SMP';
const NEW = '[    0.000000] Linux version 7.3.4+deb13-cloud-amd64 (debian-kernel@lists.debian.org) (gcc 14.2.0) #1 SMP';
const PANIC = '[   12.345678] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100';

describe('console lines', () => {
  test('the kernel and its command line, with terminal control in between', () => {
    expect(marksOf(`\u001b[0m\u001b[37m${NEW}\r`)).toEqual([{ kind: 'kernel', release: '7.3.4+deb13-cloud-amd64' }]);
    expect(marksOf('[    0.0] Kernel command line: BOOT_IMAGE=/boot/vmlinuz ro panic=10')).toEqual([{ kind: 'cmdline', text: 'BOOT_IMAGE=/boot/vmlinuz ro panic=10' }]);
  });

  test('a program that speaks of a Linux version is no kernel', () => {
    expect(marksOf('systemd[1]: Running on Linux version 6.12 or so')).toEqual([]);
    expect(marksOf('         Starting systemd-update-done.service')).toEqual([]);
  });

  test('terminal control is removed, text is not', () => {
    expect(plainLine('\u001b[?25l\u001b[01;01H\u001b[2JWelcome to GRUB!\u0007')).toBe('Welcome to GRUB!');
  });
});

describe('boots', () => {
  const shape = (b: readonly VmBoot[]): unknown[] => b.map((x) => [x.kernel, x.cause, x.end, x.lastWords]);

  test('a trial that panics: three boots, the third caused by the panic', () => {
    const boots = bootsOf([
      { ms: 0, kind: 'power-on' }, ...line(4000, OLD), { ms: 20_000, kind: 'hello', release: '6.12.117-cloud-amd64', bootId: 'a', cmdline: 'ro' },
      ...line(30_000, '[  26.0] reboot: Restarting system'), { ms: 30_050, kind: 'reset' },
      ...line(34_000, NEW), ...line(44_000, PANIC), { ms: 54_000, kind: 'reset' },
      ...line(58_000, OLD), { ms: 75_000, kind: 'hello', release: '6.12.117-cloud-amd64', bootId: 'c', cmdline: 'ro' },
    ]);
    expect(shape(boots)).toEqual([
      ['6.12.117-cloud-amd64', 'power-on', 'reboot', 'reboot: Restarting system'],
      ['7.3.4+deb13-cloud-amd64', 'reboot', 'panic', 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100'],
      ['6.12.117-cloud-amd64', 'panic', undefined, undefined],
    ]);
    expect(boots[1]!.helloMs).toBeUndefined();
    expect(boots[2]!.bootId).toBe('c');
  });

  test('panic words that arrive just after the reset they explain belong to the boot before', () => {
    const boots = bootsOf([{ ms: 0, kind: 'power-on' }, ...line(4000, NEW), { ms: 9000, kind: 'reset' }, ...line(9000 + CONSOLE_LAG_MS - 1, PANIC), ...line(13_000, OLD)]);
    expect(boots.map((b) => [b.kernel, b.cause, b.end])).toEqual([['7.3.4+deb13-cloud-amd64', 'power-on', 'panic'], ['6.12.117-cloud-amd64', 'panic', undefined]]);
  });

  test('a command line that lost characters on the console is the one the agent has read, once it answers', () => {
    const garbled = [{ ms: 0, kind: 'power-on' as const }, ...line(4000, OLD), ...line(4100, '[    0.1] Kernel command line: ro conse=ttyS0 trialbo.trial=7.3.4')];
    expect(bootsOf(garbled)[0]!.cmdline).toBe('ro conse=ttyS0 trialbo.trial=7.3.4');
    const read = 'ro console=ttyS0 trialboot.trial=7.3.4';
    expect(bootsOf([...garbled, { ms: 9000, kind: 'hello', release: '6.12.117-cloud-amd64', bootId: 'a', cmdline: read }])[0]!.cmdline).toBe(read);
  });

  test('one restart that QEMU reports twice is one restart', () => {
    // As seen on QEMU 7.2: the processor asks once more before it is stopped.
    const boots = bootsOf([
      { ms: 339, kind: 'power-on' }, ...line(6433, OLD), { ms: 40_189, kind: 'hello', release: '6.12.117-cloud-amd64', bootId: 'a', cmdline: 'ro' },
      ...line(46_500, '[   40.1] reboot: machine restart'), { ms: 46_520, kind: 'reset' }, { ms: 46_551, kind: 'reset' },
      ...line(54_857, OLD), { ms: 110_365, kind: 'hello', release: '6.12.117-cloud-amd64', bootId: 'b', cmdline: 'ro' },
    ]);
    expect(boots.map((b) => [b.cause, b.bootId, b.end, b.endedMs])).toEqual([['power-on', 'a', 'reboot', 46_520], ['reboot', 'b', undefined, undefined]]);
  });

  test('a restart soon after a start is a restart when the start has shown anything, or when it was no echo', () => {
    const shown = bootsOf([{ ms: 0, kind: 'power-on' }, { ms: 1000, kind: 'reset' }, ...line(1150, 'error: no such device.'), { ms: 1300, kind: 'reset' }]);
    expect(shown).toHaveLength(3);
    const slow = bootsOf([{ ms: 0, kind: 'power-on' }, { ms: 1000, kind: 'reset' }, { ms: 4000, kind: 'reset' }]);
    expect(slow).toHaveLength(3);
  });

  test('of several panics the first is the cause', () => {
    const boots = bootsOf([{ ms: 0, kind: 'power-on' }, ...line(1000, PANIC), ...line(1100, '[ 13.0] Kernel panic - not syncing: second'), { ms: 5000, kind: 'reset' }]);
    expect(boots[0]!.lastWords).toContain('Attempted to kill init');
  });

  test('the watchdog, a power cut, and a machine that switches itself off and is switched on again', () => {
    const boots = bootsOf([
      { ms: 0, kind: 'power-on' }, { ms: 60_000, kind: 'watchdog' }, { ms: 60_001, kind: 'reset' },
      { ms: 70_000, kind: 'power-cut' }, { ms: 71_000, kind: 'power-on' },
      { ms: 90_000, kind: 'power-off' }, { ms: 91_000, kind: 'power-on' },
    ]);
    expect(boots.map((b) => [b.cause, b.end, b.endedMs])).toEqual([['power-on', 'watchdog', 60_001], ['watchdog', 'power-cut', 70_000], ['power-cut', 'power-off', 90_000], ['power-on', undefined, undefined]]);
  });

  test('a boot that never leaves GRUB has no kernel, and keeps what GRUB said', () => {
    const boots = bootsOf([{ ms: 0, kind: 'power-on' }, ...line(900, 'error: file `/boot/vmlinuz-7.3.4\' not found.'), { ms: 8000, kind: 'power-cut' }]);
    expect(boots[0]!.kernel).toBeUndefined();
    expect(boots[0]!.lastWords).toMatch(/^error: file/);
  });

  test('the initramfs that gives up is heard, and is no kernel panic', () => {
    const boots = bootsOf([{ ms: 0, kind: 'power-on' }, ...line(900, NEW), ...line(40_000, 'Rebooting automatically due to panic= boot argument'), { ms: 50_000, kind: 'reset' }]);
    expect(boots.map((b) => b.cause)).toEqual(['power-on', 'reboot']);
    expect(boots[0]!.lastWords).toBe('Rebooting automatically due to panic= boot argument');
  });

  test('a restored machine goes on with the boot it was saved in', () => {
    const saved: VmBoot = { kernel: '6.12.117-cloud-amd64', cause: 'power-on', startedMs: 0, helloMs: 20_000, bootId: 'a' };
    const boots = bootsOf([{ ms: 0, kind: 'restored', boot: saved }, { ms: 3000, kind: 'reset' }, ...line(7000, NEW)]);
    expect(boots[0]).toMatchObject({ restored: true, kernel: '6.12.117-cloud-amd64', bootId: 'a', end: 'reboot' });
    expect(boots[1]).toMatchObject({ kernel: '7.3.4+deb13-cloud-amd64', cause: 'reboot' });
  });
});

describe('the boot sector', () => {
  test('holds code, table and signature, and no more than four partitions', () => {
    const part = { type: 0x83, start: 2048, sectors: 4096, active: true };
    const mbr = masterBootRecord(Buffer.alloc(512, 0xcc), 0x12345678, [part]);
    expect([mbr.length, mbr[439], mbr.readUInt32LE(440), mbr[446], mbr[450], mbr.readUInt32LE(454), mbr.readUInt32LE(458), mbr.readUInt16LE(510)]).toEqual([512, 0xcc, 0x12345678, 0x80, 0x83, 2048, 4096, 0xaa55]);
    expect(mbr.subarray(462, 510).every((b) => b === 0)).toBe(true);
    expect(() => masterBootRecord(Buffer.alloc(512), 0, [part, part, part, part, part])).toThrow(/room for 4/);
  });
});

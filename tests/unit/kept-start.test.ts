/** A start of a rehearsal host, kept beside its disk. */
import { expect, test } from 'vitest';
import { type KeptStart, keptText, readKept } from '../../src/lab/root/kept-start.ts';

const start: KeptStart = {
  record: { kernel: '7.3.4', cmdline: 'BOOT_IMAGE=/vmlinuz ro', entryId: 'e', entryPath: 'm>e', bootId: 'b', initrd: true, cause: 'reboot', messages: ['GRUB says “no”'] },
  lab: new Map<string, string | Uint8Array>([
    ['uname', '7.3.4\nä\n'],
    ['proc/config.gz', Uint8Array.of(0x1f, 0x8b, 0, 0xff)],
    ['sys/module/x/holders/', ''],
  ]),
};

test('comes back as it was, bytes that are no text as well', () => {
  const back = readKept(keptText(start));
  expect(back.record).toEqual(start.record);
  expect([...back.lab.keys()]).toEqual([...start.lab.keys()]);
  expect(back.lab.get('uname')!.toString()).toBe('7.3.4\nä\n');
  expect([...(back.lab.get('proc/config.gz') as Uint8Array)]).toEqual([0x1f, 0x8b, 0, 0xff]);
});

test('half of one is refused', () => expect(() => readKept(keptText(start).slice(0, -20))).toThrow(SyntaxError));

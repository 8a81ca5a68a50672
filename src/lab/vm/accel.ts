/** Which way of running guests works on this machine: found out by running guest code, never by looking for a device. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../system/run.ts';

export type Accel = 'kvm' | 'tcg';

/** The program every machine is. */
export const QEMU = 'qemu-system-x86_64';

/** What the guest code writes to the exit device; QEMU ends with twice that plus one (hw/misc/debugexit.c). */
const WORD = 0x2a;
const EXPECTED = WORD * 2 + 1;

/** A boot sector: mov al, WORD; out 0xf4, al; hlt; and round again. */
export function probeSector(): Buffer {
  const sector = Buffer.alloc(512);
  sector.set([0xb0, WORD, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd]);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** A firmware that has not reached the disk by then runs under an accelerator that does not work. An idle machine needs half a second. */
const LIMIT_MS: Readonly<Record<Accel, number>> = { kvm: 10_000, tcg: 60_000 };

async function works(accel: Accel, sector: string): Promise<boolean> {
  const r = await run(
    [
      QEMU, '-accel', accel, '-machine', 'pc', '-nodefaults', '-display', 'none', '-no-user-config', '-nic', 'none', '-m', '32', '-no-reboot',
      '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', '-drive', `file=${sector},format=raw,if=ide,snapshot=on`,
    ],
    { timeoutMs: LIMIT_MS[accel] },
  ).catch(() => undefined);
  return r?.status === EXPECTED;
}

/** How long a kernel may take to show its banner. With hardware help it needs a second. */
const BANNER_MS = 20_000;

/**
 * Does a real kernel come up? There are machines whose KVM runs a boot sector and hangs in the first kernel it is given (seen
 * on a nested one, 2026-11-24), so a boot sector alone proves nothing.
 */
async function boots(accel: Accel, kernel: string): Promise<boolean> {
  const r = await run(
    [
      QEMU, '-accel', accel, '-machine', 'q35', '-cpu', 'max', '-smp', '2', '-nodefaults', '-display', 'none', '-no-user-config', '-nic', 'none', '-m', '256', '-no-reboot',
      '-kernel', kernel, '-append', 'console=ttyS0 panic=-1', '-serial', 'stdio',
    ],
    // The last line before a kernel without a root file system gives up: memory, timers and both processors have worked.
    { timeoutMs: BANNER_MS, until: /Kernel panic - not syncing: VFS|Unable to mount root/ },
  ).catch(() => undefined);
  return r !== undefined && /Linux version /.test(r.stdout) && /not syncing|Unable to mount root/.test(r.stdout);
}

let known: Promise<Accel> | undefined;

/**
 * The fastest accelerator that boots. /dev/kvm may be there, open, and still fail, so each is tried: first with a boot sector,
 * and KVM with a kernel as well. Asked once in a process.
 * @param kernel a Linux image for x86-64
 * @throws Error when none works
 */
export function accelerator(kernel: string): Promise<Accel> {
  known ??= (async () => {
    const dir = mkdtempSync(join(tmpdir(), 'trialboot-accel-'));
    try {
      const sector = join(dir, 'probe.img');
      writeFileSync(sector, probeSector());
      if ((await works('kvm', sector)) && (await boots('kvm', kernel))) return 'kvm';
      if (await works('tcg', sector)) return 'tcg';
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    throw new Error(`lab: ${QEMU} runs no guest code here, with neither kvm nor tcg. Mend: apt-get install qemu-system-x86 seabios, and see what it says when it is started by hand`);
  })();
  known.catch(() => {
    known = undefined;
  });
  return known;
}

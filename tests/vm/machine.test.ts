/** The virtual machine itself: its channel, its boots, power cuts, panics and snapshots. No runbook here. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive, type ProcessName } from '../../src/lab/system/process.ts';
import { listHosts } from '../../src/lab/system/registry.ts';
import { vmRequirements } from '../../src/lab/vm/requirements.ts';
import { cachedSnapshot, createVm, type Snapshot, type Vm } from '../../src/lab/vm/vm.ts';

const { ok, missing } = await vmRequirements();
const why = ok ? '' : ` [skipped: ${missing.map((m) => `${m.what} (${m.install})`).join('; ')}]`;

const HOST = 'debian-13-vm';
const bootId = async (vm: Vm): Promise<string> => (await vm.read('/proc/sys/kernel/random/boot_id')).trim();
const entry = async (vm: Vm): Promise<{ holder: ProcessName } | undefined> => (await listHosts()).find((h) => h.id === vm.id);

// One machine through all tests, in their order: each boot takes half a minute of an emulated processor.
describe.skipIf(!ok)(`a virtual machine${why}`, () => {
  let snapshot: Snapshot;
  let vm: Vm;
  beforeAll(async () => {
    snapshot = await cachedSnapshot(HOST, 'root-ext4', 'booted', { revision: 1 }, async (fresh) => {
      const r = await fresh.exec('timeout 170 systemctl is-system-running --wait', { timeoutMs: 180_000 });
      expect(r.stdout.trim()).toBe('running');
      await fresh.exec('echo in-memory > /run/trialboot-test');
    });
    vm = await createVm(HOST, { from: snapshot });
  });
  afterAll(() => vm?.destroy());

  test('a snapshot goes on where it was: memory, boot id, channel, and quickly', async () => {
    expect(await vm.read('/run/trialboot-test')).toBe('in-memory\n');
    expect(vm.boots).toHaveLength(1);
    expect(vm.boots[0]).toMatchObject({ restored: true, bootId: await bootId(vm), kernel: (await vm.exec('uname -r')).stdout.trim() });
    // TCG on a noisy machine; the point is that nothing was booted.
    expect(vm.cpuSeconds).toBeLessThan(20);
  });

  test('status, output and errors come back apart; users and variables are those that were asked for', async () => {
    const r = await vm.exec('echo out; echo err >&2; exit 7');
    expect([r.status, r.stdout, r.stderr, r.timedOut]).toEqual([7, 'out\n', 'err\n', false]);
    const who = await vm.exec('id -un; id -Gn; pwd; echo "$A"; env | sort | cut -d= -f1 | tr "\\n" " "', { user: 'admin', env: { A: `it's "so"` } });
    expect(who.stdout).toMatch(/^admin\nadmin sudo\n\/home\/admin\nit's "so"\n/);
    expect(who.stdout).not.toMatch(/INVOCATION_ID|LISTEN/);
    expect((await vm.exec('sudo -n id -u', { user: 'admin' })).stdout).toBe('0\n');
    expect((await vm.exec('wc -c')).stdout.trim()).toBe('0');
  });

  test('300 kB of any bytes arrive whole in both directions', async () => {
    const bytes = Buffer.alloc(300_000, 0).map((_, i) => (i * 31 + (i >> 8)) % 256);
    await vm.copy('/root/deep/er/blob', bytes, 0o640);
    const back = await vm.exec('stat -c %a /root/deep/er/blob; sha256sum < /root/deep/er/blob; base64 -w0 /root/deep/er/blob');
    const [mode, , text] = back.stdout.split('\n');
    expect(mode).toBe('640');
    expect(Buffer.from(text!, 'base64').equals(bytes)).toBe(true);
    expect(await vm.exec('cat', { stdin: 'ä'.repeat(150_000) }).then((r) => r.stdout.length)).toBe(150_000);
  });

  test('the console loses nothing while the lab is busy', async () => {
    const { stdout } = await vm.exec('sysctl -qw kernel.printk_devkmsg=on; (sleep 0.5; for n in $(seq 1000); do echo "<2>line $n of the console" > /dev/kmsg; done) > /dev/null & echo started');
    expect(stdout).toBe('started\n');
    // The lab does something long without looking at its machines, such as hashing a disk.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
    await expect.poll(() => vm.serialText().includes('line 1000 of'), { timeout: 60_000 }).toBe(true);
    const lines = vm.serialText().split('\n').filter((l) => /line \d+ of the console$/.test(l));
    expect(lines).toHaveLength(1000);
  });

  test('a command that runs out of time is ended with all it started, and the next one works', async () => {
    const r = await vm.exec('sleep 987 & sudo sleep 987', { timeoutMs: 2000 });
    expect([r.status, r.timedOut]).toEqual([124, true]);
    expect((await vm.exec('pgrep -c -x sleep')).stdout.trim()).toBe('0');
  });

  test('a reboot is a new boot with a new id, through the real GRUB', async () => {
    const before = await bootId(vm);
    const boot = await vm.reboot();
    expect(vm.boots).toHaveLength(2);
    expect(vm.boots[0]!.end).toBe('reboot');
    expect(boot).toMatchObject({ cause: 'reboot', bootId: await bootId(vm) });
    expect(boot.bootId).not.toBe(before);
    expect(boot.cmdline).toContain('BOOT_IMAGE=');
    expect((await vm.read('/proc/cmdline')).trim()).toBe(boot.cmdline);
    expect((await vm.exec('test -e /run/trialboot-test')).status).toBe(1);
  });

  test('a power cut keeps what was synced and loses what was not', async () => {
    await vm.exec('echo kept > /root/kept && sync');
    await vm.exec('echo lost > /root/lost');
    const boot = await vm.powerCycle();
    expect(boot.cause).toBe('power-cut');
    expect(vm.boots.at(-2)!.end).toBe('power-cut');
    expect(await vm.read('/root/kept')).toBe('kept\n');
    // ext4 gives a file its name with the journal's next commit, five seconds later at most: absent, or there and empty.
    expect((await vm.exec('cat /root/lost 2> /dev/null')).stdout).toBe('');
  });

  test('a panic is recorded with its words, and the kernel restarts by itself', async () => {
    const panicked = vm.boots.length;
    await vm.exec('sysctl -q kernel.panic=3 kernel.sysrq=1; (sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &');
    const boot = await vm.kernelUp(panicked + 1);
    expect(boot.cause).toBe('panic');
    expect(vm.boots[panicked - 1]).toMatchObject({ end: 'panic' });
    expect(vm.boots[panicked - 1]!.lastWords).toMatch(/Kernel panic - not syncing: sysrq triggered crash/);
    expect(vm.serialText()).toContain('Kernel panic - not syncing');
  });

  test('nothing of it is left when it is destroyed', async () => {
    const listed = await entry(vm);
    expect(listed && isAlive(listed.holder)).toBe(true);
    const dir = vm.dir;
    expect(existsSync(join(dir, 'disk.qcow2'))).toBe(true);
    await vm.destroy();
    expect(isAlive(listed!.holder)).toBe(false);
    expect(existsSync(dir)).toBe(false);
    expect(await entry(vm)).toBeUndefined();
    await expect(vm.exec('true')).rejects.toThrow();
  });
});

/** A terminal on a virtual machine: a login shell on a pseudo-terminal in the machine, carried over a port of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { VmGone } from './agent.ts';
import type { Vm } from './machine.ts';

/** Longer than anybody sits at one. */
const A_DAY_MS = 24 * 3600 * 1000;

/** Name of the port in the machine. */
const PORT = '/dev/virtio-ports/trialboot.shell';

/**
 * script(1) makes the pseudo-terminal; it is part of bsdutils, which every Debian system has. The port is opened once, for both
 * directions: the kernel lets nobody open it a second time.
 */
const session = (term: string, size: { columns: number; rows: number }): string => `cd /root
export TERM='${term.replaceAll(/[^A-Za-z0-9-]/g, '')}' HOME=/root
exec script -q -c 'stty cols ${size.columns} rows ${size.rows}; exec bash --login -i' /dev/null <> ${PORT} >&0 2>&1`;

/**
 * Joins a terminal with a shell on the machine until the shell ends. When the machine restarts, waits for its next boot and
 * gives a new shell there.
 * @param told lines about the machine, not from it
 * @returns exit status of the last shell
 */
export async function attach(vm: Vm, stdin: ReadStream | NodeJS.ReadStream, stdout: WriteStream | NodeJS.WriteStream, told: (line: string) => void): Promise<number> {
  const size = { columns: (stdout as WriteStream).columns ?? 80, rows: (stdout as WriteStream).rows ?? 24 };
  const raw = stdin.isTTY ? (on: boolean): unknown => stdin.setRawMode(on) : (): unknown => undefined;
  for (;;) {
    const port = vm.shellPort;
    const toPort = (piece: Buffer): unknown => port.write(piece);
    const fromPort = (piece: Buffer): unknown => stdout.write(piece);
    // The end of piped input is told to the shell as a terminal would tell it.
    const atEnd = (): unknown => port.write('\u0004');
    port.on('data', fromPort);
    stdin.on('data', toPort);
    stdin.on('end', atEnd);
    raw(true);
    stdin.resume();
    const before = vm.boots.length;
    try {
      const r = await vm.exec(session(process.env['TERM'] ?? 'dumb', size), { timeoutMs: A_DAY_MS });
      // What the shell said last is on its way when its end is told.
      await sleep(200);
      if (r.stderr.trim() !== '') told(r.stderr.trim());
      return r.status;
    } catch (error) {
      if (!(error instanceof VmGone)) throw error;
      raw(false);
      if (vm.boots.at(-1)?.end === 'power-off') {
        told('the machine has switched itself off');
        return 0;
      }
      told('the machine restarts; a new shell follows');
      // Its reset may come a moment after the channel has gone.
      await sleep(1000);
      const boot = await vm.up(Math.max(vm.boots.length, before + 1));
      told(`boot ${vm.boots.length}: ${boot.cause} → ${boot.kernel ?? '?'}`);
    } finally {
      raw(false);
      port.off('data', fromPort);
      stdin.off('data', toPort);
      stdin.off('end', atEnd);
      stdin.pause();
    }
  }
}

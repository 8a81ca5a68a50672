/** The starts of a virtual machine, made out from what QEMU, the serial console and the agent said. Pure. */
import type { Mark } from './serial-text.ts';

export type BootCause = 'power-on' | 'reboot' | 'panic' | 'watchdog' | 'power-cut';

/** One start of a machine, from power-on or reset to the next. */
export interface VmBoot {
  /** Release from the kernel's banner. Absent while firmware and GRUB run, and for a start that never left them. */
  kernel?: string;
  /** The kernel's command line: as the agent read it, until then as the kernel printed it. */
  cmdline?: string;
  /** Milliseconds since the machine was made, as are all times here. */
  startedMs: number;
  /** What the start before ended with. */
  cause: BootCause;
  bootId?: string;
  /** When the kernel's banner came. */
  kernelMs?: number;
  /** When the agent greeted. */
  helloMs?: number;
  endedMs?: number;
  /** How it ended; absent while it runs. */
  end?: 'reboot' | 'panic' | 'watchdog' | 'power-cut' | 'power-off';
  /** The most decisive line of the serial console, such as "Kernel panic - not syncing: …". */
  lastWords?: string;
  /** It was going on when the machine was restored from a snapshot. */
  restored?: true;
}

/** Something that happened to a machine. */
export type Happening = { ms: number } & (
  | { kind: 'power-on' }
  | { kind: 'restored'; boot: VmBoot }
  | { kind: 'reset' }
  | { kind: 'watchdog' }
  | { kind: 'power-cut' }
  | { kind: 'power-off' }
  | { kind: 'hello'; release: string; bootId: string; cmdline: string }
  | { kind: 'serial'; mark: Mark }
);

/**
 * QEMU's events and the console come by different ways. What the console says so soon after a reset was said before it:
 * no firmware and no GRUB are that quick.
 */
export const CONSOLE_LAG_MS = 120;

/**
 * A processor that asks for a reset goes on until QEMU stops it, and may ask again: one restart, two events, 31 ms apart (seen on
 * QEMU 7.2). No firmware gets to a restart of its own so soon.
 */
export const RESET_ECHO_MS = 400;

interface Open extends VmBoot {
  weight: number;
  barked: boolean;
  /** It began with a reset, and nothing has been heard of it. */
  silent: boolean;
}

/** @param happenings in the order in which the lab learned of them */
export function bootsOf(happenings: readonly Happening[]): VmBoot[] {
  const boots: Open[] = [];
  let cause: BootCause = 'power-on';
  const running = (): Open | undefined => {
    const last = boots.at(-1);
    return last && last.end === undefined ? last : undefined;
  };
  const close = (ms: number, end: NonNullable<VmBoot['end']>): void => {
    const boot = running();
    if (!boot) return;
    boot.endedMs = ms;
    boot.end = end;
    cause = end === 'power-off' ? 'power-on' : end;
  };
  const settle = (boot: Open): void => {
    // Its last words may come just after the reset they explain.
    if (boot.end !== 'reboot' || boot.weight < 9) return;
    boot.end = 'panic';
    const next = boots[boots.indexOf(boot) + 1];
    if (next) next.cause = 'panic';
    cause = 'panic';
  };
  for (const h of happenings) {
    const boot = boots.at(-1);
    if (h.kind === 'power-on') boots.push({ startedMs: h.ms, cause, weight: 0, barked: false, silent: false });
    else if (h.kind === 'restored') boots.push({ ...h.boot, startedMs: h.ms, restored: true, weight: 0, barked: false, silent: false });
    else if (h.kind === 'reset') {
      if (boot?.silent && boot.end === undefined && h.ms - boot.startedMs < RESET_ECHO_MS) continue;
      close(h.ms, boot?.barked ? 'watchdog' : boot && boot.weight >= 9 ? 'panic' : 'reboot');
      boots.push({ startedMs: h.ms, cause, weight: 0, barked: false, silent: true });
    } else if (h.kind === 'power-cut' || h.kind === 'power-off') close(h.ms, h.kind);
    else if (!boot) continue;
    else if (h.kind === 'watchdog') boot.barked = true;
    else if (h.kind === 'hello') {
      boot.silent = false;
      boot.helloMs = h.ms;
      boot.bootId = h.bootId;
      // A kernel whose console shows no banner is known by the agent at the latest.
      boot.kernel ??= h.release;
      // The console may drop characters of it; /proc/cmdline does not.
      boot.cmdline = h.cmdline;
    } else {
      const before = boots.at(-2);
      const late = before?.end !== undefined && h.ms < boot.startedMs + CONSOLE_LAG_MS && h.mark.kind === 'words';
      const whose = late ? before : boot;
      whose.silent = false;
      if (h.mark.kind === 'kernel') {
        whose.kernel = h.mark.release;
        whose.kernelMs = h.ms;
      } else if (h.mark.kind === 'cmdline') whose.cmdline = h.mark.text;
      else if (h.mark.weight >= whose.weight) {
        // The first panic is the cause; what comes after it of the same weight is noise.
        if (h.mark.weight > whose.weight || h.mark.weight < 9) whose.lastWords = h.mark.text;
        whose.weight = h.mark.weight;
        if (late) settle(whose);
      }
    }
  }
  return boots.map(({ weight: _weight, barked: _barked, silent: _silent, ...boot }) => boot);
}

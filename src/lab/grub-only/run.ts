/** Starts a disk in QEMU again and again: GRUB, stand-in kernel, reset, GRUB … until enough kernels have started or GRUB stands still. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onExit } from '../system/on-exit.ts';
import { toolEnv } from '../system/run.ts';
import { onScreen, parseBoots, type Boot } from './serial.ts';

export const QEMU = 'qemu-system-x86_64';

/** How a run ended. */
export interface MachineRun {
  boots: Boot[];
  /** Everything that was on the serial port, without terminal control. */
  screen: string;
  /** GRUB stood still: no further start came. The last thing it said is at the end of `screen`. */
  stuck: boolean;
  /** CPU seconds of the QEMU process. */
  cpuSeconds: number;
  wallSeconds: number;
}

export interface MachineOptions {
  /** So many starts end the run. */
  boots: number;
  /** CPU seconds without a word on the serial port after which GRUB is taken to stand still; wall time says little on a busy machine. */
  silentCpuSeconds?: number;
  /** Wall seconds after which the run ends in any case. */
  wallSeconds?: number;
  /** MiB of memory: stand-in kernels need none. */
  memory?: number;
  /** One instruction takes 2^shift ns: a kernel with a clock that ticks must be able to do something between two ticks. */
  shift?: number;
}

/**
 * One instruction takes 2^SHIFT ns of the machine's own time. So GRUB's five seconds of menu, and the ten it waits after an
 * error, cost a fraction of a second here, and take their full length on the machine's clock: no timeout has to be changed.
 */
const SHIFT = 10;

const argv = (image: string, { memory = 64, shift = SHIFT }: MachineOptions): string[] => [
  '-machine', 'pc,usb=off', '-accel', 'tcg', '-icount', `shift=${shift},sleep=off`, '-m', String(memory),
  '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none', '-boot', 'menu=off',
  '-serial', 'stdio', '-drive', `file=${image},format=raw,if=virtio,cache=writeback`,
];

const TICKS_PER_SECOND = 100;

/** CPU seconds of a process that has not been waited for yet, from proc_pid_stat(5); 0 when it is gone. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/**
 * Starts the disk. What GRUB writes lands in the image.
 * @param image path of a raw disk image; a comma in it would end the option
 * @throws Error when QEMU cannot be started, or ends by itself: a machine that resets never does
 */
export function startDisk(image: string, o: MachineOptions): Promise<MachineRun> {
  if (image.includes(',')) throw new Error(`grub-only: QEMU cannot open ${image}: it takes the comma for the end of the name. Mend: set TMPDIR to a folder without commas`);
  const silentLimit = o.silentCpuSeconds ?? 4;
  const wallLimit = o.wallSeconds ?? 120;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(QEMU, argv(image, o), { cwd: '/', env: toolEnv(), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let raw = '';
    let errors = '';
    let cpu = 0;
    let cpuAtLastWord = 0;
    let outcome: 'running' | 'enough' | 'stuck' = 'running';
    // Only ever our own child, which has not been waited for: its number cannot be another's.
    const kill = (): void => {
      if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(child.pid, 'SIGKILL');
    };
    const forget = onExit(kill);
    const look = (): void => {
      if (child.pid) cpu = Math.max(cpu, cpuOf(child.pid));
    };
    const end = (how: 'enough' | 'stuck'): void => {
      if (outcome !== 'running') return;
      outcome = how;
      look();
      kill();
    };
    const timer = setInterval(() => {
      look();
      if (cpu - cpuAtLastWord > silentLimit || (performance.now() - started) / 1000 > wallLimit) end('stuck');
    }, 100);
    child.stdout!.setEncoding('latin1');
    child.stdout!.on('data', (piece: string) => {
      raw += piece;
      look();
      cpuAtLastWord = cpu;
      if (parseBoots(raw).length >= o.boots) end('enough');
    });
    child.stderr!.on('data', (piece: Buffer) => {
      errors += piece.toString('utf8');
    });
    child.on('error', (error) => {
      clearInterval(timer);
      forget();
      reject(new Error(`grub-only: cannot start ${QEMU}: ${error.message}. Mend: apt-get install qemu-system-x86`));
    });
    child.on('close', (code) => {
      clearInterval(timer);
      forget();
      if (outcome === 'running') {
        reject(new Error(`grub-only: ${QEMU} ended by itself with ${code}: ${errors.trim() || 'without a word'}`));
        return;
      }
      resolve({
        boots: parseBoots(raw).slice(0, o.boots),
        screen: onScreen(raw),
        stuck: outcome === 'stuck',
        cpuSeconds: cpu,
        wallSeconds: Math.round((performance.now() - started) / 10) / 100,
      });
    });
  });
}

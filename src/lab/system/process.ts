/** Facts about processes, read from /proc. A pid alone names nothing: numbers are used again, so the start time goes with it. */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessName {
  pid: number;
  /** Clock ticks since the machine started, /proc/PID/stat field 22. */
  start: number;
}

/** The state letter and the start time of a process, or undefined when there is no such process. */
export function processStat(pid: number): { state: string; start: number } | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, start: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** Is this very process alive? A zombie is not: it holds a number and runs nothing. */
export function isAlive(name: ProcessName): boolean {
  const stat = processStat(name.pid);
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X' && stat.start === name.start;
}

/** This process by pid and start time. */
export const ownName = (): ProcessName => ({ pid: process.pid, start: processStat(process.pid)?.start ?? 0 });

/** The mount namespace of a process, as `mnt:[4026531841]`, or undefined when it cannot be read. */
export function mountNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

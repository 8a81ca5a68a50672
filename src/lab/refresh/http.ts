/** Downloads one file, with limits on time and size. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface DownloadLimits {
  /** For one attempt, from the first byte sent to the last one received. */
  seconds: number;
  mostBytes: number;
  attempts: number;
  /** Between attempts, doubled each time. */
  pauseMs: number;
}

export const LIMITS: DownloadLimits = { seconds: 60, mostBytes: 300_000_000, attempts: 3, pauseMs: 2000 };

/** Trying again may help: no answer, an answer that broke off, or a server that says so. */
class Passing extends Error {}

async function attempt(address: string, limits: DownloadLimits): Promise<Buffer> {
  const late = AbortSignal.timeout(limits.seconds * 1000);
  try {
    const response = await fetch(address, { signal: late, headers: { 'user-agent': 'trialboot-refresh', accept: '*/*' } });
    if (address.startsWith('https:') && !response.url.startsWith('https:')) throw new Error('it leads to an address without https');
    if (response.status === 429 || response.status >= 500) throw new Passing(`the server answers ${response.status}`);
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      bytes += piece.length;
      if (bytes > limits.mostBytes) throw new Error(`it is larger than ${limits.mostBytes} bytes`);
      pieces.push(piece);
    }
    if (bytes === 0) throw new Passing('it is empty');
    return Buffer.concat(pieces);
  } catch (error) {
    if (late.aborted) throw new Passing(`no whole answer within ${limits.seconds} s`);
    // fetch wraps what happened on the network in a TypeError.
    if (error instanceof TypeError) throw new Passing(error.cause instanceof Error ? error.cause.message : error.message);
    throw error;
  }
}

/**
 * @returns the whole file
 * @throws Error that names the address and what to do
 */
export async function download(address: string, limits: DownloadLimits = LIMITS): Promise<Buffer> {
  for (let n = 1; ; n += 1) {
    try {
      return await attempt(address, limits);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (!(error instanceof Passing) || n >= limits.attempts) {
        throw new Error(`${address}: ${words} (${n === 1 ? 'one attempt' : `${n} attempts`}). Mend: see whether this machine reaches it, or read recorded files with --from.`);
      }
      await sleep(limits.pauseMs * 2 ** (n - 1));
    }
  }
}

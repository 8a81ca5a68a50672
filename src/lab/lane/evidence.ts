/** Turns lab runs into content/evidence/*.json. The only writer of that folder. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EvidenceRun } from '../../model/evidence.ts';

/** Longest transcript kept, in characters: enough for a package installation's summary. */
const TRANSCRIPT_LIMIT = 6000;

/**
 * Takes what is only true of this one run out of a transcript: terminal control, boot ids, temporary names, download
 * rates, the lab's own paths. What a reader would compare stays.
 */
export function withoutNoise(text: string): string {
  const clean = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences are what is removed
    .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\r(?!\n)/g, '')
    .replaceAll('\r\n', '\n')
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, (id) => (id.startsWith('0') ? id : '<uuid>'))
    .replaceAll(/\(Reading database \.\.\.[^\n]*\n/g, '')
    .replaceAll(/Fetched .* in \S+ \(.*\)/g, 'Fetched the packages')
    .replaceAll(/\/srv\/lab\/\S*/g, '<archive>')
    .replaceAll(/(mkinitramfs|trialboot)[_.][A-Za-z0-9]{6}\b/g, '$1.XXXXXX')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
  if (clean.length <= TRANSCRIPT_LIMIT) return clean;
  const half = TRANSCRIPT_LIMIT / 2 - 40;
  return `${clean.slice(0, half)}\n[… ${clean.length - 2 * half} characters left out …]\n${clean.slice(-half)}`;
}

/** Where a run is kept: `content/evidence/<host>/<scenario with - for />.json`, with the layout where there are several. */
export const evidencePath = (run: Pick<EvidenceRun, 'host' | 'scenario' | 'layout'>): string =>
  join('content/evidence', run.host, `${run.scenario.replaceAll('/', '-')}${run.layout === undefined ? '' : `-on-${run.layout}`}.json`);

/**
 * Validates a run and writes it whole.
 * @param root the project's folder
 * @returns the path written, relative to root
 * @throws ZodError if the run does not have the published shape
 */
export function writeEvidence(root: string, run: EvidenceRun): string {
  const checked = EvidenceRun.parse(run);
  const path = evidencePath(checked);
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(`${full}.new`, `${JSON.stringify(checked, null, 1)}\n`);
  renameSync(`${full}.new`, full);
  return path;
}

/** One refresh: fetch, or take what was recorded; compare; write. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'astro/zod';
import { nothing, together, type Difference } from '../../facts/diff.ts';
import { parseJson } from '../../facts/json.ts';
import { formatProblem } from '../../model/problem.ts';
import { type Content, readContent } from '../../model/read.ts';
import { type Family, fetchFamily, readFamily } from './read.ts';
import { writeDifference } from './write.ts';

export interface RefreshOptions {
  /** Folder that holds content/. */
  root: string;
  families: readonly Family[];
  /** Folder with recorded files; nothing is fetched. */
  from?: string | undefined;
  /** Folder that what is fetched is kept in. */
  record?: string | undefined;
  /** Keys that InRelease files have to be signed by, instead of the archive's own. */
  keyring?: string | undefined;
  /** Goes on with the other families when one cannot be read. */
  keepGoing?: boolean | undefined;
  dryRun?: boolean | undefined;
  today: string;
  say?: ((line: string) => void) | undefined;
}

export interface Refreshed {
  difference: Difference;
  /** Families that could not be read, each with the reason. */
  failures: string[];
  /** Files that were written. */
  written: string[];
}

/** In a folder of recorded files: the day on which they were fetched. */
const RECORDED = 'recorded.json';
const Recorded = z.strictObject({ day: z.iso.date() });

function recordedDay(folder: string): string {
  const file = join(folder, RECORDED);
  if (!existsSync(file)) throw new Error(`${file} is not there. Mend: write the day on which the files were fetched into it: {"day": "YYYY-MM-DD"}.`);
  return parseJson(readFileSync(file, 'utf8'), file, Recorded).day;
}

/** Puts changes into the content that was read. */
function applyTo(content: Content, { changes }: Difference): void {
  const entries: { file: string; data: unknown }[] = [...content.distros, ...content.series];
  for (const { file, path, after } of changes) {
    let at = entries.find((e) => e.file === file)!.data as Record<string | number, unknown>;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
    if (after === '') delete at[path.at(-1)!];
    else at[path.at(-1)!] = after;
  }
}

/**
 * @throws Error when nothing was written: a family could not be read (without `keepGoing`), none could, or the content is broken
 */
export async function refresh(o: RefreshOptions): Promise<Refreshed> {
  const say = o.say ?? ((): void => undefined);
  const content = readContent(o.root);
  // Only what is written here has to be in order: an unfinished page elsewhere is no reason to keep an old version.
  const bad = content.problems.filter((p) => /^content\/(distros|series)\//.test(p.file));
  if (bad.length > 0) throw new Error(`content/ has mistakes, and is not changed:\n${bad.map((p) => `  ${formatProblem(p)}`).join('\n')}`);
  const day = o.from === undefined ? o.today : recordedDay(o.from);
  const folder = o.from ?? o.record ?? mkdtempSync(join(tmpdir(), 'trialboot-refresh-'));
  const failures: string[] = [];
  let difference = nothing();
  try {
    for (const family of o.families) {
      try {
        if (o.from === undefined) {
          say(`fetching: ${family}`);
          mkdirSync(folder, { recursive: true });
          await fetchFamily(family, content, folder);
        }
        const found = await readFamily(family, content, folder, day, o.keyring);
        // The next family compares with what this one will have written: two of them may change one source.
        applyTo(content, found);
        difference = together([difference, found]);
      } catch (error) {
        const words = `${family}: ${error instanceof Error ? error.message : String(error)}`;
        if (!o.keepGoing) throw new Error(words);
        failures.push(words);
      }
    }
    if (o.record !== undefined) writeFileSync(join(o.record, RECORDED), `${JSON.stringify({ day })}\n`);
  } finally {
    if (o.from === undefined && o.record === undefined) rmSync(folder, { recursive: true, force: true });
  }
  if (failures.length === o.families.length) throw new Error(failures.join('\n'));
  return { difference, failures, written: o.dryRun ? [] : writeDifference(o.root, difference) };
}

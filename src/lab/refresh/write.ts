/** Writes a difference into the content: every file whole, by rename, and none at all when one of them cannot be made. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Difference } from '../../facts/diff.ts';
import { splice } from '../../facts/splice.ts';
import { formatProblem } from '../../model/problem.ts';
import { readContent } from '../../model/read.ts';

function replaceFile(path: string, text: string): void {
  const temp = join(dirname(path), `.${basename(path)}.new-${process.pid}`);
  try {
    writeFileSync(temp, text);
    const handle = openSync(temp, 'r');
    fsyncSync(handle);
    closeSync(handle);
    renameSync(temp, path);
  } finally {
    rmSync(temp, { force: true });
  }
}

/**
 * @param root the project's folder
 * @returns the files that were written
 * @throws Error when a file cannot be made or does not read back well; the content is then as it was
 */
export function writeDifference(root: string, difference: Difference): string[] {
  const names = [...new Set(difference.changes.map((c) => c.file))];
  const texts = new Map(
    names.map((file) => [
      file,
      splice(
        readFileSync(join(root, file), 'utf8'),
        difference.changes.filter((c) => c.file === file).map((c) => ({ path: c.path, value: c.after === '' ? undefined : c.after })),
        file,
      ),
    ]),
  );
  for (const { file, text } of difference.added) {
    if (existsSync(join(root, file))) throw new Error(`${file} is there already, though the reader did not find it. Mend: npm run lint:content says why.`);
    texts.set(file, text);
  }
  const before = new Map(names.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  for (const [file, text] of texts) replaceFile(join(root, file), text);
  const bad = readContent(root).problems.filter((p) => texts.has(p.file));
  if (bad.length > 0) {
    for (const [file, text] of before) replaceFile(join(root, file), text);
    for (const { file } of difference.added) rmSync(join(root, file));
    throw new Error(`the new values do not fit their schema, and the old ones were put back:\n${bad.map((p) => `  ${formatProblem(p)}`).join('\n')}`);
  }
  return [...texts.keys()];
}

/** `npm run refresh`: reads versions and dates again where a program can, shows the difference, and writes it into content/. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { markdownOf, tableOf } from '../src/facts/diff.ts';
import { FAMILIES, type Family, listOf, unread } from '../src/lab/refresh/read.ts';
import { refresh } from '../src/lab/refresh/refresh.ts';
import { dayOf } from '../src/model/freshness.ts';
import { readContent } from '../src/model/read.ts';
import { ROOT } from './lib/project.ts';

const HELP = `npm run refresh [-- OPTIONS] [-- FAMILY…]

families: debian, ubuntu   versions of kernels, from the package indexes (fetched by apt, checked by gpgv and sha256)
          rpm              versions of kernels, from the metadata of RPM repositories
          lifecycle        until when releases are supported, from endoflife.date
          series           upstream's series, from kernel.org and endoflife.date
          (none named: all)

  --list           what is read for which row, and the rows that nobody but you can look up
  --dry-run        show the difference, write nothing
  --from FOLDER    read recorded files instead of the network
  --record FOLDER  keep the fetched files, for --from
  --keyring FILE   keys that the indexes have to be signed by, instead of the archive's own
  --keep-going     when a family cannot be read, go on with the others
  --markdown FILE  write the difference there as well, as the text of a pull request
  --content DIR    folder that holds content/, if it is not this project

exit status: 0 written, or no difference · 1 written, and something is left to you · 2 nothing was written`;

async function main(): Promise<number> {
  const { values: o, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      from: { type: 'string' },
      record: { type: 'string' },
      keyring: { type: 'string' },
      'keep-going': { type: 'boolean' },
      markdown: { type: 'string' },
      content: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (o.help) {
    console.log(HELP);
    return 0;
  }
  const unknown = positionals.filter((p) => !(FAMILIES as readonly string[]).includes(p));
  if (unknown.length > 0) throw new Error(`unknown family ${unknown.join(', ')}; there are: ${FAMILIES.join(', ')}`);
  if (o.from !== undefined && o.record !== undefined) throw new Error('--from and --record exclude each other');
  const families = FAMILIES.filter((f) => positionals.length === 0 || positionals.includes(f));
  const root = o.content === undefined ? ROOT : resolve(o.content);
  if (o.list) {
    const content = readContent(root);
    for (const family of families) console.log(`${family}\n${listOf(family, content).map((l) => `  ${l}`).join('\n')}`);
    console.log(`by hand\n${unread(content).map((l) => `  ${l}`).join('\n')}`);
    return 0;
  }
  const { difference, failures, written } = await refresh({
    root,
    families: families as Family[],
    from: o.from === undefined ? undefined : resolve(o.from),
    record: o.record === undefined ? undefined : resolve(o.record),
    keyring: o.keyring === undefined ? undefined : resolve(o.keyring),
    keepGoing: o['keep-going'],
    dryRun: o['dry-run'],
    today: dayOf(new Date()),
    say: (line) => console.error(`refresh: ${line}`),
  });
  const table = tableOf(difference);
  console.log(table === '' ? 'no difference' : table.trimEnd());
  for (const words of difference.byHand) console.log(`by hand: ${words}`);
  for (const words of failures) console.error(`refresh: not read: ${words}`);
  if (o.markdown !== undefined) writeFileSync(o.markdown, `${markdownOf(difference)}${failures.map((f) => `\nNot read: ${f.split('\n')[0]!}\n`).join('')}`);
  if (table !== '') console.log(o['dry-run'] ? 'nothing was written (--dry-run)' : `written: ${written.join(', ')}`);
  return difference.byHand.length + failures.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`refresh: ${error instanceof Error ? error.message : String(error)}`);
  console.error('refresh: nothing was written');
  process.exitCode = 2;
}

/** Each family of facts: what is fetched for it, into which files of a folder, and what those files say against the content. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Content, Entry } from '../../model/read.ts';
import type { DistroMeta, Index } from '../../model/distro.ts';
import { BadInput } from '../../facts/bad-input.ts';
import { kernelChanges, seriesChanges, supportChanges, together, type Difference, type Found } from '../../facts/diff.ts';
import { parseEndOfLife } from '../../facts/endoflife.ts';
import { parseKernelOrg } from '../../facts/kernel-org.ts';
import { newestRpm, openPrimary, parsePrimary, parseRepoMd } from '../../facts/rpm-metadata.ts';
import { type Archive, fetchSuites, keyringOf, newestIn, readSuite, type Suite } from './apt.ts';
import { download } from './http.ts';

export const FAMILIES = ['debian', 'ubuntu', 'rpm', 'lifecycle', 'series'] as const;
export type Family = (typeof FAMILIES)[number];

const KERNEL_ORG = 'https://www.kernel.org/releases.json';
const END_OF_LIFE = 'https://endoflife.date/api/v1/products';
/** The product that is the kernel itself. */
const LINUX = 'linux';

type Distro = Entry<DistroMeta>;
type Row<I extends Index> = { distro: Distro; row: number; package: string; index: I };
type AptIndex = Extract<Index, { apt: string }>;
type RpmIndex = Extract<Index, { rpm: string }>;

const rowsOf = (content: Content): Row<Index>[] =>
  content.distros.flatMap((distro) => distro.data.kernels.flatMap((k, row) => (k.index ? [{ distro, row, package: k.package, index: k.index }] : [])));
const aptRows = (content: Content, archive: Archive): Row<AptIndex>[] =>
  rowsOf(content).filter((r): r is Row<AptIndex> => 'apt' in r.index && r.index.apt === archive);
const rpmRows = (content: Content): Row<RpmIndex>[] => rowsOf(content).filter((r): r is Row<RpmIndex> => 'rpm' in r.index);
const suitesOf = (content: Content, archive: Archive): string[] => [...new Set(aptRows(content, archive).flatMap((r) => r.index.suites))];
const productsOf = (content: Content): string[] => [...new Set(content.distros.flatMap((d) => d.data.lifecycle?.product ?? []))];
const repositoriesOf = (content: Content): RpmIndex[] => [...new Map(rpmRows(content).map((r) => [r.index.at, r.index])).values()];

/** Folder of a repository: its name, in characters that every file system has. */
const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');

/** What a family reads, and for which rows: a line each, for `--list`. */
export function listOf(family: Family, content: Content): string[] {
  switch (family) {
    case 'debian':
    case 'ubuntu':
      return aptRows(content, family).map((r) => `${r.distro.id}: ${r.package} in ${r.index.suites.join(', ')}`);
    case 'rpm':
      return rpmRows(content).map((r) => `${r.distro.id}: ${r.package} in ${r.index.rpm}, ${r.index.at}`);
    case 'lifecycle':
      return content.distros.flatMap((d) => (d.data.lifecycle ? [`${d.id}: release ${d.data.lifecycle.release} of ${END_OF_LIFE}/${d.data.lifecycle.product}/`] : []));
    case 'series':
      return content.series.map((s) => `Linux ${s.data.series}: ${KERNEL_ORG}, ${END_OF_LIFE}/${LINUX}/`);
  }
}

/** Rows whose version no program reads: what a person has to look up. */
export const unread = (content: Content): string[] =>
  content.distros.flatMap((d) => d.data.kernels.flatMap((k) => (k.index ? [] : [`${d.id}: ${k.package} (${k.track}), checked ${k.checked as string}`])));

async function save(address: string, file: string): Promise<Buffer> {
  const bytes = await download(address);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return bytes;
}

/**
 * Fetches what a family needs into a folder.
 * @throws Error when something cannot be had
 */
export async function fetchFamily(family: Family, content: Content, folder: string): Promise<void> {
  switch (family) {
    case 'debian':
    case 'ubuntu':
      return fetchSuites(family, suitesOf(content, family), join(folder, family));
    case 'rpm':
      for (const { rpm, at } of repositoriesOf(content)) {
        const dir = join(folder, 'rpm', slug(rpm));
        const base = at.replace(/\/+$/, '');
        const file = join(dir, 'repomd.xml');
        const md = parseRepoMd((await save(`${base}/repodata/repomd.xml`, file)).toString('utf8'), file);
        await save(`${base}/${md.href}`, join(dir, basename(md.href)));
      }
      return;
    case 'lifecycle':
      for (const product of productsOf(content)) await save(`${END_OF_LIFE}/${product}/`, join(folder, 'endoflife', `${product}.json`));
      return;
    case 'series':
      await save(KERNEL_ORG, join(folder, 'kernel-org/releases.json'));
      await save(`${END_OF_LIFE}/${LINUX}/`, join(folder, 'endoflife', `${LINUX}.json`));
  }
}

function textOf(file: string): string {
  if (!existsSync(file)) throw new BadInput(file, 'whole file', 'it is not there', 'record it: npm run refresh -- --record FOLDER');
  return readFileSync(file, 'utf8');
}

/** Rows by distribution, each with what was found for it. */
function changesOf<I extends Index>(rows: readonly Row<I>[], find: (row: Row<I>) => Found, day: string): Difference {
  const distros = [...new Set(rows.map((r) => r.distro))];
  return together(distros.map((d) => kernelChanges(d, new Map(rows.filter((r) => r.distro === d).map((r) => [r.row, find(r)])), day)));
}

/**
 * What the files in a folder say against the content.
 * @param day the day on which they were fetched
 * @param keyring instead of the archive's own
 * @throws BadInput
 */
export async function readFamily(family: Family, content: Content, folder: string, day: string, keyring?: string): Promise<Difference> {
  switch (family) {
    case 'debian':
    case 'ubuntu': {
      const rows = aptRows(content, family);
      const wanted = new Set(rows.map((r) => r.package));
      const suites = new Map<string, Suite>();
      for (const name of suitesOf(content, family)) suites.set(name, await readSuite(join(folder, family), name, wanted, day, keyring ?? keyringOf(family)));
      return changesOf(rows, (r) => newestIn(family, r.index.suites.map((s) => suites.get(s)!), r.package), day);
    }
    case 'rpm': {
      const rows = rpmRows(content);
      const wanted = new Set(rows.map((r) => r.package));
      const read = new Map(
        repositoriesOf(content).map(({ rpm, at }) => {
          const dir = join(folder, 'rpm', slug(rpm));
          const md = parseRepoMd(textOf(join(dir, 'repomd.xml')), join(dir, 'repomd.xml'));
          const file = join(dir, basename(md.href));
          if (!existsSync(file)) throw new BadInput(file, 'whole file', 'it is not there', 'record it: npm run refresh -- --record FOLDER');
          return [at, { day: md.day, packages: parsePrimary(openPrimary(readFileSync(file), md, file), file, wanted) }] as const;
        }),
      );
      return changesOf(rows, ({ index, package: name }) => {
        const repository = read.get(index.at)!;
        return { version: newestRpm(repository.packages.filter((p) => p.name === name)), words: `Repository metadata of ${index.rpm} of ${repository.day}` };
      }, day);
    }
    case 'lifecycle': {
      const products = new Map(productsOf(content).map((p) => {
        const file = join(folder, 'endoflife', `${p}.json`);
        return [p, parseEndOfLife(textOf(file), file)] as const;
      }));
      return together(content.distros.filter((d) => d.data.lifecycle).map((d) => supportChanges(d, products.get(d.data.lifecycle!.product)!, day)));
    }
    case 'series': {
      const [org, eol] = [join(folder, 'kernel-org/releases.json'), join(folder, 'endoflife', `${LINUX}.json`)];
      return seriesChanges(content.series, { kernelOrg: parseKernelOrg(textOf(org), org), lifecycle: parseEndOfLife(textOf(eol), eol) }, day);
    }
  }
}

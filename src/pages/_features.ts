/** What the pages about features are made of: notes, measured kernels and the matrix of the two. */
import { type CollectionEntry, getCollection } from 'astro:content';
import { type Cell, cellOf, type Column, columns, shares } from '../facts/matrix.ts';
import type { FeatureMeta } from '../model/feature.ts';
import type { MeasuredKernel } from '../model/kernel.ts';
import { site } from './_site.ts';

export interface Note {
  id: string;
  data: FeatureMeta;
  entry: CollectionEntry<'features'>;
}

/** A column with the words for it. */
export interface NamedColumn extends Column {
  name: string;
  /** The measured kernel, if it was. */
  kernel?: MeasuredKernel;
}

export interface Features {
  notes: Note[];
  columns: NamedColumn[];
  cell: (note: Note, column: Column) => Cell;
  /** Of the columns that are Debian's. */
  debian: ReturnType<typeof shares>;
  all: ReturnType<typeof shares>;
}

/** Names of what has kernels and no page of its own. */
const NAMES: { [id: string]: string } = { 'debian-14': 'Debian 14 (testing)', 'debian-sid': 'Debian unstable', 'elrepo-kernel-ml': 'ELRepo kernel-ml' };

export async function features(): Promise<Features> {
  const { distros } = await site();
  const [entries, kernels, userspace] = await Promise.all([getCollection('features'), getCollection('kernels'), getCollection('userspace')]);
  const facts = { kernels: kernels.map((k) => k.data), userspace: userspace.map((u) => u.data) };
  const notes = entries.map((entry) => ({ id: entry.id, data: entry.data, entry })).sort((a, b) => a.data.title.localeCompare(b.data.title, 'en'));
  // Debian's first: those were measured. Oldest release first, so that a row reads from old to new.
  const order = ['debian-12', 'debian-13', 'debian-14', 'debian-sid', ...distros.map((d) => d.id).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))];
  const offered = distros.flatMap((d) => d.kernels.map((k) => ({ distro: d.id, series: k.series })));
  const found = columns(offered, notes.map((n) => n.data), facts.kernels, order).map((c): NamedColumn => {
    const kernel = facts.kernels.find((k) => k.release === c.release && k.distro === c.distro);
    return { ...c, name: NAMES[c.distro] ?? distros.find((d) => d.id === c.distro)?.name ?? c.distro, ...(kernel ? { kernel } : {}) };
  });
  const cell = (note: Note, column: Column): Cell => cellOf(note.data, column, facts);
  const share = (of: NamedColumn[]): ReturnType<typeof shares> => shares(notes.flatMap((n) => of.map((c) => cell(n, c))));
  return { notes, columns: found, cell, debian: share(found.filter(isDebian)), all: share(found) };
}

export const isDebian = (c: Column): boolean => c.distro.startsWith('debian-');

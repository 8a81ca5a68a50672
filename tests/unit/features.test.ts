/** Notes say where each statement comes from, and what they quote of the kernel's source stands there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import type { EvidenceRun } from '../../src/model/evidence.ts';
import { readContent } from '../../src/model/read.ts';
import { Source } from '../../src/model/source.ts';

type InSource = Extract<Source, { file: string }>;
type InRun = Extract<Source, { run: string }>;

/** Every list of sources below a value, with the place it belongs to: wherever there is evidence, by whatever name it goes. */
function sources(value: unknown, at = ''): { at: string; evidence: Source[] }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = at === '' ? key : `${at}.${key}`;
    return key === 'evidence' ? [{ at: place, evidence: inner as Source[] }] : sources(inner, place);
  });
}

/** Null where the quoted words stand on the line; else what is wrong, with where they stand if they stand elsewhere in the file. */
function misquoted(text: string | undefined, source: InSource): string | null {
  if (text === undefined) return `${source.file} is not in that source tree`;
  const lines = text.split('\n');
  if (lines[source.line - 1]?.includes(source.says)) return null;
  const elsewhere = lines.flatMap((l, i) => (l.includes(source.says) ? [i + 1] : []));
  return `${source.file}:${source.line} does not say "${source.says}"; ${elsewhere.length ? `line ${elsewhere.join(', ')} does` : 'no line does'}`;
}

/** Null where a run of that name printed the words; else what is wrong. */
function misheard(runs: readonly { id: string; data: EvidenceRun }[], source: InRun): string | null {
  const run = runs.find((r) => r.id === source.run)?.data;
  if (!run) return `there is no run ${source.run}`;
  const printed = [...run.steps.map((s) => s.transcript), ...(run.transcripts ?? []).map((t) => t.text)];
  return printed.some((text) => text?.includes(source.says)) ? null : `${source.run} nowhere prints "${source.says}"`;
}

/** The release that a source tree's Makefile names: 7.0.13. */
function releaseOf(makefile: string): string {
  const value = (name: string): string => new RegExp(`^${name} = (\\d+)$`, 'm').exec(makefile)?.[1] ?? '?';
  return `${value('VERSION')}.${value('PATCHLEVEL')}.${value('SUBLEVEL')}`;
}

const content = readContent(ROOT);
const notes = content.features;
/** All that is stated with evidence, each with the day it was last reviewed. */
const stated = [...notes, ...content.corrections, ...content.vulnerabilities];
const tree = process.env['TRIALBOOT_KERNEL_SOURCE'];

describe('feature notes', () => {
  test('are there, and the reader took them all', () => {
    expect(notes.length).toBeGreaterThan(0);
    expect(readContent(ROOT).problems).toEqual([]);
  });
  test('give every claim, cell and requirement a source with a date that is not in the future', () => {
    const today = new Date().toISOString().slice(0, 10);
    expect(stated.flatMap((s) => sources(s.data)).length).toBeGreaterThan(200);
    for (const { file, data } of stated)
      for (const { at, evidence } of sources(data)) {
        expect(evidence.length, `${file}: ${at}`).toBeGreaterThan(0);
        for (const s of evidence) {
          expect(s.checked, `${file}: ${at}`).toMatch(/^\d{4}-\d\d-\d\d$/);
          expect(s.checked <= today && s.checked <= data.reviewed, `${file}: ${at}: checked ${s.checked}, after today or after the note's review`).toBe(true);
        }
      }
  });
  test('a source without a day is refused', () => {
    expect(Source.safeParse({ source: 'some document or other' }).success).toBe(false);
    expect(Source.safeParse({ source: 'some document or other', checked: '2026-11-26' }).success).toBe(true);
  });
});

describe('quotations of runs of the lab', () => {
  const quotes = stated.flatMap(({ file, data }) => sources(data).flatMap(({ evidence }) => evidence.flatMap((s) => ('run' in s ? [{ note: file, source: s }] : []))));
  test('stand in a transcript of that run', () => {
    expect(quotes.length).toBeGreaterThan(0);
    expect(quotes.flatMap(({ note, source }) => misheard(content.evidence, source)?.replace(/^/, `${note}: `) ?? [])).toEqual([]);
  });
  test('other words and an unknown run are refused', () => {
    const { source } = quotes[0]!;
    expect(misheard(content.evidence, { ...source, says: 'words that no machine printed' })).toBe(`${source.run} nowhere prints "words that no machine printed"`);
    expect(misheard(content.evidence, { ...source, run: 'debian-13-vm/no-such-run' })).toBe('there is no run debian-13-vm/no-such-run');
  });
});

describe('quotations of the kernel source', () => {
  const quote: InSource = { file: 'fs/x/y.c', line: 2, says: 'second', release: '7.0.13', checked: '2026-11-26' };
  test('a wrong line, wrong words and a missing file are told apart', () => {
    expect(misquoted('first\nthe second one\n', quote)).toBeNull();
    expect(misquoted('the second one\nother\n', quote)).toBe('fs/x/y.c:2 does not say "second"; line 1 does');
    expect(misquoted('first\nother\n', quote)).toBe('fs/x/y.c:2 does not say "second"; no line does');
    expect(misquoted(undefined, quote)).toBe('fs/x/y.c is not in that source tree');
  });

  test('stand on their lines', (context) => {
    if (!tree) return context.skip('TRIALBOOT_KERNEL_SOURCE names no source tree: CONTRIBUTING.md says how to get it');
    const release = releaseOf(readFileSync(join(tree, 'Makefile'), 'utf8'));
    const quotes = stated.flatMap(({ file, data }) => sources(data).flatMap(({ evidence }) => evidence.flatMap((s) => ('file' in s ? [{ note: file, ...s }] : []))));
    const here = quotes.filter((q) => q.release === release);
    expect(here.length, `quotations of ${release}, the release of ${tree}`).toBeGreaterThan(0);
    const texts = new Map<string, string | undefined>();
    const textOf = (file: string): string | undefined => {
      if (!texts.has(file)) texts.set(file, existsSync(join(tree, file)) ? readFileSync(join(tree, file), 'utf8') : undefined);
      return texts.get(file);
    };
    expect(here.flatMap((q) => misquoted(textOf(q.file), q) ?? []).sort()).toEqual([]);
  });
});

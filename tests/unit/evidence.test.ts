/** Evidence stands beside the text it belongs to, or it is refused. */
import { describe, expect, test } from 'vitest';
import { loadLenient, ROOT } from '../../scripts/lib/project.ts';
import { evidencePath, withoutNoise } from '../../src/lab/lane/evidence.ts';
import type { EvidenceRun } from '../../src/model/evidence.ts';
import { readContent } from '../../src/model/read.ts';
import { scenarioSentence } from '../../src/runbook/scenario-titles.ts';
import { changedTexts, evidenceProblems, imageHost, joinedTexts } from '../../src/runbook/evidence.ts';
import { runbooks } from '../../src/runbook/project.ts';

const content = readContent(ROOT);
const project = loadLenient();
const books = runbooks(project);

describe('evidence in content/evidence', () => {
  test('has runs of every host, in every lane that a page speaks of', () => {
    for (const { id } of content.hosts.filter((h) => h.data.lane === 'rehearsal')) {
      const scenarios = content.evidence.filter((e) => e.data.host === id).map((e) => e.data.scenario);
      expect(scenarios, id).toEqual(expect.arrayContaining(['path/upgrade-and-back', 'fixture/all-checks', 'paste/root-bracketed', 'paste/admin-line-by-line']));
    }
  });
  test('of the lane vm belongs to hosts that boot, and no other does', () => {
    const booting = new Set([...content.hosts.filter((h) => h.data.lane === 'vm').map((h) => h.id), ...books.map((b) => imageHost(b.distro.id))]);
    for (const { file, data } of content.evidence) expect(booting.has(data.host), file).toBe(data.lane === 'vm');
  });
  test('names only texts that exist, byte for byte', () => {
    expect(content.evidence.flatMap((e) => evidenceProblems(e.file, e.data, books, content.hosts.map((h) => h.id)))).toEqual([]);
  });
  test('says in a sentence what was done', () => {
    for (const { file, data } of content.evidence) expect(scenarioSentence(data), file).toMatch(/^\S.*\.$/s);
    expect(scenarioSentence({ scenario: 'path/unheard-of' })).toBeUndefined();
  });
  test('lies where its content says', () => {
    for (const e of content.evidence) expect(e.file).toBe(evidencePath(e.data));
  });
});

describe('refusing evidence', () => {
  const step = books[0]!.steps.find((s) => s.meta.kind === 'check')!;
  const run: EvidenceRun = {
    format_version: 1,
    host: 'debian-13',
    distro: books[0]!.distro.id,
    lane: 'rehearsal',
    scenario: 'path/upgrade-and-back',
    date: '2026-11-23T00:00:00Z',
    result: 'pass',
    kernelBefore: 'a',
    kernelAfter: 'b',
    cpuSeconds: 1,
    real: [],
    standIn: [],
    tools: {},
    steps: [{ id: step.id, sha256: step.sha256, verdict: 'PASS', ms: 1, transcript: '' }],
  };
  const problems = (r: EvidenceRun) => evidenceProblems('x.json', r, books, ['debian-13']).map((p) => p.rule);
  test('sound evidence is taken', () => expect(problems(run)).toEqual([]));
  test('one changed byte of the text is enough', () => {
    expect(problems({ ...run, steps: [{ ...run.steps[0]!, sha256: run.steps[0]!.sha256.replace(/.$/, (c) => (c === '0' ? '1' : '0')) }] })).toEqual(['evidence-stale']);
  });
  test('an unknown step, host or distribution is refused', () => {
    expect(problems({ ...run, steps: [{ ...run.steps[0]!, id: 'preflight.nowhere' }] })).toEqual(['evidence-unknown-step']);
    expect(problems({ ...run, host: 'nowhere' })).toEqual(['evidence-unknown-host']);
    expect(problems({ ...run, distro: 'nowhere' })).toEqual(['evidence-unknown-distro']);
  });
  test('a run on a cloud image needs no description, but is recorded as one of its own distribution', () => {
    const image: EvidenceRun = { ...run, lane: 'vm', scenario: 'path/judged', layout: 'image', host: imageHost(run.distro) };
    expect(problems(image)).not.toContain('evidence-unknown-host');
    expect(problems({ ...image, layout: 'root-ext4' })).toContain('evidence-unknown-host');
    expect(problems({ ...image, host: imageHost('nowhere') })).toContain('evidence-unknown-host');
  });
  test('how to run it again names the machine, unless it is the usual one', () => {
    const mends = (host: string): string[] => evidenceProblems('x.json', { ...run, lane: 'vm', host }, books, ['debian-13-vm', 'rhel-10-vm']).map((p) => p.mend ?? '');
    for (const mend of mends('rhel-10-vm')) expect(mend).toMatch(/run path\/upgrade-and-back --record --host rhel-10-vm$/);
    for (const mend of mends('debian-13-vm')) expect(mend).toMatch(/--record$/);
    expect(mends('rhel-10-vm')).not.toEqual([]);
  });
  test('a real boot that cannot be so is refused too', () => {
    const boots = [{ kernel: 'b', role: 'new', entry: 'default', cause: 'panic', atMs: 0, upMs: 9, endMs: null, words: '' }] satisfies EvidenceRun['boots'];
    expect(problems({ ...run, boots })).toEqual(['evidence-not-booted', 'evidence-boot-cause']);
  });
  test('a soak whose actions have other texts now is refused; a check that changed or joined is named', () => {
    const book = books[0]!;
    const texts = book.steps.filter((s) => /^(preflight|upgrade|trial|commit)\./.test(s.id)).map(({ id, sha256 }) => ({ id, sha256 }));
    const soak = (t: typeof texts): string[] => problems({ ...run, steps: [], texts: t });
    const spoilt = (phase: string) => texts.map((t) => (t.id.startsWith(phase) ? { ...t, sha256: '0'.repeat(64) } : t));
    expect(soak(texts)).toEqual([]);
    expect(new Set(soak(spoilt('trial.')))).toEqual(new Set(['evidence-stale']));
    expect(soak(texts.filter((t) => t.id !== 'commit.note'))).toEqual(['evidence-stale']);
    expect(soak(spoilt('preflight.'))).toEqual([]);
    expect(soak(spoilt('upgrade.image-whole'))).toEqual([]);
    expect(soak(spoilt('upgrade.install'))).toEqual(['evidence-stale']);
    expect(changedTexts({ ...run, texts: spoilt('upgrade.image-whole') }, book).map((t) => t.id)).toEqual(['upgrade.image-whole']);
    expect(changedTexts({ ...run, texts: spoilt('preflight.') }, book).length).toBeGreaterThan(30);
    expect(joinedTexts({ ...run, texts: texts.slice(1) }, book)).toEqual([texts[0]!.id]);
  });
  test('a fixture that did not end as expected is refused', () => {
    expect(problems({ ...run, scenario: 'fixture/all-checks', steps: [{ ...run.steps[0]!, fixture: 'plain', expected: 'FAIL' }] })).toEqual(['evidence-unexpected']);
  });
});

describe('taking noise out of a transcript', () => {
  test.each([
    ['\u001b[32mok\u001b[0m\r\n', 'ok'],
    ['Fetched 12.3 MB in 1s (9 MB/s)', 'Fetched the packages'],
    ['/srv/lab/archive/x.deb', '<archive>'],
    ['boot 3fa85f64-5717-4562-b3fc-2c963f66afa6', 'boot <uuid>'],
  ])('%j', (from, to) => expect(withoutNoise(from)).toBe(to));
  test('a long one keeps its beginning and its end', () => {
    const text = withoutNoise(`begin\n${'x\n'.repeat(9000)}end`);
    expect(text.startsWith('begin') && text.endsWith('end')).toBe(true);
    expect(text.length).toBeLessThan(6100);
  });
});

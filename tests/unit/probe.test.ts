/** The contract of probes: answers by kernel, seen red, blind; and how they are shown. */
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { readContent } from '../../src/model/read.ts';
import { ProbeStep, StepMeta } from '../../src/model/step.ts';
import { badgeOf, type Run } from '../../src/runbook/badge.ts';
import { lintReferences } from '../../src/runbook/lint.ts';
import { checkMeta, goodCheck, step } from './make.ts';

const front = (extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  kind: 'probe',
  title: 'A probe for tests',
  answers: { '6.12': 'FAIL', '7.0': 'PASS' },
  blind: { take: 'mount --bind /dev/null /proc/kallsyms', verdict: 'SKIP' },
  reviewed: '2026-11-26',
  ...extra,
});
const ok = (extra?: Record<string, unknown>): boolean => ProbeStep.safeParse(front(extra)).success;
const same = { why: 'Both kernels are built with it.', red: { take: 'mount -t tmpfs tmpfs /boot', verdict: 'WARN' } };

describe('front matter of a probe', () => {
  test('a sound one is taken', () => expect(ok()).toBe(true));
  test.each<[string, Record<string, unknown>]>([
    ['answers of one kernel', { answers: { '7.0': 'PASS' } }],
    ['the same answer everywhere without a reason', { answers: { '6.12': 'PASS', '7.0': 'PASS' } }],
    ['a reason for the same where answers differ', { same }],
    ['"red" that is green', { answers: { '6.12': 'PASS', '7.0': 'PASS' }, same: { ...same, red: { ...same.red, verdict: 'PASS' } } }],
    ['a blind probe that passes', { blind: { take: 'mount -t tmpfs tmpfs /boot', verdict: 'PASS' } }],
    ['no blind', { blind: undefined }],
    ['host fixtures', { fixtures: { plain: 'PASS' } }],
    ['a series that YAML has made a number of', { answers: { '6.12': 'FAIL', '7': 'PASS' } }],
  ])('refused: %s', (_, extra) => expect(ok(extra)).toBe(false));
  test('the same answer with a reason and a red is taken', () => expect(ok({ answers: { '6.12': 'PASS', '7.0': 'PASS' }, same })).toBe(true));
});

const probe = step('probe.a', goodCheck('probe.a'), StepMeta.parse(front()));

test('a probe elsewhere, and a check among the probes, are found', () => {
  const rules = (s: ReturnType<typeof step>): string[] => lintReferences([s], [], new Set(['plain', 'red', 'blind-x'])).map((p) => p.rule);
  expect(rules(probe)).not.toContain('probe-place');
  expect(rules(step('verify.a', goodCheck('verify.a'), StepMeta.parse(front())))).toContain('probe-place');
  expect(rules(step('probe.a', goodCheck('probe.a'), checkMeta()))).toContain('probe-place');
});

describe('the badge of a probe', () => {
  const run = (kernel: string, verdict: 'PASS' | 'FAIL', expected = verdict, result: 'pass' | 'fail' = 'pass'): Run => ({
    id: `vm/probe-${kernel}`, format_version: 1, host: 'vm', distro: 'd', lane: 'vm', scenario: 'probe/kernel', date: '2026-11-26T00:00:00Z', result,
    kernelBefore: kernel, kernelAfter: kernel, cpuSeconds: 1, real: [], standIn: [], tools: {},
    steps: [
      { id: 'probe.a', sha256: probe.sha256, verdict, expected, ms: 1, transcript: '' },
      { id: 'probe.a', sha256: probe.sha256, verdict: 'SKIP', expected: 'SKIP', fixture: 'blind', ms: 1, transcript: '' },
    ],
  });
  const badge = (...runs: Run[]) => badgeOf(probe, runs, 'd', new Map());
  test('names each kernel with its answer, oldest first, and what it says blind', () => {
    const b = badge(run('7.0.13+x', 'PASS'), run('6.12.118+x', 'FAIL'));
    expect(b.words).toBe('asked on booted kernels on 2026-11-26: 6.12 FAIL, 7.0 PASS; blind SKIP');
    expect(b.state).toBe('good');
  });
  test('is not good while a kernel was not asked', () => {
    const b = badge(run('6.12.118+x', 'FAIL'));
    expect([b.state, b.words]).toEqual(['bad', expect.stringContaining('not asked on 7.0')]);
  });
  test('an answer that was not promised is said', () => {
    const b = badge(run('6.12.118+x', 'PASS', 'FAIL', 'fail'), run('7.0.13+x', 'PASS'));
    expect([b.state, b.words]).toEqual(['bad', expect.stringContaining('6.12 PASS, expected FAIL')]);
  });
});

test('every probe of the content is in its phase, and every alteration stays within mount namespaces', () => {
  const content = readContent(ROOT);
  const probes = content.steps.filter((s) => s.data.kind === 'probe');
  expect(probes.length).toBeGreaterThan(20);
  expect(probes.map((p) => p.id).sort()).toEqual(content.phases.find((p) => p.data.phase === 'probe')!.data.steps.toSorted());
  for (const { file, data } of probes) {
    if (data.kind !== 'probe') continue;
    for (const { take } of [data.blind, ...(data.same ? [data.same.red] : [])]) expect(take, file).toMatch(/^mount (--bind|-t tmpfs)/);
  }
});

import { describe, expect, test } from 'vitest';
import { PHASES } from '../../src/model/id.ts';
import type { PhaseMeta } from '../../src/model/runbook.ts';
import { lintReferences, lintRunbook, needCycles, type PhaseSource } from '../../src/runbook/lint.ts';
import type { Step } from '../../src/runbook/step.ts';
import { selectRunbook, type ScriptDistro } from '../../src/runbook/select.ts';
import { actionMeta, checkMeta, goodCheck, step } from './make.ts';

const good = step('preflight.good', goodCheck('preflight.good'));
const fixtures = new Set(['plain', 'red', 'blind-x']);

/** Phases that list the given steps, in the given order. */
const phasesOf = (steps: Step[], extra: Record<string, string[]> = {}): PhaseSource[] =>
  PHASES.map((phase) => ({
    file: `content/runbooks/${phase}.mdx`,
    meta: { title: phase, phase, promise: 'x', steps: [...steps.filter((s) => s.id.startsWith(`${phase}.`)).map((s) => s.id), ...(extra[phase] ?? [])], reviewed: '2026-11-23' } satisfies PhaseMeta,
  }));

const rules = (steps: Step[], extra?: Record<string, string[]>) =>
  lintReferences(steps, phasesOf(steps, extra), fixtures).map((p) => p.rule);

describe('references between steps', () => {
  test('a sound set has no problem', () => {
    expect(rules([good, step('preflight.act', 'true', actionMeta())])).toEqual([]);
  });
  test.each<[string, Step[], string]>([
    ['an unknown need', [step('preflight.a', goodCheck('preflight.a'), checkMeta({ needs: ['preflight.nowhere'] }))], 'needs-unknown'],
    ['an unknown outcome', [step('preflight.a', 'true', actionMeta({ outcome: 'preflight.nowhere' }))], 'outcome-unknown'],
    ['an outcome that is no check', [good, step('preflight.a', 'true', actionMeta({ outcome: 'preflight.b' })), step('preflight.b', 'true', actionMeta())], 'outcome-kind'],
    ['an unknown undo', [good, step('preflight.a', 'true', actionMeta({ undo: 'rollback.nowhere' }))], 'undo-unknown'],
    ['an undo that is no action', [good, step('preflight.a', 'true', actionMeta({ undo: 'preflight.good' }))], 'undo-kind'],
    ['an unknown remedy', [step('preflight.a', goodCheck('preflight.a'), checkMeta({ remedy: { hint: 'Look at it again.', step: 'repair.nowhere' } }))], 'remedy-unknown'],
    ['an unknown fixture', [step('preflight.a', goodCheck('preflight.a'), checkMeta({ fixtures: { plain: 'PASS', nowhere: 'FAIL', 'blind-x': 'SKIP' } }))], 'fixture-unknown'],
    ['a repair that names no fault', [good, step('repair.a', 'true', actionMeta())], 'repair-unproven'],
    ['a fault on which the check passes', [good, step('repair.a', 'true', actionMeta({ mends: { 'preflight.good': ['plain'] } }))], 'mends-not-red'],
    ['a fault of an unknown check', [good, step('repair.a', 'true', actionMeta({ mends: { 'preflight.nowhere': ['red'] } }))], 'mends-unknown'],
    ['a remedy that mends nothing the check finds', [good, step('preflight.a', goodCheck('preflight.a'), checkMeta({ remedy: { hint: 'Look at it again.', step: 'repair.a' } })), step('repair.a', 'true', actionMeta({ mends: { 'preflight.good': ['red'] } }))], 'remedy-unproven'],
    ['sudo without privilege', [step('preflight.a', `sudo true && ${goodCheck('preflight.a')}`)], 'privilege'],
    ['privilege without sudo', [step('preflight.a', goodCheck('preflight.a'), checkMeta({ privilege: 'root' }))], 'privilege'],
  ])('%s is found', (_, steps, rule) => expect(rules(steps)).toContain(rule));

  test('a repair that names a red fixture of the check that points to it is sound, and so is one that says why it names none', () => {
    const check = step('preflight.a', goodCheck('preflight.a'), checkMeta({ remedy: { hint: 'Look at it again.', step: 'repair.a' } }));
    expect(rules([good, check, step('repair.a', 'true', actionMeta({ mends: { 'preflight.a': ['red'] } }))])).toEqual([]);
    expect(rules([good, step('repair.a', 'true', actionMeta({ mends: { none: 'A test has nothing that could break.' } }))])).toEqual([]);
  });

  test('a step in no phase, a phase with a foreign or unknown step, and a missing phase are found', () => {
    expect(lintReferences([good], phasesOf([]), fixtures).map((p) => p.rule)).toContain('step-unlisted');
    expect(rules([good], { upgrade: ['preflight.good'] })).toContain('phase-foreign-step');
    expect(rules([good], { upgrade: ['upgrade.nowhere'] })).toContain('phase-unknown-step');
    expect(lintReferences([good], phasesOf([good]).slice(1), fixtures).map((p) => p.rule)).toContain('phase-missing');
  });

  test('a circle of needs is found and named', () => {
    const a = step('preflight.a', goodCheck('preflight.a'), checkMeta({ needs: ['preflight.b'] }));
    const b = step('preflight.b', goodCheck('preflight.b'), checkMeta({ needs: ['preflight.a'] }));
    expect(needCycles([a, b])).toEqual([['preflight.a', 'preflight.b', 'preflight.a']]);
    expect(rules([a, b])).toContain('needs-cycle');
    expect(needCycles([a, step('preflight.b', 'x')])).toEqual([]);
  });
});

describe('variants of a step', () => {
  const distro = { id: 'x-1', family: 'rhel', packageManager: 'dnf', loader: 'grub-bls', initramfs: 'dracut' } as ScriptDistro;
  const variant = (name: string, applies: object, extra: object = {}): Step => step(`preflight.a${name}`, goodCheck('preflight.a'), checkMeta({ applies, ...extra }));
  const found = (steps: Step[]) => {
    const runbook = selectRunbook(distro, phasesOf([...new Map(steps.map((s) => [s.id, s])).values()]).map((p) => p.meta), steps);
    return { keys: runbook.steps.map((s) => s.key), rules: lintRunbook(distro, runbook, steps).map((p) => p.rule) };
  };
  test('the one that applies is taken, under the id they share', () => {
    const steps = [variant('', { packageManager: 'apt' }), variant('@bls', { packageManager: 'dnf' })];
    expect(found(steps)).toEqual({ keys: ['preflight.a@bls'], rules: [] });
    expect(steps[1]!.id).toBe('preflight.a');
    expect(rules(steps)).toEqual([]);
  });
  test('two that apply to one distribution are found', () => {
    expect(found([variant('', {}), variant('@bls', { packageManager: 'dnf' })]).rules).toEqual(['variants-overlap']);
  });
  test('what a step refers to has to be in the same runbook', () => {
    const other = step('preflight.b', goodCheck('preflight.b'), checkMeta({ applies: { packageManager: 'apt' } }));
    expect(found([variant('', {}, { needs: ['preflight.b'] }), other]).rules).toEqual(['reference-elsewhere']);
  });
  test('a need of any variant counts when circles are looked for', () => {
    const b = step('preflight.b', goodCheck('preflight.b'), checkMeta({ needs: ['preflight.a'] }));
    expect(needCycles([variant('', { packageManager: 'apt' }), variant('@bls', { packageManager: 'dnf' }, { needs: ['preflight.b'] }), b])).toHaveLength(1);
  });
});

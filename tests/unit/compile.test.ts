import { describe, expect, test } from 'vitest';
import type { DistroMeta } from '../../src/model/distro.ts';
import { compileScript, compileStep, quote, RUNTIME, type Runtime, stepTextInScript } from '../../src/runbook/compile.ts';
import { digest } from '../../src/runbook/digest.ts';
import { appliesTo, type ScriptDistro, selectRunbook } from '../../src/runbook/select.ts';
import { actionMeta, checkMeta, goodCheck, step } from './make.ts';

const runtime = Object.fromEntries(RUNTIME.map((n) => [n, `# ${n}\n`])) as Runtime;
const distro = {
  id: 'debian-13',
  name: 'Debian 13',
  family: 'debian',
  loader: 'grub',
  initramfs: 'initramfs-tools',
  packageManager: 'apt',
  osRelease: { ID: 'debian', VERSION_ID: '13' },
  from: '6.12',
  to: '7.3',
  toSeries: '7.3',
  kernels: [] as DistroMeta['kernels'],
} as ScriptDistro;
const a = step('preflight.a', goodCheck('preflight.a'));
const b = step('preflight.b', `printf '%s\\n' "it's" \\\n  "b"`, actionMeta());
const phases = [{ title: 'Look', phase: 'preflight' as const, promise: 'x', steps: ['preflight.b', 'preflight.a'], reviewed: '2026-11-23' }];
const runbook = selectRunbook(distro, phases, [a, b]);

describe('compiling a script', () => {
  test('gives the same bytes for the same inputs', () => {
    expect(compileScript(runbook, runtime, '1.0.0')).toEqual(compileScript(runbook, runtime, '1.0.0'));
  });
  test('holds each text byte for byte, in the order of the phase', () => {
    const script = compileScript(runbook, runtime, '1.0.0');
    for (const s of [a, b]) {
      const text = stepTextInScript(script.text, s.id);
      expect(text).toBe(s.text);
      expect(digest(text ?? '')).toBe(s.sha256);
    }
    expect(script.steps.map((s) => s.id)).toEqual(['preflight.b', 'preflight.a']);
    expect(stepTextInScript(script.text, 'preflight.c')).toBeUndefined();
  });
  test('changes its version when one byte of a step or of the runtime changes', () => {
    const version = compileScript(runbook, runtime, '1.0.0').version;
    const other = selectRunbook(distro, phases, [step('preflight.a', `${a.text} `), b]);
    expect(compileScript(other, runtime, '1.0.0').version).not.toBe(version);
    expect(compileScript(runbook, { ...runtime, ui: '# x\n' }, '1.0.0').version).not.toBe(version);
  });
  test('calls main on its last line, so that a cut download runs nothing', () => {
    expect(compileScript(runbook, runtime, '1.0.0').text.trimEnd().split('\n').at(-1)).toBe('tb_main "$@"');
  });
  test('refuses a text that holds the line which ends a step', () => {
    expect(() => compileStep(step('preflight.a', 'echo\nTB_END_OF_STEP\nrm -rf /'))).toThrow(/preflight\/a\.mdx.*TB_END_OF_STEP/s);
  });
  test('quotes words so that bash reads them back', () => {
    expect(quote("it's $HOME")).toBe("'it'\\''s $HOME'");
  });
});

describe('selecting steps for a distribution', () => {
  test.each([
    [undefined, true],
    [{ distro: 'debian-13' }, true],
    [{ distro: ['debian-12', 'debian-13'] }, true],
    [{ distro: 'debian-12' }, false],
    [{ family: 'debian', loader: 'grub' }, true],
    [{ family: 'debian', loader: 'grub-bls' }, false],
    [{ packageManager: ['dnf'] }, false],
  ])('%j → %s', (applies, expected) => expect(appliesTo(applies, distro)).toBe(expected));
  test('leaves out what does not apply', () => {
    const foreign = step('preflight.a', goodCheck('preflight.a'), checkMeta({ applies: { family: 'rhel' } }));
    expect(selectRunbook(distro, phases, [foreign, b]).steps.map((s) => s.id)).toEqual(['preflight.b']);
  });
});

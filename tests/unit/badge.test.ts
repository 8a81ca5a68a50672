import { describe, expect, test } from 'vitest';
import { badgeOf, type Run } from '../../src/runbook/badge.ts';
import { digest } from '../../src/runbook/digest.ts';
import { fixtureMatrix } from '../../src/runbook/matrix.ts';
import type { Step } from '../../src/runbook/step.ts';
import { actionMeta } from './make.ts';
import { sampleRun, sampleStep } from '../browser/sample-evidence.ts';

const stepOf = (text: string, part: Partial<Step> = {}): Step => ({
  key: 'preflight.boot-space',
  id: 'preflight.boot-space',
  meta: {
    kind: 'check',
    title: '/boot has room',
    gate: 'block',
    privilege: 'user',
    timeout: '20s',
    needs: [],
    sources: [],
    reviewed: '2026-11-23',
    remedy: { hint: 'Remove a kernel that is not used.' },
    fixtures: { plain: 'PASS', 'boot-small': 'FAIL', 'boot-tight': 'WARN', 'blind-no-initrd': 'SKIP' },
  },
  text,
  sha256: digest(text),
  file: 'content/steps/preflight/boot-space.mdx',
  textLine: 1,
  ...part,
});
const step = stepOf('df -Pk /boot');
const titles = new Map([['debian-13', 'Debian 13 rehearsal host']]);
const run = (id: string, part: Parameters<typeof sampleRun>[0]): Run => ({ id, ...sampleRun(part) });
const path = (part: Partial<Run> = {}, verdict: 'PASS' | 'FAIL' | 'WARN' = 'PASS'): Run =>
  run(part.id ?? 'debian-13/path-commit', { scenario: 'path/commit', steps: [sampleStep(step, verdict)], ...part });
const fixtures = (verdicts: { [fixture: string]: 'PASS' | 'FAIL' | 'WARN' | 'SKIP' | 'ERROR' }): Run =>
  run('debian-13/fixtures', {
    scenario: 'fixture/checks',
    steps: Object.entries(verdicts).map(([fixture, verdict]) => sampleStep(step, verdict, { fixture })),
  });
const badge = (runs: Run[], of: Step = step) => badgeOf(of, runs, 'debian-13', titles);
const ALL = { plain: 'PASS', 'boot-small': 'FAIL', 'boot-tight': 'WARN', 'blind-no-initrd': 'SKIP' } as const;

describe('a badge without evidence', () => {
  test('says not run yet', () => {
    expect(badge([])).toEqual({ state: 'none', words: 'not run yet', lines: [] });
  });

  test('counts nothing of another step or another distribution', () => {
    expect(badge([path({ distro: 'debian-12' })]).state).toBe('none');
    expect(badge([path({ steps: [sampleStep(stepOf('df -Pk /boot', { id: 'preflight.other' }), 'PASS')] })]).words).toBe('not run yet');
  });

  test('falls back to not run yet when one byte of the text changes, and says when another text was run', () => {
    expect(badge([path()]).state).toBe('good');
    for (const text of ['df -Pk /boot ', 'df -Pk /boop', 'df -Pk /boot\n', 'df -PK /boot', 'df -Pk  /boot']) {
      const changed = badge([path()], stepOf(text));
      expect(changed.state).toBe('none');
      expect(changed.words).toBe('not run yet: the text changed since the last run, on 2026-11-20');
      expect(changed.transcript).toBeUndefined();
    }
  });
});

describe('whole runbooks', () => {
  test('name the host, the day and the verdict', () => {
    expect(badge([path()]).words).toBe('rehearsed on Debian 13 rehearsal host (no kernel booted there) on 2026-11-20: PASS');
  });

  test('the newest run of a scenario counts, whatever it says', () => {
    const runs = [path({ id: 'old', date: '2026-11-01T00:00:00Z' }), path({ id: 'new', date: '2026-11-22T00:00:00Z' }, 'FAIL')];
    expect(badge(runs)).toMatchObject({ state: 'bad', words: 'rehearsed on Debian 13 rehearsal host (no kernel booted there) on 2026-11-22: FAIL' });
    expect(badge([...runs].reverse()).words).toBe(badge(runs).words);
  });

  test('a scenario that calls for a failing check does not spoil the badge, and both verdicts are told', () => {
    const b = badge([path(), path({ id: 'debian-13/path-fall-back', scenario: 'path/fall-back' }, 'FAIL')]);
    expect(b.state).toBe('good');
    expect(b.words).toContain('PASS in path/commit, FAIL in path/fall-back');
  });

  test('a run that failed is never good', () => {
    expect(badge([path({ result: 'fail' })])).toMatchObject({ state: 'bad', words: expect.stringContaining('PASS (the run failed)') });
  });

  test('a step that runs twice in a run counts as it ended', () => {
    expect(badge([path({ steps: [sampleStep(step, 'FAIL'), sampleStep(step, 'PASS')] })]).state).toBe('good');
    expect(badge([path({ steps: [sampleStep(step, 'PASS'), sampleStep(step, 'ERROR')] })]).state).toBe('bad');
  });

  test('an unknown host keeps its id', () => {
    expect(badge([path({ host: 'gone' })]).words).toContain('rehearsed on gone (no kernel booted there) on');
  });
});

describe('virtual machines', () => {
  const steps = [sampleStep(step, 'PASS')];
  const vm = (scenario: string, part: Partial<Run> = {}): Run =>
    run(part.id ?? `debian-13-vm/${scenario}-${part.layout ?? 'root-ext4'}`, { scenario, lane: 'vm', host: 'debian-13-vm', layout: 'root-ext4', steps, ...part });
  const vmTitles = new Map([...titles, ['debian-13-vm', 'Debian 13 virtual machine']]);
  const vmBadge = (...runs: Run[]) => badgeOf(step, runs, 'debian-13', vmTitles);
  const failing = { steps: [sampleStep(step, 'FAIL')] };

  test('are the only ones that say booted, and come first', () => {
    const b = vmBadge(path(), vm('path/judged'), vm('path/judged', { layout: 'xfs' }), vm('death/panic', { date: '2026-11-23T04:00:00Z' }));
    expect(b.lines.map((l) => l.words)).toEqual([
      'booted on a Debian 13 virtual machine, 2026-11-23: 2 scenarios, 2 storage layouts',
      'rehearsed on Debian 13 rehearsal host (no kernel booted there) on 2026-11-20: PASS',
    ]);
    expect(b.lines.map((l) => l.booted)).toEqual([true, undefined]);
    expect(b.state).toBe('good');
  });

  test('no other lane ever says booted, whatever its scenario', () => {
    for (const lane of ['rehearsal', 'paste'] as const) {
      for (const kind of ['path', 'death', 'storage', 'cut', 'soak', 'fault', 'probe', 'paste']) {
        const { words } = vmBadge(run('x', { scenario: `${kind}/x`, lane, steps }));
        expect(words.replace('no kernel booted there', '')).not.toContain('booted');
      }
    }
  });

  test('one of each is counted in the singular; a host without a title and one with a vowel', () => {
    expect(vmBadge(vm('death/panic')).words).toBe('booted on a Debian 13 virtual machine, 2026-11-20: 1 scenario, 1 storage layout');
    expect(vmBadge(vm('death/panic', { host: 'vm-trixie' })).words).toContain('booted on the virtual machine vm-trixie, ');
    expect(badgeOf(step, [vm('death/panic')], 'debian-13', new Map([['debian-13-vm', 'Ubuntu virtual machine']])).words).toContain('on an Ubuntu virtual machine');
  });

  test.each(['death/verify-fails', 'storage/guard', 'cut/while-initramfs', 'soak/power-cuts'])('a step that was meant to fail in %s does not spoil the badge', (scenario) => {
    expect(vmBadge(vm(scenario, failing)).state).toBe('good');
    expect(vmBadge(vm(scenario, failing)).words).not.toContain('FAIL');
  });

  test('a step that fails on the way a runbook is meant to go does', () => {
    expect(vmBadge(vm('path/judged', failing))).toMatchObject({ state: 'bad', words: expect.stringContaining('1 storage layout (FAIL)') });
    expect(vmBadge(vm('path/judged', failing), vm('path/by-hand')).state).toBe('good');
    expect(vmBadge(vm('path/judged', failing), vm('death/panic')).state).toBe('bad');
  });

  test('a run that failed is named with its layout, and never good', () => {
    const b = vmBadge(vm('death/panic', { result: 'fail', layout: 'lvm' }), vm('path/judged'));
    expect(b).toMatchObject({ state: 'bad', words: expect.stringContaining('(death/panic on lvm failed)') });
  });

  test('the newest run per scenario and layout counts', () => {
    const old = vm('death/panic', { id: 'old', result: 'fail', date: '2026-11-01T00:00:00Z' });
    expect(vmBadge(old, vm('death/panic'))).toMatchObject({ state: 'good', lines: [{ runs: ['debian-13-vm/death/panic-root-ext4'] }] });
    expect(vmBadge({ ...old, layout: 'xfs' }, vm('death/panic')).state).toBe('bad');
  });

  test('of another text nothing is booted', () => {
    expect(badgeOf(stepOf('df -Pk /boop'), [vm('death/panic')], 'debian-13', vmTitles)).toMatchObject({
      state: 'none',
      words: 'not run yet: the text changed since the last run, on 2026-11-20',
    });
  });
});

describe('fixtures', () => {
  test('all as expected', () => {
    expect(badge([fixtures(ALL)])).toMatchObject({ state: 'good', words: 'fixtures: 4 of 4 as expected on 2026-11-20' });
  });

  test('a wrong verdict is named', () => {
    const b = badge([fixtures({ ...ALL, 'blind-no-initrd': 'PASS' })]);
    expect(b.state).toBe('bad');
    expect(b.words).toBe('fixtures: 3 of 4 as expected on 2026-11-20 (blind-no-initrd gave PASS, not SKIP)');
  });

  test('one that was not run is not counted as right', () => {
    expect(badge([fixtures({ plain: 'PASS', 'boot-small': 'FAIL' })])).toMatchObject({
      state: 'bad',
      words: 'fixtures: 2 of 4 as expected on 2026-11-20 (2 not run)',
    });
  });

  test('what the step expects now counts, not what the run expected then', () => {
    const old = fixtures(ALL);
    const stricter = stepOf(step.text, { meta: { ...step.meta, fixtures: { ...ALL, 'boot-tight': 'FAIL' } } as Step['meta'] });
    expect(badge([old], stricter).state).toBe('bad');
  });
});

describe('repairs', () => {
  const repair = stepOf('true', { id: 'repair.free-boot', meta: actionMeta({ mends: { 'preflight.boot-space': ['boot-full', 'boot-tight'] } }) });
  const mended = (...fixtures: string[]): Run => run('debian-13/fault-mended', { scenario: 'fault/mended', steps: fixtures.map((fixture) => sampleStep(repair, 'DONE', { fixture })) });
  test('count the faults they mended, of those they are for now', () => {
    expect(badge([mended('boot-full', 'boot-tight')], repair)).toMatchObject({ state: 'good', words: 'mended 2 of the 2 faults it is for on 2026-11-20' });
    expect(badge([mended('boot-full', 'another')], repair)).toMatchObject({ state: 'bad', words: 'mended 1 of the 2 faults it is for on 2026-11-20' });
    expect(badge([mended('another')], repair).words).not.toContain('mended');
  });
});

describe('pastes and faults', () => {
  test('name who pasted', () => {
    const steps = [sampleStep(step, 'PASS')];
    const root = run('debian-13/paste-root', { scenario: 'paste/root-bracketed', steps });
    const user = run('debian-13/paste-user', { scenario: 'paste/admin-line-by-line', steps });
    expect(badge([user, root]).words).toBe('pasted as root and as user with sudo, bracketed and line by line, on 2026-11-20');
    const failing = { ...user, steps: [sampleStep(step, 'ERROR')] };
    expect(badge([failing, root])).toMatchObject({ state: 'bad', words: 'pasted on 2026-11-20: as root bracketed PASS, as user with sudo line by line ERROR' });
  });

  test('a fault run counts by how the run ended, not by the verdict', () => {
    const fault = run('f', { scenario: 'fault/boot-full', steps: [sampleStep(step, 'FAIL')] });
    expect(badge([path(), fault])).toMatchObject({ state: 'good', words: expect.stringContaining('; also in fault/boot-full') });
    expect(badge([path(), { ...fault, result: 'fail' }])).toMatchObject({ state: 'bad', words: expect.stringContaining('failed: fault/boot-full') });
  });
});

test('the transcript is that of the newest whole runbook', () => {
  const b = badge([
    path({ id: 'old', date: '2026-11-01T00:00:00Z' }),
    path({ steps: [sampleStep(step, 'PASS', { transcript: 'newest' })] }),
    { ...fixtures(ALL), date: '2026-11-23T00:00:00Z' },
  ]);
  expect(b.transcript).toEqual({ run: 'debian-13/path-commit', text: 'newest' });
});

describe('the matrix of fixtures', () => {
  test('has the newest verdict of the text as it is, and none of another text', () => {
    const rows = fixtureMatrix([step], [fixtures({ plain: 'PASS' }), { ...fixtures({ plain: 'FAIL' }), id: 'x', date: '2026-11-22T00:00:00Z' }], 'debian-13');
    expect(rows[0]?.cells[0]).toEqual({ fixture: 'plain', expected: 'PASS', verdict: 'FAIL' });
    expect(rows[0]?.cells[1]).toEqual({ fixture: 'boot-small', expected: 'FAIL' });
    expect(fixtureMatrix([stepOf('other')], [fixtures(ALL)], 'debian-13')[0]?.cells.every((c) => c.verdict === undefined)).toBe(true);
  });
});

test('of an action that is repeated in a run, the first transcript is shown: the second finds the work done', () => {
  const action: Step = { ...step, meta: { kind: 'action', title: 'Install it', privilege: 'root', timeout: '20s', needs: [], sources: [], reviewed: '2026-11-23', effects: ['pkg'], outcome: 'preflight.other', undo: { none: 'It is only a test of a badge.' } } };
  const b = badge([path({ steps: [sampleStep(action, 'PASS', { transcript: 'first' }), sampleStep(action, 'PASS', { transcript: 'again' })] })], action);
  expect(b.transcript?.text).toBe('first');
});

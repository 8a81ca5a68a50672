/** Every fence typed into a real interactive bash on a pseudo-terminal: its verdicts are the script's. */
import { expect, test } from 'vitest';
import { runPastePath } from '../../src/lab/lane/paste-path.ts';
import { runPath } from '../../src/lab/lane/path.ts';
import { PASTE_CONFIGURATIONS, pasteScenario } from '../../src/lab/lane/record.ts';
import { createHost } from '../../src/lab/host.ts';
import { PasteSession } from '../../src/lab/lane/paste.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

describeHost('pasting the runbook', () => {
  const { runbook, script } = hostScript('debian-13');

  test('in two terminals that differ in everything, with the verdicts of the script', async () => {
    const byScript = await runPath('debian-13', script, () => undefined);
    const wanted = new Map(byScript.steps.filter((s) => ['PASS', 'WARN', 'SKIP'].includes(s.verdict)).map((s) => [s.id, s.verdict]));
    // Two of the four configurations cover both users, both paste modes and both locales; `npm run lab -- paste` runs all.
    for (const options of PASTE_CONFIGURATIONS.slice(0, 2)) {
      const run = await runPastePath('debian-13', runbook, options, () => undefined);
      expect(run.faults, pasteScenario(options)).toEqual([]);
      const pasted = new Map(run.steps.map((s) => [s.id, s.verdict]));
      for (const step of runbook.steps) {
        if (step.id.startsWith('repair.') || step.meta.kind === 'vars' || step.meta.kind === 'probe') continue;
        // What only the script does is shown on the page, not copied from it.
        expect(pasted.has(step.id), `${step.id} was pasted`).toBe(step.meta.only !== 'script');
        if (!pasted.has(step.id)) continue;
        // The settings that lower exposure are no part of the script's path: each was set, or taken back, right before its check.
        const verdict = step.id.startsWith('harden.') ? 'PASS' : wanted.get(step.id);
        if (step.meta.kind === 'check') expect(`${step.id} ${pasted.get(step.id)}`).toBe(`${step.id} ${verdict}`);
      }
    }
  }, 1_800_000);

  test('the lane sees a text whose rest is swallowed, and one that ends the shell', async () => {
    const host = await createHost('debian-13');
    try {
      const session = new PasteSession(host, { user: 'admin', bracketed: false, locale: 'C.UTF-8' });
      await session.start();
      const lost = await session.paste('sudo sleep 0.3\necho "PASS a.b: x"', 10_000);
      expect(lost.verdicts).toEqual([]);
      const kept = await session.paste('{ sudo sleep 0.3\necho "PASS a.b: x"; }', 10_000);
      expect(kept.verdicts).toEqual(['PASS a.b: x']);
      await expect(session.paste('exit 1', 10_000)).rejects.toThrow(/is gone/);
    } finally {
      await host.destroy();
    }
  });
});

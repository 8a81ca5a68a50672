/** needrestart asks on the terminal after an upgrade, and waits. The runbook's text keeps it from that. */
import { afterEach, expect, test } from 'vitest';
import type { Host } from '../../src/lab/host.ts';
import { PasteSession } from '../../src/lab/lane/paste.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

const ASKS = /Pending kernel upgrade/;

describeHost('a host with needrestart, on a terminal', () => {
  const { runbook, script } = hostScript('debian-13');
  const stages = new StageBuilder('debian-13', script);
  let host: Host | undefined;
  let session: PasteSession | undefined;
  afterEach(async () => {
    await session?.close();
    await host?.destroy();
  });

  test('the new kernel is installed without a question; the next installation by hand brings one', async () => {
    host = await stages.host('prepared');
    const r = await host.exec('apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y install needrestart && ls /etc/apt/apt.conf.d/*needrestart*');
    expect(r.status, r.stdout + r.stderr).toBe(0);
    session = new PasteSession(host, { user: 'root', bracketed: true, locale: 'C.UTF-8' });
    await session.start();
    const upgrade = runbook.steps.filter((s) => s.id.startsWith('upgrade.'));
    const until = upgrade.findIndex((s) => s.id === 'upgrade.install');
    for (const step of [...runbook.steps.filter((s) => s.meta.kind === 'vars'), ...upgrade.slice(0, until)]) await session.paste(step.text, 300_000);
    const installed = await session.paste(upgrade[until]!.text, 900_000);
    expect(installed.status, installed.screen.slice(-2000)).toBe(0);
    // It was there, and was told to be quiet: a needrestart that does not run would ask nothing either.
    expect(installed.screen).toMatch(/needrestart is suspended/);
    expect(installed.screen).not.toMatch(ASKS);
    // The control: on this host, with this kernel installed, it does ask.
    expect(await session.typeUntil('apt-get -y --reinstall install needrestart', ASKS)).toMatch(/Newer kernel available/);
  });
});

/** The trial without an operator, as far as a rehearsal host shows it: systemd does not run there, so its units' commands are run by hand. */
import { afterEach, expect, test } from 'vitest';
import type { Host } from '../../src/lab/host.ts';
import { runScript, SCRIPT_PATH, StageBuilder } from '../../src/lab/lane/stage.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

const COPY = '/var/lib/trialboot/script';
const TRACES = 'find /boot/trialboot.cpio /boot/grub/custom.cfg /etc/systemd/system -name "*trialboot*" -o -name custom.cfg; ls -d /etc/systemd/system/{emergency,rescue}.target.wants';

/** What commit.note changes. */
const TOUCHED = '/boot/trialboot.cpio /boot/grub/custom.cfg /boot/grub/grubenv /etc/systemd/system /var/lib/trialboot';

describeHost('the judge and what it leaves', () => {
  const { script } = hostScript('debian-13');
  const stages = new StageBuilder('debian-13', script);
  let host: Host;
  afterEach(async () => host?.destroy());

  const trial = async (options: string): Promise<void> => {
    host = await stages.host('upgraded');
    await runScript(host, `trial --yes ${options}`);
    expect(await host.rebootRequests()).toEqual(['reboot']);
    expect((await host.reboot()).kernel).toMatch(/^7\./);
  };
  /** In a trial without options, verified, and cut off after the first write of its commit. */
  const halfCommitted = async (): Promise<void> => {
    host = await stages.host('trial');
    await runScript(host, 'verify');
    await runScript(host, 'commit --yes --only commit.default-new');
  };
  const out = async (text: string): Promise<string> => {
    const r = await host.exec(text);
    return r.stdout + r.stderr;
  };

  test('a trial that verifies is committed, and nothing of the judge stays', async () => {
    await trial('--within 2m');
    expect(await out(`bash ${SCRIPT_PATH} status`)).toMatch(/is running and being judged; 6\.\S+ comes back unless it passes/);
    const r = await host.exec(`bash ${COPY} judge`);
    expect(r.status, r.stderr).toBe(0);
    expect(await out(`bash ${SCRIPT_PATH} status`)).toMatch(/^7\.\S+ is the default since the commit/);
    expect(await out('cat /etc/motd.d/trialboot')).toMatch(/^Trialboot: 7\.\S+ passed its trial/);
    expect((await host.exec(TRACES)).stdout).toBe('');
    expect((await host.reboot()).kernel).toMatch(/^7\./);
    expect(await out(`bash ${COPY} settle`)).toContain('nothing to settle');
  });

  test('a trial that does not verify goes back, and settle says why and cleans up', async () => {
    await trial('--within 60s');
    await out('sed -i "s/^cron.service loaded active running/cron.service loaded failed failed/" /run/lab/units');
    expect((await host.exec(`bash ${COPY} judge`)).status).toBe(0);
    expect(await host.rebootRequests()).toEqual(['reboot']);
    expect((await host.reboot()).kernel).toMatch(/^6\./);
    expect((await host.exec(`bash ${COPY} settle`)).status).toBe(0);
    const why = 'verification failed: verify.units: failed now, not before: cron.service';
    expect(await out(`bash ${SCRIPT_PATH} status`)).toContain(`failed: ${why}; running 6.`);
    expect(await out('cat /etc/motd.d/trialboot')).toContain(why);
    expect((await host.exec(TRACES)).stdout).toBe('');
    // Again: settle may have been cut off at any write.
    expect((await host.exec(`bash ${COPY} settle`)).status).toBe(0);
    await runScript(host, 'rollback --yes');
    expect(await out('ls /etc/motd.d')).toMatch(/cannot access/);
  }, 120_000);

  test('a finding accepted for the trial holds for the judge', async () => {
    await trial('--within 60s --accept verify.units="cron is being replaced"');
    await out('sed -i "s/^cron.service loaded active running/cron.service loaded failed failed/" /run/lab/units');
    expect((await host.exec(`bash ${COPY} judge`)).status).toBe(0);
    expect(await out(`bash ${SCRIPT_PATH} status`)).toMatch(/^7\.\S+ is the default since the commit/);
    expect(await out('grep -c "cron is being replaced" /var/lib/trialboot/journal.jsonl')).toBe('1\n');
  });

  test('attended: nothing is judged, the login message says what to do', async () => {
    await trial('--attended --within 30m');
    expect((await host.exec(`bash ${COPY} judge`)).status).toBe(0);
    expect(await out('cat /etc/motd.d/trialboot')).toMatch(/is running\. Verify and commit it within 30 minutes/);
    expect(await out('cat /etc/systemd/system/trialboot-back.timer')).toContain('OnBootSec=1800s');
    expect(await host.rebootRequests()).toEqual([]);
    await runScript(host, 'verify');
    await runScript(host, 'commit --yes');
    expect((await host.exec(TRACES)).stdout).toBe('');
    expect(await out('ls /etc/motd.d')).toMatch(/cannot access/);
  });

  test('a commit cut off after its first write is finished by the next boot', async () => {
    await halfCommitted();
    const boot = await host.powerCycle();
    expect(boot.kernel).toMatch(/^7\./);
    expect(boot.cmdline).not.toContain('trialboot.trial');
    expect((await host.exec(`bash ${COPY} settle`)).status).toBe(0);
    expect(await out(`bash ${SCRIPT_PATH} status`)).toMatch(/^7\.\S+ is the default since the commit/);
    expect((await host.exec(TRACES)).stdout).toBe('');
  });

  test('a commit cut off while it took the trial away is finished by the next boot', async () => {
    await halfCommitted();
    // As commit.note leaves it when the power goes right after its first write.
    await out('echo committed > /var/lib/trialboot/stage');
    expect((await host.powerCycle()).kernel).toMatch(/^7\./);
    expect((await host.exec(TRACES)).stdout).not.toBe('');
    expect((await host.exec(`bash ${COPY} settle`)).status).toBe(0);
    expect((await host.exec(TRACES)).stdout).toBe('');
    expect(await out('cat /etc/motd.d/trialboot')).toMatch(/passed its trial/);
    expect(await out(`bash ${COPY} settle`)).toContain('nothing to settle');
  });

  test('a commit cut off before any command that takes the trial away is finished by the next boot', async () => {
    await halfCommitted();
    const text = hostScript('debian-13').runbook.steps.find((s) => s.id === 'commit.note')?.text ?? '';
    expect((await host.powerCycle()).cmdline).not.toContain('trialboot.trial');
    await out(`mkdir /root/kept && cp -a --parents ${TOUCHED} /root/kept`);
    // Most commands change nothing: what the same state comes to is known.
    const seen = new Set<string>();
    for (let n = 1, status = 9; status !== 0; n += 1) {
      await out(`rm -rf ${TOUCHED} && cp -a /root/kept/. /`);
      // The power goes before the n-th command.
      status = (await host.exec(`trap '((++tb_nth < ${n})) || exit 9' DEBUG\n${text}`)).status;
      expect([0, 9], `command ${n}`).toContain(status);
      const left = await out(`find ${TOUCHED} -type f -exec md5sum {} + -o -print | sort`);
      if (seen.has(left)) continue;
      seen.add(left);
      // As systemd starts it: only if it is still there and enabled.
      await out(`[ ! -e /etc/systemd/system/multi-user.target.wants/trialboot-settle.service ] || bash ${COPY} settle`);
      expect((await host.exec(TRACES)).stdout, `cut off before command ${n}, which left ${left}`).toBe('');
    }
    expect(seen.size).toBeGreaterThan(7);
  }, 300_000);

  test('a trial that left no journal, and one that was never started', async () => {
    host = await stages.host('trial');
    // The journal of the trial is lost, as when it dies before its disk is writable.
    await host.powerCycle();
    await out('rm -f /run/lab/journal/-1');
    await out(`bash ${COPY} settle`);
    expect(await out(`bash ${SCRIPT_PATH} status`)).toMatch(/failed: it left no journal: it ended before its disk was writable/);
  });

  test('--within and --attended are refused where they mean nothing', async () => {
    host = await stages.host('upgraded');
    for (const words of ['trial --within 5', 'trial --within soon', 'trial --within', 'commit --attended', 'verify --within 5m']) {
      const r = await host.exec(`bash ${SCRIPT_PATH} ${words}`);
      expect({ words, status: r.status, lines: r.stderr.trimEnd().split('\n').length }).toEqual({ words, status: 3, lines: 1 });
    }
    const r = await host.exec(`bash ${SCRIPT_PATH} judge`);
    expect(r.stderr).toContain('not a trial');
  });
});

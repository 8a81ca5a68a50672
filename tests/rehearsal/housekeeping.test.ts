/** The repairs of the week after: they do what they say, and refuse what they must. */
import { expect, test } from 'vitest';
import { hostInFixture, readFixture } from '../../src/lab/lane/fixture.ts';
import { installedKernels, runHousekeeping } from '../../src/lab/lane/housekeeping.ts';
import { command } from '../../src/lab/lane/path.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { onHost } from '../../src/lab/host.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

const TIMEOUT = 1_800_000;

/** The steps for the week after are the same on all hosts with apt; `npm run lab -- record HOST --lane housekeeping` runs them on any. */
const hostId = 'debian-13';

describeHost(`housekeeping on ${hostId}`, () => {
  const { runbook, script } = hostScript(hostId);
  const stages = new StageBuilder(hostId, script);

  test('frees a full /boot, and a week later leaves two kernels that boot, without protection', async () => {
    const run = await runHousekeeping(ROOT, stages, runbook, () => undefined);
    expect(run.faults).toEqual([]);
    expect(run.steps.filter((s) => s.verdict === 'DONE').map((s) => s.id)).toEqual(expect.arrayContaining(['repair.free-boot', 'repair.release-fallback', 'repair.drop-oldest']));
  }, TIMEOUT);

  test('the protection is not given up during a trial, nor when the old kernel runs after a commit', async () => {
    await onHost(await stages.host('trial'), async (host) => {
      const run = await command(host, 'repair repair.release-fallback --yes');
      expect(run.status).toBe(2);
      expect((await host.exec("apt-mark showmanual | grep -c '^linux-image-[0-9]'")).stdout.trim()).toBe('1');
    });
    await onHost(await stages.host('committed'), async (host) => {
      await host.exec('cp /run/lab/uname /run/lab/uname.new && sed -i "1s/.*/$(cat /var/lib/trialboot/kernel.old)/" /run/lab/uname');
      expect((await host.exec('uname -r')).stdout).toBe((await host.exec('cat /var/lib/trialboot/kernel.old')).stdout);
      expect((await command(host, 'repair repair.release-fallback --yes')).status).toBe(2);
    });
  }, TIMEOUT);

  test('metapackages that went with a kernel purged by hand come back in the version they had', async () => {
    await onHost(await hostInFixture(ROOT, stages, runbook, 'new-purged'), async (host) => {
      const metas = "dpkg-query -W -f '${Package} ${db:Status-Status}\\n' 'linux-image-cloud-amd64' 'linux-headers-cloud-amd64'; uname -r";
      expect((await host.exec(metas)).stdout).not.toContain('linux-image-cloud-amd64 installed');
      const back = await command(host, 'rollback --yes');
      expect(back.report.steps.find((s) => s.id === 'rollback.metapackage')?.result).toBe('FAIL');
      expect((await command(host, 'repair repair.metapackages --yes')).status).toBe(0);
      const found = (await host.exec(metas)).stdout;
      expect(found).toContain('linux-image-cloud-amd64 installed');
      expect(found).toContain('linux-headers-cloud-amd64 installed');
      const simulated = await host.exec("apt-get -s install linux-image-cloud-amd64 | grep -c '^Inst'");
      expect(simulated.stdout.trim()).toBe('0');
    });
  }, TIMEOUT);

  test('nothing is dropped when apt would take something else along', async () => {
    const depends = `mkdir -p /root/meta/DEBIAN
printf '%s\\n' 'Package: vendor-agent' 'Version: 1.0' 'Architecture: all' 'Maintainer: Nobody <nobody@localhost>' "Depends: linux-image-$third" \\
'Description: needs that kernel' > /root/meta/DEBIAN/control
dpkg-deb -b /root/meta /root/meta.deb
dpkg -i /root/meta.deb`;
    await onHost(await hostInFixture(ROOT, stages, runbook, 'kernel-third', depends), async (host) => {
      const before = await installedKernels(host);
      expect(before).toHaveLength(3);
      const run = await command(host, 'repair repair.drop-oldest --yes');
      expect(run.status).toBe(2);
      expect((await host.exec('cat /var/lib/trialboot/log/repair.drop-oldest.log')).stdout).toContain('apt would also remove: vendor-agent');
      expect(await installedKernels(host)).toEqual(before);
    });
  }, TIMEOUT);

  test('a kernel that was installed since and not booted yet stays, and the one that runs', async () => {
    const newer = readFixture(ROOT, 'kernel-third').script.replaceAll('5.10.1', '9.9.9').replaceAll('third', 'fourth');
    await onHost(await hostInFixture(ROOT, stages, runbook, 'kernel-third', newer), async (host) => {
      const [, , running, newest] = await installedKernels(host);
      expect(newest).toMatch(/^9\.9\.9/);
      expect((await command(host, 'repair repair.drop-oldest --yes')).status).toBe(0);
      expect(await installedKernels(host)).toEqual([running, newest]);
    });
  }, TIMEOUT);

  test('before the trial, a full /boot is not made room in at the cost of the running or the new kernel', async () => {
    await onHost(await stages.host('upgraded'), async (host) => {
      const small = await host.exec(`set -e\n${readFixture(ROOT, 'boot-small').script}`);
      expect(small.status, small.stderr).toBe(0);
      const before = await installedKernels(host);
      expect((await command(host, 'repair repair.free-boot --yes')).status).toBe(2);
      expect((await host.exec('cat /var/lib/trialboot/log/repair.free-boot.log')).stdout).toContain('/boot is too small');
      expect(await installedKernels(host)).toEqual(before);
    });
  }, TIMEOUT);
});

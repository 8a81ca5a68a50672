/** The record made before the installation: what comes and goes without a fault must not be in it, or a good trial goes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../../src/lab/host.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

describeHost('the baseline', () => {
  const { runbook, script } = hostScript('debian-13');
  let host: Host;
  const text = (id: string): string => runbook.steps.find((s) => s.id === id)!.text;
  const lines = async (name: string): Promise<string[]> => (await host.read(`/var/lib/trialboot/baseline/${name}`)).trim().split('\n');
  beforeAll(async () => {
    host = await new StageBuilder('debian-13', script).host('prepared');
    const made = await host.exec(`set -e
perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $_, Listen => 1) or die } 2222, 45678; sleep 600' > /dev/null 2>&1 &
ip -6 addr add 2001:db8::1/64 dev ens3 nodad
ip route add 198.51.100.0/24 dev ens3
mkdir -p /srv/auto/home /run/user/0/doc /srv/data
mount -t tmpfs -o size=1m tmpfs /srv/data
cat /proc/mounts > /run/mounts
printf '%s\\n' '/dev/vdb1 /srv/data ext4 rw 0 0' 'auto.home /srv/auto autofs rw 0 0' 'nas:/home /srv/auto/home nfs4 rw 0 0' 'portal /run/user/0/doc fuse.portal rw 0 0' >> /run/mounts
for i in $(seq 50); do ss -Hltn | grep -q :45678 && break; sleep 0.1; done; ss -Hltn | grep -q :45678`);
    expect(made.status, made.stderr).toBe(0);
    for (const id of ['upgrade.baseline-system', 'upgrade.baseline-network']) {
      // Nothing can be laid over /proc/mounts, which is each process's own: the text reads a copy with further lines.
      const r = await host.exec(text(id).replaceAll('/proc/mounts', '/run/mounts'));
      expect(r.status, r.stderr).toBe(0);
    }
  });
  afterAll(async () => host?.destroy());

  test('has the units that a boot pulls in, not a login and not what was started on demand', async () => {
    const units = await lines('units');
    expect(units).toEqual(expect.arrayContaining(['ssh.service', 'cron.service', 'apt-daily.timer', 'systemd-journald.service']));
    expect(units.filter((u) => /^user|timedated/.test(u))).toEqual([]);
    // Not for want of being active.
    expect((await host.exec('systemctl is-active user@0.service systemd-timedated.service')).stdout).toBe('active\nactive\n');
  });

  test('has the mounts of the host, not those that come when somebody looks, nor those of a login', async () => {
    const mounts = await lines('mounts');
    expect(mounts).toContain('/srv/data ext4');
    expect(mounts.filter((m) => /auto|\/run\/user/.test(m))).toEqual([]);
  });

  test('has the listeners with a port of their own, not those with one of the day', async () => {
    const listeners = await lines('listeners');
    expect(listeners).toContain('tcp 127.0.0.1:2222');
    expect(listeners.filter((l) => l.includes('45678'))).toEqual([]);
  });

  test('has addresses and routes', async () => {
    expect(await lines('addresses')).toContain('ens3 2001:db8::1/64');
    expect((await lines('routes')).some((r) => r.startsWith('198.51.100.0/24 dev ens3'))).toBe(true);
  });
});

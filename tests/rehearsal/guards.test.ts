/** Bad circumstances: each ends in one clear line and the documented exit status, and nothing is lost. */
import { afterEach, expect, test } from 'vitest';
import { command } from '../../src/lab/lane/path.ts';
import type { Host } from '../../src/lab/host.ts';
import { SCRIPT_PATH, StageBuilder } from '../../src/lab/lane/stage.ts';
import type { Stage } from '../../src/model/stage.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

describeHost('guards of the script', () => {
  const { script } = hostScript('debian-13');
  const stages = new StageBuilder('debian-13', script);
  let host: Host;
  afterEach(async () => host?.destroy());

  const on = async (stage: Stage): Promise<Host> => {
    host = await stages.host(stage);
    if (stage === 'plain') await host.copy(SCRIPT_PATH, script.text, 0o755);
    return host;
  };
  const sh = async (text: string): Promise<void> => {
    const r = await host.exec(text);
    expect(r.status, r.stderr).toBe(0);
  };
  /** Runs a command; expects its status and exactly one line about why, on stderr. */
  const refused = async (words: string, status: number, line: RegExp, user?: string): Promise<void> => {
    const r = await host.exec(`bash ${SCRIPT_PATH} ${words}`, user ? { user } : {});
    expect({ status: r.status, stderr: r.stderr }).toMatchObject({ status });
    const lines = r.stderr.trimEnd().split('\n');
    expect(lines.length, r.stderr).toBe(1);
    expect(lines[0]).toMatch(line);
  };
  const files = async (): Promise<string> =>
    (await host.exec('find /var/lib/trialboot /boot /etc/default -type f -exec md5sum {} + 2> /dev/null | sort -k 2')).stdout;

  test('wrong distribution', async () => {
    await on('plain');
    await sh(`sed -i 's/^VERSION_ID=.*/VERSION_ID="14"/; s/^PRETTY_NAME=.*/PRETTY_NAME="Debian 14"/' /etc/os-release`);
    await refused('preflight', 2, /^trialboot: stopped: this script is for Debian 13.*this host is Debian 14/);
    await sh('test ! -e /var/lib/trialboot');
  });

  test('no os-release at all', async () => {
    await on('plain');
    await sh('rm -f /etc/os-release /usr/lib/os-release');
    await refused('preflight', 2, /no \/etc\/os-release/);
  });

  test('not root', async () => {
    await on('plain');
    await sh(`install -m 755 ${SCRIPT_PATH} /home/admin/trialboot.sh`);
    const r = await host.exec('bash ~/trialboot.sh preflight', { user: 'admin' });
    expect(r.status).toBe(2);
    expect(r.stderr).toMatch(/^trialboot: stopped: 'preflight' must run as root; try: sudo bash .*trialboot\.sh preflight\n$/);
  });

  test('a container', async () => {
    await on('plain');
    await sh(': > /.dockerenv; printf "#!/bin/sh\\nexit 127\\n" > /usr/local/sbin/systemd-detect-virt; chmod 755 /usr/local/sbin/systemd-detect-virt');
    await refused('preflight', 2, /this is a container \(docker\)/);
  });

  test('a second instance', async () => {
    await on('plain');
    await sh('(exec 9> /run/trialboot.lock; flock 9; touch /run/held; sleep 60) > /dev/null 2>&1 & while [ ! -e /run/held ]; do sleep 0.05; done');
    await refused('preflight', 2, /another run is active on this host/);
  });

  test('missing tool', async () => {
    await on('plain');
    await sh('rm "$(command -v flock)"');
    await refused('preflight', 3, /^trialboot: missing tool: flock;/);
  });

  test('full disk before anything is done', async () => {
    await on('plain');
    // Filling the disk ends with "No space left": that status is the point of it.
    await sh('mkdir -p /var/lib/trialboot && mount -t tmpfs -o size=64k full /var/lib/trialboot && head -c 1M /dev/zero > /var/lib/trialboot/fill || true');
    await refused('preflight', 2, /cannot (create|write) .*No space left/);
  });

  test('a disk that fills in the middle keeps what was there, and the journal stays readable', async () => {
    await on('prepared');
    await sh(`mkdir /root/keep && cp -a /var/lib/trialboot/. /root/keep/ && mount -t tmpfs -o size=1M full /var/lib/trialboot && cp -a /root/keep/. /var/lib/trialboot/ && { head -c 4M /dev/zero > /var/lib/trialboot/fill || true; }`);
    const before = (await host.exec('cat /var/lib/trialboot/kernel.new /var/lib/trialboot/plan')).stdout;
    const r = await host.exec(`bash ${SCRIPT_PATH} preflight`);
    expect(r.status, r.stdout + r.stderr).toBe(2);
    expect(r.stderr).toMatch(/trialboot: stopped: /);
    expect((await host.exec('cat /var/lib/trialboot/kernel.new /var/lib/trialboot/plan')).stdout).toBe(before);
    await sh(`rm /var/lib/trialboot/fill && bash ${SCRIPT_PATH} preflight; test $? -le 1`);
  });

  test('unreadable state', async () => {
    await on('prepared');
    await sh('printf "\\0\\0garbage" > /var/lib/trialboot/format');
    await refused('preflight', 3, /unreadable state: .*format is damaged/);
    await sh(`rm /var/lib/trialboot/format; rm /var/lib/trialboot/journal.jsonl; mkdir /var/lib/trialboot/journal.jsonl; echo "trialboot-state 1 debian-13 ${script.version}" > /var/lib/trialboot/format`);
    await refused('preflight', 3, /unreadable state: .*journal\.jsonl is not a readable file/);
    await sh('rm -r /var/lib/trialboot; echo x > /var/lib/trialboot');
    await refused('preflight', 3, /unreadable state: .*is not a directory/);
  });

  test('a journal torn by a power cut is read up to the tear', async () => {
    await on('upgraded');
    await sh(`printf '{"t":"2026-11-23T00:00:00Z","boot":"x","version":"x","event":"step","step":"upgr' >> /var/lib/trialboot/journal.jsonl`);
    const r = await command(host, 'trial --yes --skip trial.reboot');
    expect(r.status).toBe(0);
    const broken = (await host.read('/var/lib/trialboot/journal.jsonl')).trimEnd().split('\n').filter((l) => {
      try {
        JSON.parse(l);
        return false;
      } catch {
        return true;
      }
    });
    expect(broken.length).toBe(1);
  });

  test('state of another script, and of another version in the middle of an upgrade', async () => {
    await on('upgraded');
    const before = await files();
    await sh(`sed -i 's/debian-13/debian-12/' /var/lib/trialboot/format`);
    await refused('preflight', 2, /written by another script \(debian-12/);
    await sh(`echo 'trialboot-state 2 debian-13 9.9.9' > /var/lib/trialboot/format`);
    await refused('preflight', 2, /written by another script \(debian-13 9\.9\.9, state format 2\)/);
    await sh(`echo 'trialboot-state 1 debian-13 9.9.9+00000000' > /var/lib/trialboot/format`);
    await refused('trial --yes', 2, /begun by version 9\.9\.9\+00000000, this is .*; finish with that version, or run rollback/);
    await sh(`echo 'trialboot-state 1 debian-13 ${script.version}' > /var/lib/trialboot/format`);
    expect(await files()).toBe(before);
    await sh(`echo 'trialboot-state 1 debian-13 9.9.9+00000000' > /var/lib/trialboot/format`);
    expect((await command(host, 'rollback --yes')).status).toBeLessThanOrEqual(1);
  });

  test('upgrade without a preflight, or with one of another boot', async () => {
    await on('plain');
    await refused('upgrade --yes', 2, /no preflight has been run/);
    await host.destroy();
    await on('prepared');
    await host.reboot();
    await refused('upgrade --yes', 2, /from before the last boot/);
  });

  test('upgrade without a terminal and without --yes', async () => {
    await on('prepared');
    await refused('upgrade', 2, /there is no terminal to ask; add --yes/);
  });

  test('trial without an upgrade, and without the kernel to come back to', async () => {
    await on('prepared');
    await refused('trial --yes', 2, /nothing to try: the upgrade has not finished \(stage: prepared\)/);
    await host.destroy();
    await on('upgraded');
    await sh('rm /boot/initrd.img-"$(cat /var/lib/trialboot/kernel.old)"');
    await refused('trial --yes', 2, /the fallback kernel .* is not whole/);
    await sh('! grep -q next_entry=. /boot/grub/grubenv');
  });

  test('verify without a new boot, commit without verify, commit after a fall-back', async () => {
    await on('armed');
    await refused('verify', 2, /has not rebooted since the upgrade/);
    await host.reboot();
    await refused('commit --yes', 2, /verify has not been run in this boot/);
    await host.reboot();
    await refused('commit --yes', 2, /the trial fell back/);
    const status = await host.exec(`bash ${SCRIPT_PATH} status`);
    expect(status.stdout).toMatch(/^trial of 7\.\S+ failed: the old kernel came back before a commit; running 6\.\S+\n/);
  });

  test('killed in the middle of the installation: the old kernel is the default, and running it again finishes', async () => {
    await on('prepared');
    // In a file: pkill -f must not find its own command line.
    await host.copy(
      '/root/kill.sh',
      [
        `bash ${SCRIPT_PATH} upgrade --yes > /root/log 2>&1 &`,
        'for i in $(seq 600); do pgrep -f mkinitramfs > /dev/null && break; sleep 0.1; done',
        'pgrep -f mkinitramfs > /dev/null || exit 9',
        'pkill -9 -f trialboot.sh; pkill -9 -x apt-get; pkill -9 -x dpkg; pkill -9 -f "mkinitramfs|update-initramfs|linux-run-hooks"',
        'sleep 0.3',
      ].join('\n'),
    );
    await sh('bash /root/kill.sh');
    const boot = await host.powerCycle();
    expect(boot.kernel).toMatch(/^6\./);
    const status = await host.exec(`bash ${SCRIPT_PATH} status`);
    expect(status.stdout).toMatch(/an installation of 7\.\S+ was begun and has not finished/);
    const again = await host.exec(`bash ${SCRIPT_PATH} preflight`);
    expect(again.status).toBe(2);
    expect(again.stdout).toContain('repair repair.configure-packages');
    await sh(`bash ${SCRIPT_PATH} repair repair.configure-packages --yes`);
    expect((await command(host, 'preflight')).status).toBeLessThanOrEqual(1);
    const finished = await command(host, 'upgrade --yes');
    expect(finished.status, JSON.stringify(finished.report.steps.filter((s) => s.result !== 'PASS'), null, 1)).toBeLessThanOrEqual(1);
    expect((await host.reboot()).kernel).toMatch(/^6\./);
  });

  test('Ctrl-C ends the running step, says where, and leaves no process and no lock behind', async () => {
    await on('prepared');
    await host.copy(
      '/root/interrupt.sh',
      [
        `bash ${SCRIPT_PATH} upgrade --yes > /root/log 2>&1 & pid=$!`,
        // A step before asks dpkg to compare versions: what is waited for is the installation's own.
        `for i in $(seq 600); do grep -q '"event":"begin","step":"upgrade.install"' /var/lib/trialboot/journal.jsonl && pgrep -x dpkg > /dev/null && break; sleep 0.1; done`,
        'kill -TERM $pid; wait $pid; echo "status $?"',
        "pgrep -f 'trialboot.sh|timeout' || echo none",
        'tail -n 1 /root/log; tail -n 1 /var/lib/trialboot/journal.jsonl; flock -n /run/trialboot.lock echo free',
      ].join('\n'),
    );
    const r = await host.exec('bash /root/interrupt.sh');
    expect(r.stdout).toMatch(/^status 2\nnone\n/);
    expect(r.stdout).toMatch(/interrupted by SIGTERM in step upgrade\.install; 'upgrade' can be run again/);
    expect(r.stdout).toMatch(/"event":"interrupted","step":"upgrade\.install"/);
    expect(r.stdout).toMatch(/\nfree\n$/);
  });

  test('bad usage', async () => {
    await on('plain');
    await refused('', 3, /no command; see --help/);
    await refused('upgarde', 3, /unknown command 'upgarde'/);
    await refused('preflight --frobnicate', 3, /unknown option '--frobnicate'/);
    await refused('show nothing.here', 3, /no step 'nothing\.here'/);
    await refused('preflight --accept preflight.boot-space=x', 3, /cannot be accepted: its gate is block/);
    await refused('report', 3, /no report in/);
  });

  test('--dry-run writes nothing', async () => {
    await on('plain');
    const r = await host.exec(`bash ${SCRIPT_PATH} upgrade --dry-run`);
    expect(r.status, r.stderr).toBe(0);
    expect(r.stdout).toContain('upgrade.install');
    await sh('test ! -e /var/lib/trialboot');
  });
});

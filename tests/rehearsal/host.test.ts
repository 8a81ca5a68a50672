/** What a rehearsal host is and what it keeps in. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertHost, guardedArgv, HostRefused, MARKER, REFUSED_STATUS, REFUSED_WORDS } from '../../src/lab/system/guard.ts';
import { createHost, listHosts, reapHosts, requirements, type Host } from '../../src/lab/host.ts';
import { STATE_ROOT } from '../../src/lab/system/registry.ts';
import { run } from '../../src/lab/system/run.ts';

const able = await requirements();
const reason = able.missing.map((m) => `${m.what} (${m.install})`).join('; ');
if (!able.ok) console.warn(`rehearsal hosts are not tested here; missing: ${reason}`);

describe.skipIf(!able.ok)('a rehearsal host', () => {
  let host: Host;
  const folder = mkdtempSync(join(tmpdir(), 'trialboot-canary-'));
  const canary = join(folder, 'canary');
  const touch = ['/bin/sh', '-c', 'echo alive >"$1"', 'touch', canary];
  const mounts = readFileSync('/proc/self/mounts', 'utf8');

  beforeAll(async () => {
    host = await createHost('debian-13');
  });
  afterAll(async () => {
    await host?.destroy();
    rmSync(folder, { recursive: true });
  });

  describe('lets nothing run on the machine', () => {
    const nobody = (): number => {
      // A process that has ended and has been waited for: its number is free.
      return spawnSync('true').pid;
    };

    it.each([
      ['no pid', () => undefined as unknown as number],
      ['an empty pid', () => '' as unknown as number],
      ['pid 0', () => 0],
      ['a negative pid', () => -1],
      ['pid 1', () => 1],
      ['our own pid', () => process.pid],
      ['our parent\'s pid', () => process.ppid],
      ['a dead pid', nobody],
      ['not a number', () => Number.NaN],
    ])('through %s', (_, pid) => {
      expect(() => guardedArgv({ id: host.id, pid: pid() }, touch)).toThrow(HostRefused);
      expect(() => guardedArgv({ id: host.id, pid: pid() }, touch)).toThrow('Nothing was run');
      expect(existsSync(canary)).toBe(false);
    });

    it('through a zombie', async () => {
      // The shell starts a child that ends at once, and becomes a program that never waits for it.
      const { spawn } = await import('node:child_process');
      const parent = spawn('/bin/sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] });
      const pid = Number(await new Promise<string>((resolve) => parent.stdout.once('data', (d: Buffer) => resolve(d.toString()))));
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
      expect(() => guardedArgv({ id: host.id, pid }, touch)).toThrow('the process is dead');
      parent.kill();
    });

    it('through another host, nor in that host', async () => {
      const other = await createHost('debian-13');
      try {
        expect(() => guardedArgv({ id: host.id, pid: other.pid }, touch)).toThrow(other.id);
        expect(() => assertHost({ id: other.id, pid: other.pid })).not.toThrow();
      } finally {
        await other.destroy();
      }
    });

    it('when the pid comes to mean another process after the check', async () => {
      const other = await createHost('debian-13');
      try {
        const argv = host.argv(undefined, touch);
        const at = argv.indexOf('--target') + 1;
        for (const pid of [process.pid, process.ppid, other.pid]) {
          const r = await run(argv.with(at, String(pid)));
          expect(r.status, r.stderr).toBe(REFUSED_STATUS);
          expect(r.stderr).toContain(REFUSED_WORDS);
          expect(existsSync(canary)).toBe(false);
        }
        expect((await other.exec(`ls ${canary}`)).status).not.toBe(0);
      } finally {
        await other.destroy();
      }
    });

    it('when the host has ended', async () => {
      const other = await createHost('debian-13');
      const argv = other.argv(undefined, touch);
      const door = { id: other.id, pid: other.pid };
      await other.destroy();
      expect(() => guardedArgv(door, touch)).toThrow(HostRefused);
      await expect(other.exec(`echo alive >${canary}`)).rejects.toThrow(HostRefused);
      await expect(other.copy(canary, 'alive')).rejects.toThrow(HostRefused);
      await expect(other.reboot()).rejects.toThrow(HostRefused);
      expect((await run(argv)).status).not.toBe(0);
      expect(existsSync(canary)).toBe(false);
    });

    it('when the host has lost its marker', async () => {
      const other = await createHost('debian-13');
      try {
        const argv = other.argv(undefined, touch);
        await other.exec(`rm ${MARKER}`);
        await expect(other.exec('true')).rejects.toThrow(`has no ${MARKER}`);
        expect((await run(argv)).status).toBe(REFUSED_STATUS);
        expect(existsSync(canary)).toBe(false);
      } finally {
        await other.destroy();
      }
    });

    it('but does run what is meant for the host in the host', async () => {
      await host.exec(`mkdir -p ${folder}`);
      expect((await run(host.argv(undefined, touch))).status).toBe(0);
      expect((await host.exec(`cat ${canary}`)).stdout).toBe('alive\n');
      expect(existsSync(canary)).toBe(false);
    });
  });

  it('looks like a virtual Debian server', async () => {
    const r = await host.exec(`set -x; . /etc/os-release; echo "$ID $VERSION_ID"; uname -r; cat /proc/sys/kernel/osrelease; systemd-detect-virt; findmnt -no SOURCE,FSTYPE /
      df --output=source,fstype /boot | tail -n 1; stat -fc %T /; cat /sys/kernel/kexec_loaded; ls /sys/firmware; ip -o -4 addr show ens3; cat /sys/class/net/ens3/address; lsmod | grep -c virtio
      ps -p 1 -o comm=; systemctl is-system-running; test -e /proc/config.gz || echo no config.gz; lsblk -rno NAME,FSTYPE /dev/vda1; dmesg | grep -c 'Linux version'; locale -a | grep de_DE`);
    const release = host.boots[0]!.kernel;
    expect(r.stdout.split('\n').map((l) => l.trim().replace(/\s+/g, ' '))).toEqual([
      'debian 13', release, release, 'kvm', '/dev/vda1 ext4', '/dev/vda1 ext4', 'ext2/ext3', '0', 'acpi', expect.stringContaining('192.0.2.10/24'),
      expect.stringMatching(/^52:54:00:/), expect.stringMatching(/^[1-9]/), 'systemd', 'running', 'no config.gz', 'vda1 ext4', '1', 'de_DE.utf8', '',
    ]);
    expect(release).toMatch(/cloud-amd64$/);
    const uptime = Number((await host.read('/proc/uptime')).split(' ')[0]);
    expect(uptime).toBeLessThan(600);
  });

  it('has the release\'s pins: backports are offered and not chosen', async () => {
    const policy = (await host.exec('apt-cache policy linux-image-cloud-amd64')).stdout;
    const installed = /Installed: (.*)/.exec(policy)![1];
    expect(policy).toContain(`Candidate: ${installed}`);
    expect(policy).toMatch(/~bpo13\+\d+ 100\n +100 .*trixie-backports/);
    expect((await host.exec('apt-get update -qq --error-on=any && apt-get -s dist-upgrade')).stdout).toContain('0 upgraded, 0 newly installed, 0 to remove');
    expect((await host.exec('dpkg --audit; dpkg -l | grep -cE "^[a-z]+[^i ] "; apt-get check -qq')).stdout.trim()).toBe('0');
  });

  it('runs commands as they are, with a clean environment', async () => {
    const r = await host.exec('printf "%s|" "$HOME" "$LANG" "$X" "$(pwd)"; cat; echo err >&2; exit 3', { env: { X: "it's $HOME" }, stdin: 'in' });
    expect(r).toMatchObject({ status: 3, stdout: "/root|C.UTF-8|it's $HOME|/root|in", stderr: 'err\n', timedOut: false });
    expect((await host.exec('env')).stdout).not.toMatch(/VITEST|npm_|NODE/);
    expect((await host.exec('id -un; pwd; sudo id -un; kill -9 $$', { user: 'admin' }))).toMatchObject({ status: 137, stdout: 'admin\n/home/admin\nroot\n' });
    await expect(host.exec('true', { user: 'a;b' })).rejects.toThrow('not a user name');
    expect((await host.exec('true', { user: 'nobody-here' })).status).not.toBe(0);
  });

  it('kills what takes too long, with everything it started', async () => {
    const r = await host.exec('sleep 4711 & (sleep 4712; true) & wait', { timeoutMs: 400 });
    expect(r).toMatchObject({ status: 124, timedOut: true });
    await expect.poll(async () => (await host.exec('pgrep -fc "^sleep 471"')).stdout.trim()).toBe('0');
  });

  it('takes and gives files', async () => {
    await host.copy('/srv/a b/c.sh', '#!/bin/sh\necho "ü"\n', 0o755);
    expect((await host.exec("'/srv/a b/c.sh'")).stdout).toBe('ü\n');
    expect(await host.read('/srv/a b/c.sh')).toContain('ü');
    await expect(host.read('/nowhere')).rejects.toThrow('cannot read /nowhere');
    await expect(host.copy('relative', '')).rejects.toThrow('not an absolute path');
  });

  it('cannot touch the kernel underneath', async () => {
    const before = readFileSync('/proc/sys/vm/swappiness', 'utf8');
    const r = await host.exec(`
      sysctl -qw kernel.panic=17 && cat /proc/sys/kernel/panic
      sysctl -qw fs.file-max=4711 || echo refused
      date -s @0 2>/dev/null || true
      echo b >/proc/sysrq-trigger; echo hello >/dev/kmsg
      dmesg -C; dmesg | wc -l
      mknod /root/disk b $(stat -c '0x%t 0x%T' /dev/vda) && head -c 1 /root/disk 2>&1 | grep -o 'Permission denied'
      head -c 1 /dev/vda1 2>&1 | grep -o 'Permission denied'`);
    expect(r.stdout.split('\n').filter((l) => l !== '' && !l.includes('1970'))).toEqual(['17', 'refused', '0', 'Permission denied', 'Permission denied']);
    expect(readFileSync('/proc/sys/kernel/panic', 'utf8').trim()).not.toBe('17');
    expect(readFileSync('/proc/sys/vm/swappiness', 'utf8')).toBe(before);
    expect(Date.now()).toBeGreaterThan(1_700_000_000_000);
  });

  it('answers for systemd from tables, and only notes a reboot', async () => {
    const before = host.pid;
    const r = await host.exec(`systemctl is-active ssh; systemctl is-enabled ssh.service; systemctl list-units --state=failed --plain --no-legend; systemctl is-active nothing-here; echo $?
      echo 'broken.service loaded failed failed enabled A broken one' >>/run/lab/units; systemctl --failed --plain --no-legend; systemctl is-system-running; systemctl show -p ActiveState --value broken
      printf '[Unit]\\nDescription=mine\\n[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/mine.service
      systemctl daemon-reload; systemctl enable -q mine.service; systemctl is-enabled mine.service; ls /etc/systemd/system/multi-user.target.wants/mine.service
      journalctl -b -k -n 1 -o cat | cut -c1-7; reboot; shutdown -r now; systemctl reboot`);
    expect(r.stdout.split('\n')).toEqual([
      'active', 'enabled', 'inactive', '4', 'broken.service loaded failed failed A broken one', 'degraded', 'failed', 'enabled',
      '/etc/systemd/system/multi-user.target.wants/mine.service', 'EXT4-fs', '',
    ]);
    expect(await host.rebootRequests()).toEqual(['reboot', 'reboot', 'reboot']);
    expect(host.pid).toBe(before);
    expect((await host.exec('systemctl reboot', { user: 'admin' })).status).not.toBe(0);
  });

  it('has a network of its own, which ends at the host', async () => {
    expect((await host.exec('ip -o link; ping -c 1 -W 1 192.0.2.1')).status).not.toBe(0);
    expect((await host.exec('ip route')).stdout).toContain('default via 192.0.2.1 dev ens3');
    expect((await run(['ip', '-o', 'link'])).stdout).not.toMatch(/ens3@|lab\d/);
  });

  it('mounts nothing on the machine, and is listed', async () => {
    expect(readFileSync('/proc/self/mounts', 'utf8')).toBe(mounts);
    expect((await listHosts()).filter((h) => h.id === host.id)).toMatchObject([{ hostId: 'debian-13', ownerAlive: true, holderAlive: true }]);
  });

  it('is ended and removed when its owner is killed', async () => {
    const script = `import { createHost } from ${JSON.stringify(new URL('../../src/lab/host.ts', import.meta.url).href)};
      const h = await createHost('debian-13'); console.log(h.id, h.pid); process.kill(process.pid, process.argv[1]);  setInterval(() => {}, 1000);`;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL']) {
      const r = await run([process.execPath, '--input-type=module', '-e', script, signal]);
      expect(r.stdout, r.stderr).toMatch(/^debian-13-\w+ \d+\n$/);
      const [id, pid] = r.stdout.trim().split(' ');
      await expect.poll(() => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ') === false).toBe(false);
      await expect.poll(async () => (await listHosts()).some((h) => h.id === id && h.holderAlive)).toBe(false);
      await reapHosts();
      expect(readdirSync(STATE_ROOT)).not.toContain(id);
    }
  });
});

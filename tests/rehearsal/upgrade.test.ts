/** A kernel upgrade by hand on a host that no script of ours has touched: packages, starts, saved states. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HostRefused } from '../../src/lab/system/guard.ts';
import { cachedLayer, createHost, requirements, type Host } from '../../src/lab/host.ts';
import { readHostSpec } from '../../src/lab/host-spec.ts';
import type { RehearsalHostSpec } from '../../src/model/host.ts';

const able = await requirements();
const reason = able.missing.map((m) => `${m.what} (${m.install})`).join('; ');
if (!able.ok) console.warn(`rehearsal hosts are not tested here; missing: ${reason}`);

// Of the hosts with Debian's own kernels the one whose /tmp is on the disk.
const hostId = 'debian-12';

describe.skipIf(!able.ok)(`a kernel upgrade on ${hostId}`, () => {
  const spec = readHostSpec(hostId) as RehearsalHostSpec;
  const fresh = (layers: Awaited<ReturnType<typeof cachedLayer>>[] = []): Promise<Host> => createHost(hostId, { layers });
  /** A host after the upgrade, the old kernel pinned as the default before it. Made once. */
  const upgraded = (): ReturnType<typeof cachedLayer> => cachedLayer(hostId, 'test-upgraded', { script: UPGRADE }, async (h) => {
    const r = await h.exec(UPGRADE, { env: { SUITE: spec.kernels.new.suite, PACKAGES: spec.kernels.new.packages.join(' '), EXTRA: spec.extraSuites.length > 0 ? 'yes' : '' } });
    if (r.status !== 0) throw new Error(r.stdout + r.stderr);
  });
  const UPGRADE = `set -e
export DEBIAN_FRONTEND=noninteractive
sed -i 's/^GRUB_DEFAULT=.*/GRUB_DEFAULT=saved/' /etc/default/grub
update-grub
menu=$(grep -o 'gnulinux-advanced-[a-z0-9-]*' /boot/grub/grub.cfg | head -n 1)
grub-set-default "$menu>$(grep -o "gnulinux-$(uname -r)-advanced-[a-z0-9-]*" /boot/grub/grub.cfg | head -n 1)"
mkdir /usr/src/hello-1.0 && cd /usr/src/hello-1.0
printf '#include <linux/module.h>\\nMODULE_LICENSE("GPL");\\n' >hello.c
echo 'obj-m += hello.o' >Makefile
printf 'PACKAGE_NAME=hello\\nPACKAGE_VERSION=1.0\\nBUILT_MODULE_NAME[0]=hello\\nDEST_MODULE_LOCATION[0]=/updates/dkms\\nAUTOINSTALL=yes\\n' >dkms.conf
dkms add hello/1.0
apt-get install -y --no-install-recommends \${EXTRA:+-t "$SUITE"} $PACKAGES
`;
  /** Release of the new kernel on an upgraded host. */
  const newRelease = async (h: Host): Promise<string> => (await h.exec('ls /usr/lib/modules')).stdout.trim().split('\n').find((r) => r !== h.boots[0]!.kernel)!;
  const menuId = (release: string): string => `$(grep -o 'gnulinux-advanced-[a-z0-9-]*' /boot/grub/grub.cfg | head -n 1)>$(grep -o "gnulinux-${release}-advanced-[a-z0-9-]*" /boot/grub/grub.cfg | head -n 1)`;

  it('installs the real packages, builds an initramfs and modules, and writes the menu', async () => {
    const h = await fresh([await upgraded()]);
    try {
      const release = await newRelease(h);
      const r = await h.exec(`dkms status; dpkg --audit; apt-get check -qq; lsinitramfs /boot/initrd.img-${release} | grep -c virtio_blk; modinfo -k ${release} -F vermagic hello; grep -c "vmlinuz-${release} " /boot/grub/grub.cfg`);
      expect(r.stdout).toMatch(new RegExp(`^hello/1.0, ${release.replace(/[+.]/g, '\\$&')}, x86_64: installed$`, 'm'));
      expect(r.stdout).toMatch(/^1$/m);
      expect(r.stdout).toContain(`${release} SMP`);
      expect(h.boots).toHaveLength(1);
      expect(h.boots[0]!.entryPath).toContain('>');
    } finally {
      await h.destroy();
    }
  });

  it('starts the new kernel once, then the old one again, each time with a new boot id and a short uptime', async () => {
    const h = await fresh([await upgraded()]);
    try {
      const old = h.boots[0]!.kernel;
      const release = await newRelease(h);
      await h.exec(`grub-reboot "${menuId(release)}"; touch /tmp/gone /run/gone /root/kept`);
      const trial = await h.reboot();
      expect(trial).toMatchObject({ kernel: release, cause: 'reboot', initrd: true });
      const r = await h.exec(`uname -r; cat /proc/sys/kernel/random/boot_id /proc/cmdline; ls /tmp/gone /run/gone /root/kept 2>/dev/null; grub-editenv list | grep next; journalctl --list-boots | tail -n +2 | wc -l; modprobe -n --show-depends virtio_net | tail -n 1`);
      expect(r.stdout.split('\n')).toEqual([release, trial.bootId, trial.cmdline, '/root/kept', 'next_entry=', expect.stringMatching(/^[3-9]$/), expect.stringContaining(`/lib/modules/${release}/`), '']);
      expect(trial.cmdline).toMatch(/^BOOT_IMAGE=\/boot\/vmlinuz-\S+ root=UUID=\S+ ro quiet$/);
      expect(Number((await h.read('/proc/uptime')).split(' ')[0])).toBeLessThan(300);
      const back = await h.reboot();
      expect(back.kernel).toBe(old);
      expect(new Set(h.boots.map((b) => b.bootId)).size).toBe(3);
      expect((await h.powerCycle({ pick: (await h.exec(`echo "${menuId(release)}"`)).stdout.trim() })).kernel).toBe(release);
    } finally {
      await h.destroy();
    }
  });

  it('goes on in the start that a layer was frozen in: same boot, same kernel, no start more', async () => {
    const layer = await upgraded();
    const h = await createHost(hostId, { layers: [layer], resume: true });
    const anew = await fresh([layer]);
    try {
      const facts = 'cat /proc/sys/kernel/random/boot_id; uname -r; cat /proc/cmdline; journalctl --list-boots | tail -n +2 | wc -l';
      const kept = (await h.exec(facts)).stdout.trim().split('\n');
      const other = (await anew.exec(facts)).stdout.trim().split('\n');
      expect(h.boots).toEqual([layer.start!.record]);
      expect(kept.slice(0, 3)).toEqual([h.boots[0]!.bootId, h.boots[0]!.kernel, h.boots[0]!.cmdline]);
      expect(other[0]).not.toBe(kept[0]);
      expect(Number(other[3])).toBe(Number(kept[3]) + 1);
      expect((await h.reboot()).bootId).not.toBe(kept[0]);
      await expect(createHost(hostId, { resume: true })).rejects.toThrow(/no start of .* is kept/);
    } finally {
      await h.destroy();
      await anew.destroy();
    }
  });

  it.each([
    ['has no initramfs', 'rm /boot/initrd.img-$NEW', /without an initramfs/, true],
    ['has half an initramfs', 'truncate -s 5M /boot/initrd.img-$NEW', /initramfs/, true],
    ['has an empty initramfs', ': >/boot/initrd.img-$NEW', /initramfs is empty/, true],
    ['has an initramfs without the disk driver', 'rm -f $(modinfo -k $NEW -F filename virtio_blk) && depmod $NEW && update-initramfs -u -k $NEW', /no virtio_blk/, true],
    ['is cut off', 'truncate -s 5M /boot/vmlinuz-$NEW', /cut off/, false],
    ['is no kernel', 'printf hello >/boot/vmlinuz-$NEW', /only 5 bytes/, false],
    ['is gone', 'rm /boot/vmlinuz-$NEW', /GRUB returns to its menu/, false],
  ])('falls back when the new kernel %s', async (_, spoil, why, panics) => {
    const h = await fresh([await upgraded()]);
    try {
      const release = await newRelease(h);
      const set = await h.exec(`set -e; ${spoil}; printf '%s\\n' "menuentry 'Trial' --id trial {" "  linux /boot/vmlinuz-$NEW root=UUID=x ro panic=10" "  initrd /boot/initrd.img-$NEW" '}' >/boot/grub/custom.cfg; grub-reboot trial`, { env: { NEW: release } });
      expect(set.status, set.stderr).toBe(0);
      const back = await h.reboot();
      expect(back).toMatchObject({ kernel: h.boots[0]!.kernel, cause: panics ? 'panic' : 'power-cycle' });
      expect(h.boots).toHaveLength(3);
      expect(h.boots[1]).toMatchObject({ entryId: 'trial', dead: expect.stringMatching(why) });
      expect(h.boots[1]!.hung ?? false).toBe(!panics);
    } finally {
      await h.destroy();
    }
  });

  it('stays with a guarded entry\'s old kernel where GRUB cannot write', async () => {
    const h = await fresh([await upgraded()]);
    try {
      const release = await newRelease(h);
      const old = h.boots[0]!.kernel;
      await h.copy('/srv/lab/keep/grub-probe', (await h.read('/run/lab/grub-probe')).replace('abstraction -', 'abstraction lvm'));
      await h.copy('/boot/grub/custom.cfg', `menuentry 'Trial' --id trial {
  set tried=1
  if save_env tried; then
    linux /boot/vmlinuz-${release} ro
    initrd /boot/initrd.img-${release}
  else
    linux /boot/vmlinuz-${old} ro refused
    initrd /boot/initrd.img-${old}
  fi
}\n`);
      await h.exec('grub-reboot trial');
      expect(await h.reboot()).toMatchObject({ kernel: old, entryId: 'trial', cmdline: expect.stringMatching(/ ro refused$/) });
      expect((await h.exec('grub-probe -t abstraction /boot/grub; grub-editenv list | grep next')).stdout).toBe('lvm\nnext_entry=trial\n');
    } finally {
      await h.destroy();
    }
  });

  it('gives up on a host whose every start is dead', async () => {
    const h = await fresh();
    try {
      await h.exec('rm /boot/vmlinuz-*');
      await expect(h.reboot()).rejects.toThrow('does not come up');
      await expect(h.exec('true')).rejects.toThrow('it is not running');
    } finally {
      await h.destroy();
    }
  });

  it('is kept by save(), and a new host starts from there', async () => {
    const h = await fresh();
    await h.exec('echo kept >/root/kept; rm -r /usr/share/doc/apt; mkdir /usr/share/doc/apt; echo new >/usr/share/doc/apt/new');
    const layer = await h.save();
    await expect(h.exec('true')).rejects.toThrow(HostRefused);
    const next = await fresh([layer]);
    try {
      expect((await next.exec('cat /root/kept; ls /usr/share/doc/apt')).stdout).toBe('kept\nnew\n');
      await next.exec('echo more >>/root/kept');
      const second = await next.save();
      const third = await fresh([second]);
      expect(await third.read('/root/kept')).toBe('kept\nmore\n');
      await third.destroy();
      await second.drop();
    } finally {
      await next.destroy();
      await layer.drop();
    }
    expect(layer.trees.some((t) => existsSync(t))).toBe(false);
  });
});

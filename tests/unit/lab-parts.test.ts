/** The parts of rehearsal hosts that can be asked without a host. */
import { describe, expect, it } from 'vitest';
import { isoWeek } from '../../src/lab/system/cache.ts';
import { probeAnswer } from '../../src/lab/grub/probe.ts';
import { readHostSpec } from '../../src/lab/host-spec.ts';
import type { RehearsalHostSpec } from '../../src/model/host.ts';
import { loadedModules, missingDrivers, procModules, readInitramfs, readKernelImage } from '../../src/lab/root/kernel-image.ts';
import { parseMadison } from '../../src/lab/layer/archive.ts';
import { debName } from '../../src/lab/layer/scratch-apt.ts';
import { debianSources, parseTargets } from '../../src/lab/layer/mirror.ts';
import { parseRelease } from '../../src/lab/layer/scratch-apt.ts';
import { parseSysfs } from '../../src/lab/root/sysfs.ts';

describe('the parts that need no host', () => {
  it('reads what apt says about mirrors, releases and packages', () => {
    const labelled = 'http://m.example/debian/ bookworm Debian\nhttp://m.example/debian-security/ bookworm-security Debian-Security\nhttp://other.example/x/ stable Other\n';
    expect(parseTargets(labelled)).toEqual({ archive: 'http://m.example/debian', security: 'http://m.example/debian-security' });
    expect(parseTargets('http://m.example/debian/ bookworm \n')).toEqual({ archive: 'http://m.example/debian' });
    expect(parseTargets('')).toEqual({});
    const sources = debianSources({ archive: 'http://m/debian', security: 'http://m/sec' }, ['trixie', 'trixie-security', 'trixie-backports']);
    expect(sources).toContain('URIs: http://m/debian\nSuites: trixie trixie-backports\n');
    expect(sources).toContain('URIs: http://m/sec\nSuites: trixie-security\n');
    expect(parseRelease('Origin: Debian\nNotAutomatic: yes\nSHA256:\n aa 1 x\n')).toEqual({ Origin: 'Debian', NotAutomatic: 'yes' });
    expect([...parseMadison(' a | 1:2-3 | http://m/debian trixie/main amd64 Packages\n a | 1:2-3 | http://m/debian trixie-updates/main amd64 Packages\n')]).toEqual([['a 1:2-3', ['trixie', 'trixie-updates']]]);
    expect(debName('gcc_4%3a14.2.0-1_amd64.deb')).toEqual({ name: 'gcc', version: '4:14.2.0-1' });
  });

  it('counts ISO weeks, the year\'s ends included', () => {
    expect(isoWeek(new Date('2026-11-23'))).toBe('2026-W48');
    expect(isoWeek(new Date('2027-01-03'))).toBe('2026-W53');
    expect(isoWeek(new Date('2024-12-30'))).toBe('2025-W01');
  });

  it('calls broken kernels and initramfs archives broken', () => {
    expect(readKernelImage(new Uint8Array(10))).toHaveProperty('broken');
    expect(readKernelImage(new Uint8Array(4096))).toEqual({ broken: 'the kernel image has no boot header' });
    expect(readInitramfs(new Uint8Array())).toEqual({ broken: 'the initramfs is empty' });
    expect(readInitramfs(Buffer.from('hello'))).toHaveProperty('broken');
    expect(readInitramfs(Buffer.from('28b52ffd00', 'hex'))).toHaveProperty('broken');
  });

  it('knows which drivers a boot would miss, and which modules it would load', () => {
    const names = ['usr/lib/modules/7.0/kernel/drivers/block/virtio_blk.ko.xz', 'usr/lib/modules/6.0/kernel/fs/ext4/ext4.ko'];
    expect(missingDrivers('7.0', names, [], ['virtio_blk', 'ext4'])).toEqual(['ext4']);
    expect(missingDrivers('7.0', names, ['kernel/fs/ext4/ext4.ko'], ['virtio_blk', 'ext4'])).toEqual([]);
    const loaded = loadedModules('# c\nvirtio_net 100 0 -\nfailover 50 2 virtio_net,gone\next4 9 1 -', ['kernel/virtio-net.ko', 'kernel/failover.ko.xz']);
    expect(procModules(loaded)).toBe('virtio_net 100 0 - Live 0xffffffffc0200000\nfailover 50 2 virtio_net, Live 0xffffffffc0240000\n');
  });

  it('answers for grub-probe by the most exact scope', () => {
    const table = '# c\n* fs ext2\n/boot fs xfs\n/boot/grub abstraction lvm\n* abstraction -\n';
    expect(probeAnswer(table, '/', 'fs')).toBe('ext2');
    expect(probeAnswer(table, '/boot/grub', 'fs')).toBe('xfs');
    expect(probeAnswer(table, '/bootx', 'fs')).toBe('ext2');
    expect(probeAnswer(table, '/boot/grub', 'abstraction')).toBe('lvm');
    expect(probeAnswer(table, '/', 'abstraction')).toBe('');
    expect(probeAnswer(table, '/', 'other')).toBeUndefined();
  });

  it('names the line of the /sys list that is wrong', () => {
    expect(parseSysfs('d a\nf a/b x\\ny\nl c ../a\n')).toHaveLength(3);
    expect(() => parseSysfs('d a\nf ../x y')).toThrow('sysfs.txt:2');
  });

  it('reads the hosts\' descriptions and refuses other names', () => {
    expect(readHostSpec('debian-13').kernels.new.suite).toBe('trixie-backports');
    expect((readHostSpec('debian-12') as RehearsalHostSpec).extraSuites.every((s) => !s.notAutomatic)).toBe(true);
    expect(() => readHostSpec('../x')).toThrow('not the id of a host');
    expect(() => readHostSpec('debian-99')).toThrow('no host debian-99');
  });
});

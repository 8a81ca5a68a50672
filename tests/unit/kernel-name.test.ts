/** Another name for a real kernel: the pure parts. */
import { describe, expect, test } from 'vitest';
import { packedKernel, renamed, repacked, rpmRelease } from '../../src/lab/vm/kernel-name.ts';
import { realKernelPackages } from '../../src/lab/vm/rpm-packages.ts';

const DEBIAN = '6.12.118+deb13-cloud-amd64';
const RPM = '6.12.118-deb13cloud.x86_64';
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** An image of one setup sector and a payload of so many bytes. */
function image(payload: number): Buffer {
  const b = Buffer.alloc(2 * 512 + 16 + payload);
  b.writeUInt8(1, 0x1f1);
  b.write(`${DEBIAN} (debian)`, 0x300, 'latin1');
  b.writeUInt32LE(16, 0x248);
  b.writeUInt32LE(payload, 0x24c);
  ZSTD.copy(b, 1040);
  b.writeUInt32LE(0x12345678, b.length - 4);
  return b;
}

describe('a name in the form of the RHEL family', () => {
  test('is as long as before, and is VERSION-RELEASE.ARCH of a package', () => {
    expect(rpmRelease(DEBIAN)).toBe(RPM);
    expect(rpmRelease('7.3.4+deb13-cloud-amd64')).toBe('7.3.4-deb13cloud.x86_64');
    expect(RPM.length).toBe(DEBIAN.length);
    expect(() => rpmRelease('6.12.118+deb13-amd64')).toThrow(/no name that can be turned/);
  });
  test('stands everywhere in the kernel but in what modules are compared with', () => {
    const kernel = Buffer.from(`Linux version ${DEBIAN} (d)\0${DEBIAN} SMP preempt mod_unload\0${DEBIAN}\0`, 'latin1');
    expect(renamed(kernel, DEBIAN, RPM).toString('latin1')).toBe(`Linux version ${RPM} (d)\0${DEBIAN} SMP preempt mod_unload\0${RPM}\0`);
    expect(() => renamed(kernel, DEBIAN, '6.12')).toThrow(/not as long/);
    expect(() => renamed(Buffer.from('none'), DEBIAN, RPM)).toThrow(/nowhere says/);
  });
  test('the image keeps its length, its size at the end, and everything else', () => {
    const before = image(100);
    expect(packedKernel(before)).toHaveLength(96);
    const packed = Buffer.concat([ZSTD, Buffer.alloc(80, 7)]);
    const after = repacked(before, packed, DEBIAN, RPM);
    expect(after).toHaveLength(before.length);
    expect(after.readUInt32LE(after.length - 4)).toBe(0x12345678);
    expect(after.subarray(1040, 1040 + 84).equals(packed)).toBe(true);
    expect(after.subarray(1124, 1136).every((b) => b === 0)).toBe(true);
    expect(after.toString('latin1', 0x300, 0x300 + RPM.length)).toBe(RPM);
    expect(() => repacked(before, Buffer.alloc(97), DEBIAN, RPM)).toThrow(/97 bytes compressed, 96 are there/);
    before.write('none', 1040, 'latin1');
    expect(() => packedKernel(before)).toThrow(/not compressed with zstd/);
  });
  test('its packages: what the tools ask for by name; each file in one of them', () => {
    const files = new Map(['vmlinuz', 'config', 'System.map', 'modules.order', 'kernel/fs/ext4/ext4.ko.xz', 'kernel/fs/btrfs/btrfs.ko.xz'].map((p) => [p, Buffer.from(p)]));
    const packages = realKernelPackages(RPM, files);
    expect(packages.map((p) => [p.name, p.version, p.release])).toEqual(['kernel', 'kernel-core', 'kernel-modules-core', 'kernel-modules'].map((n) => [n, '6.12.118', 'deb13cloud']));
    const packed = packages.flatMap((p) => Object.entries(p.files).filter(([, c]) => Buffer.isBuffer(c)).map(([path]) => path));
    expect(packed.sort()).toEqual([...files.keys()].map((p) => `/lib/modules/${RPM}/${p}`).sort());
    expect(packages[1]!.provides).toContain(`kernel-core-uname-r = ${RPM}`);
  });
});

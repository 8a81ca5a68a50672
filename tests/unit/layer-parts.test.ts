/** How a host's packages are shared among layers, and how two layers become one. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageGroups } from '../../src/lab/layer/base.ts';
import { mergeUpper } from '../../src/lab/layer/merge.ts';
import { debianOf, readHostSpec } from '../../src/lab/host-spec.ts';

describe('groups of packages', () => {
  const groups = (host: string): string[][] => packageGroups(debianOf(readHostSpec(host)).include);

  test('hosts of one release share all that they have in common, and lose none of their own', () => {
    const [debian, arch, vm] = [groups('debian-13'), groups('arch'), groups('debian-13-vm')];
    expect(debian.slice(0, 2)).toEqual(arch.slice(0, 2));
    expect(vm[0]).toEqual(debian[0]);
    expect(vm[1]).not.toContain('gcc');
    for (const host of ['debian-13', 'arch', 'debian-13-vm', 'fedora-44']) expect(groups(host).flat().sort()).toEqual([...debianOf(readHostSpec(host)).include].sort());
  });

  test('a group that is not whole is not shared', () => {
    expect(packageGroups(['systemd', 'udev'])).toEqual([['systemd', 'udev']]);
  });
});

describe('two layers as one', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'trialboot-merge-'));
    for (const f of ['lower/etc/kept', 'lower/etc/changed', 'upper/etc/changed', 'upper/etc/new']) {
      mkdirSync(join(dir, f, '..'), { recursive: true });
      writeFileSync(join(dir, f), f);
    }
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const merge = (list: string): Promise<void> => mergeUpper(join(dir, 'lower'), join(dir, 'upper'), join(dir, 'tree'), list);

  test('hold what either has, the upper one first; the lower one stays as it was', async () => {
    await merge('d ./etc\nf ./etc/changed\nf ./etc/kept\nf ./etc/new\n');
    expect(readFileSync(join(dir, 'tree/etc/changed'), 'utf8')).toBe('upper/etc/changed');
    expect(readFileSync(join(dir, 'tree/etc/kept'), 'utf8')).toBe('lower/etc/kept');
    expect(readFileSync(join(dir, 'lower/etc/changed'), 'utf8')).toBe('lower/etc/changed');
    expect(existsSync(join(dir, 'lower/etc/new'))).toBe(false);
  });

  // Only root may make such a device.
  test.skipIf(process.getuid?.() !== 0)('lack what the upper one says is gone', async () => {
    execFileSync('mknod', [join(dir, 'upper/etc/kept'), 'c', '0', '0']);
    await merge('d ./etc\nf ./etc/changed\nf ./etc/new\n');
    expect(existsSync(join(dir, 'tree/etc/kept'))).toBe(false);
    expect(existsSync(join(dir, 'lower/etc/kept'))).toBe(true);
  });

  test('are refused if the root did not look like the result, as when a folder had been removed and made anew', async () => {
    await expect(merge('d ./etc\nf ./etc/changed\nf ./etc/new\n')).rejects.toThrow(/> f \.\/etc\/kept/);
  });
});

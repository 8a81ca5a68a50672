/** The cache of built roots and disks. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifact, cacheDir, cacheKey, pruneCache } from '../../src/lab/system/cache.ts';
import { processStat } from '../../src/lab/system/process.ts';

describe('the cache', () => {
  const before = process.env['TRIALBOOT_CACHE'];
  const folder = mkdtempSync(join(tmpdir(), 'trialboot-cache-'));
  beforeAll(() => {
    process.env['TRIALBOOT_CACHE'] = folder;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['TRIALBOOT_CACHE'];
    else process.env['TRIALBOOT_CACHE'] = before;
    rmSync(folder, { recursive: true });
  });

  it('builds a thing once for several callers, and again for other inputs', async () => {
    let built = 0;
    const build = async (dir: string): Promise<void> => {
      built += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      writeFileSync(join(dir, 'x'), 'x');
    };
    const [a, b] = await Promise.all([artifact('thing-a', { v: 1 }, build), artifact('thing-a', { v: 1 }, build)]);
    expect(a).toBe(b);
    expect(await artifact('thing-a', { v: 1 }, build)).toBe(a);
    expect(await artifact('thing-a', { v: 2 }, build)).not.toBe(a);
    expect(built).toBe(2);
    expect(readdirSync(a).sort()).toEqual(['inputs.json', 'x']);
  });

  it('keeps nothing of a build that failed', async () => {
    await expect(artifact('thing-b', 1, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
    expect(readdirSync(folder).filter((n) => n.startsWith('thing-b'))).toEqual([]);
  });

  it('takes over the lock of a process that is gone, and what it left half-made', async () => {
    const name = `thing-c-${cacheKey(1)}`;
    const { pid } = spawnSync('true');
    writeFileSync(join(folder, `${name}.lock`), `${pid} 12345\n`);
    mkdirSync(join(folder, `${name}.building-${pid}`));
    await artifact('thing-c', 1, () => Promise.resolve());
    expect(readdirSync(folder).filter((n) => n.startsWith('thing-c'))).toEqual([name]);
  });

  it('waits for the lock of a process that lives', async () => {
    const lock = join(folder, `thing-d-${cacheKey(1)}.lock`);
    const { start } = processStat(process.ppid)!;
    writeFileSync(lock, `${process.ppid} ${start}\n`);
    setTimeout(() => rmSync(lock), 300);
    const started = performance.now();
    await artifact('thing-d', 1, () => Promise.resolve());
    expect(performance.now() - started).toBeGreaterThan(250);
  });

  it('drops what nobody has used for days', async () => {
    expect(await pruneCache(1)).toEqual([]);
    expect(await pruneCache(1, Date.now() + 2 * 86_400_000)).toContain(`thing-c-${cacheKey(1)}`);
  });

  it('refuses a folder whose name overlay mounts cannot take', () => {
    for (const bad of ['relative', '/a:b', '/a,b', '/a b']) {
      process.env['TRIALBOOT_CACHE'] = bad;
      expect(() => cacheDir()).toThrow('TRIALBOOT_CACHE');
    }
    process.env['TRIALBOOT_CACHE'] = folder;
    expect(cacheDir()).toBe(folder);
  });
});

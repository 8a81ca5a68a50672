/** Can this machine run virtual machines? Asked before tests, so that they are skipped with a reason instead of failing. */
import { existsSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { cacheDir } from '../system/cache.ts';
import { requirements as rehearsal, type Requirements } from '../system/requirements.ts';
import { run } from '../system/run.ts';
import type { VmLayout } from '../../model/host.ts';
import { QEMU } from './accel.ts';
import { LAYOUTS } from './layout.ts';
import { OVMF } from './qemu.ts';

/** What has to be installed besides what rehearsal hosts need: a command, and the Debian package it comes from. */
export const VM_TOOLS: readonly (readonly [string, string])[] = [
  [QEMU, 'qemu-system-x86'],
  ['qemu-img', 'qemu-utils'],
];

/** Bytes in the cache for the layers, the disk, and a few snapshots of half a gigabyte. */
const ROOM = 6 * 2 ** 30;

/**
 * What rehearsal hosts need, because the disk is made of the same layers; QEMU; room. Changes nothing but an empty cache folder.
 * @param layouts the layouts that shall be had; UEFI needs a firmware of its own
 */
export async function vmRequirements(layouts: readonly VmLayout[] = ['root-ext4']): Promise<Requirements> {
  const { missing } = await rehearsal();
  const need = (fine: boolean, what: string, install: string): void => {
    if (!fine) missing.push({ what, install });
  };
  // Each is started: a package that is there without what it needs is as good as none.
  for (const [tool, pkg] of VM_TOOLS) {
    const r = await run([tool, '--version'], { timeoutMs: 20_000 }).catch(() => undefined);
    need(r?.status === 0, `the program ${tool}`, `apt-get install --no-install-recommends ${pkg}${pkg === 'qemu-system-x86' ? ' seabios' : ''}`);
  }
  if (layouts.some((l) => LAYOUTS[l].firmware === 'uefi')) need(existsSync(OVMF.code) && existsSync(OVMF.vars), `the UEFI firmware ${OVMF.code}`, 'apt-get install --no-install-recommends ovmf');
  need(totalmem() > 3 * 2 ** 30, '3 GiB of memory', 'use a larger machine: a virtual machine has 1 GiB, and its layers are laid out in memory');
  if (existsSync(cacheDir())) {
    const fs = statfsSync(cacheDir());
    need(fs.bavail * fs.bsize > ROOM, `${ROOM / 2 ** 30} GiB free in ${cacheDir()}`, 'make room, or set TRIALBOOT_CACHE');
  }
  return { ok: missing.length === 0, missing };
}

/** A real kernel as the kernel on trial: of the Debian host's archive, since no other can be had here. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRootSpec } from '../host-spec.ts';
import { goldLayers } from '../layer/gold.ts';
import type { Captured, Menu } from './captured.ts';

/** An image and what it says of itself. */
export interface RealKernel {
  release: string;
  image: Uint8Array;
}

/** @param hostId a Debian host; its old kernel, installed by its own apt, is taken */
export async function realKernel(hostId = 'debian-13'): Promise<RealKernel> {
  const { trees } = await goldLayers(readRootSpec(hostId));
  const boot = join(trees[0]!, 'boot');
  const name = readdirSync(boot).find((f) => f.startsWith('vmlinuz-'));
  if (!name) throw new Error(`lab: ${boot} has no kernel image`);
  return { release: name.slice('vmlinuz-'.length), image: readFileSync(join(boot, name)) };
}

/** An initramfs with nothing in it: the end mark of a cpio archive (newc). The kernel takes it, finds no /init and looks for a root. */
export function emptyInitramfs(): Uint8Array {
  const name = 'TRAILER!!!\0';
  const hex = (n: number): string => n.toString(16).toUpperCase().padStart(8, '0');
  // inode mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const header = `070701${[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.length, 0].map(hex).join('')}`;
  return Buffer.from(`${header}${name}`.padEnd(512, '\0'), 'latin1');
}

/** What was captured, with another release in the place of the new one: in names of files and entries as well. */
export function withRelease(captured: Captured, release: string): Captured {
  const rename = (text: string): string => text.replaceAll(captured.newRelease, release);
  // GRUB's environment has its size, whatever it holds.
  const env = (text: string): string => rename(text.replace(/#*$/, '')).padEnd(text.length, '#');
  const menu = (m: Menu): Menu => ({ grubCfg: rename(m.grubCfg), customCfg: m.customCfg === undefined ? undefined : rename(m.customCfg), entries: new Map([...m.entries].map(([name, text]) => [rename(name), rename(text)])), grubenv: env(m.grubenv) });
  return { ...captured, newRelease: release, upgraded: menu(captured.upgraded), armed: menu(captured.armed), committed: captured.committed && menu(captured.committed) };
}

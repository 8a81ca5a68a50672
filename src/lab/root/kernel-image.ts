/** Looks into kernel images and initramfs archives as a boot would: whole or not, which release, which drivers. Pure. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** What the header of an x86 kernel image says. */
export interface KernelImage {
  /** `uname -r` of the kernel. */
  release: string;
  /** `uname -v`: from # on. */
  version: string;
  /** The text of /proc/version without "Linux version ". */
  banner: string;
}

/**
 * Reads an x86 boot image (Documentation/arch/x86/boot.rst).
 * @param bytes the whole file
 * @returns the image's own words, or why no machine would get anywhere with it
 */
export function readKernelImage(bytes: Uint8Array): KernelImage | { broken: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 0x260) return { broken: `the kernel image has only ${bytes.length} bytes` };
  if (view.getUint16(0x1fe, true) !== 0xaa55 || view.getUint32(0x202, true) !== 0x53726448) return { broken: 'the kernel image has no boot header' };
  const setupSectors = view.getUint8(0x1f1) || 4;
  const needed = (setupSectors + 1) * 512 + view.getUint32(0x1f4, true) * 16;
  if (bytes.length < needed) return { broken: `the kernel image is cut off: ${bytes.length} of ${needed} bytes` };
  const at = view.getUint16(0x20e, true) + 0x200;
  const end = bytes.indexOf(0, at);
  const banner = Buffer.from(bytes.subarray(at, end < 0 ? at : end)).toString('latin1');
  const release = banner.split(' ')[0] ?? '';
  const hash = banner.indexOf('#');
  if (release === '' || hash < 0) return { broken: 'the kernel image does not name its release' };
  return { release, version: banner.slice(hash), banner };
}

/** One pass over an uncompressed cpio archive ("newc"), from `at`. */
function readCpio(bytes: Uint8Array, at: number, names: string[]): { end: number } | { broken: string } {
  const text = (from: number, to: number): string => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
  for (;;) {
    if (at + 110 > bytes.length) return { broken: 'ends in the middle of an archive' };
    const magic = text(at, at + 6);
    if (magic !== '070701' && magic !== '070702') return { broken: `no cpio header where one should be (byte ${at})` };
    const size = Number.parseInt(text(at + 54, at + 62), 16);
    const nameSize = Number.parseInt(text(at + 94, at + 102), 16);
    const name = text(at + 110, at + 110 + nameSize - 1);
    const data = (at + 110 + nameSize + 3) & ~3;
    at = (data + size + 3) & ~3;
    if (data + size > bytes.length) return { broken: `ends in the middle of ${name}` };
    if (name === 'TRAILER!!!') return { end: at };
    names.push(name);
  }
}

/** What is in an initramfs. */
export interface Initramfs {
  /** Names of all files, without a leading slash. */
  names: string[];
  /** Set when a part could not be read because its compression is not known here. */
  opaque?: string;
}

/**
 * Unpacks an initramfs as the kernel does: any number of archives one after the other, each plain or compressed.
 * @param bytes the whole file
 * @returns the names in it, or why the kernel would find no root file system with it
 */
export function readInitramfs(bytes: Uint8Array): Initramfs | { broken: string } {
  const names: string[] = [];
  let at = 0;
  if (bytes.length === 0) return { broken: 'the initramfs is empty' };
  while (at < bytes.length) {
    if (bytes[at] === 0) {
      at += 1;
      continue;
    }
    const magic = Buffer.from(bytes.subarray(at, at + 6)).toString('hex');
    if (magic.startsWith('303730')) {
      const part = readCpio(bytes, at, names);
      if ('broken' in part) return { broken: `the initramfs ${part.broken}` };
      at = part.end;
      continue;
    }
    const rest = bytes.subarray(at);
    let plain: Uint8Array;
    try {
      // What is compressed goes to the end of the file.
      if (magic.startsWith('28b52ffd')) plain = zstdDecompressSync(rest);
      else if (magic.startsWith('1f8b')) plain = gunzipSync(rest);
      else if (/^(fd377a585a00|02214c18|5d0000|425a68|894c5a4f)/.test(magic)) return { names, opaque: `a part is compressed in a way the lab does not unpack (${magic})` };
      else return { broken: `the initramfs holds something that is no archive at byte ${at}` };
    } catch (error) {
      return { broken: `the initramfs does not unpack: ${(error as Error).message}` };
    }
    const inner = readCpio(plain, 0, names);
    if ('broken' in inner) return { broken: `the initramfs, unpacked, ${inner.broken}` };
    break;
  }
  return { names };
}

/**
 * Drivers the root disk needs that are neither in the kernel nor in the initramfs.
 * @param names file names of the initramfs
 * @param builtin lines of the kernel's modules.builtin
 * @param drivers module names, with underscores
 */
export function missingDrivers(release: string, names: readonly string[], builtin: readonly string[], drivers: readonly string[]): string[] {
  const module = (path: string): string => path.replace(/.*\//, '').replace(/\.ko(\.(xz|zst|gz))?$/, '').replaceAll('-', '_');
  const there = new Set(builtin.map(module));
  for (const name of names) if (name.includes(`lib/modules/${release}/`) && /\.ko(\.(xz|zst|gz))?$/.test(name)) there.add(module(name));
  return drivers.filter((d) => !there.has(d));
}

/** A module a started kernel has loaded. */
export interface LoadedModule {
  name: string;
  size: string;
  used: string;
  /** Names of the modules that use it. */
  by: string[];
}

/**
 * The modules of a table that a kernel has; the others are built into it or do not exist for it.
 * @param table lines NAME SIZE USED USED-BY
 * @param modules paths of the kernel's modules, as in modules.order
 */
export function loadedModules(table: string, modules: readonly string[]): LoadedModule[] {
  const have = new Set(modules.map((m) => m.replace(/.*\//, '').replace(/\.ko(\..*)?$/, '').replaceAll('-', '_')));
  return table
    .split('\n')
    .filter((l) => l !== '' && !l.startsWith('#'))
    .map((l) => l.split(' '))
    .filter(([name]) => have.has(name!))
    .map(([name, size, used, by]) => ({ name: name!, size: size!, used: used!, by: (by ?? '-').split(',').filter((u) => have.has(u)) }));
}

/** The text of /proc/modules. */
export const procModules = (loaded: readonly LoadedModule[]): string =>
  loaded
    .map((m, i) => `${m.name} ${m.size} ${m.used} ${m.by.length > 0 ? `${m.by.join(',')},` : '-'} Live 0x${(0xffffffffc0200000n + BigInt(i) * 0x40000n).toString(16)}\n`)
    .join('');

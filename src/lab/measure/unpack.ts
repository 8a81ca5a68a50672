/** Looks into package files. Nothing in them is run. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isRead } from '../../facts/kernel-config.ts';
import type { Unpacked } from '../../facts/measured-kernel.ts';
import { isRpm, readCpio, rpmHead } from '../../facts/rpm-file.ts';
import { removeTree } from '../system/cache.ts';
import { mustRun, runRaw } from '../system/run.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Files below a folder, links left out: a kernel's packages have links to folders that are not there. */
function walk(dir: string, root = dir): string[] {
  return readdirSync(dir).sort().flatMap((name) => {
    const path = join(dir, name);
    const stat = lstatSync(path);
    return stat.isDirectory() ? walk(path, root) : stat.isFile() ? [relative(root, path)] : [];
  });
}

/** Paths and read texts of a folder that is a root. */
export function readTree(dir: string): Pick<Unpacked, 'paths' | 'texts'> {
  const paths = walk(dir);
  return { paths, texts: new Map(paths.filter(isRead).map((p) => [p, readFileSync(join(dir, p), 'utf8')])) };
}

/** Makes an empty folder, and removes it when the work is done. */
export async function inScratch<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(process.env['TMPDIR'] ?? tmpdir(), 'trialboot-measure-'));
  try {
    return await work(dir);
  } finally {
    await removeTree(dir);
  }
}

async function unpackDeb(file: string): Promise<Omit<Unpacked, 'sha256'>> {
  const fields = await mustRun(`reading the control file of ${basename(file)}`, ['dpkg-deb', '--field', file, 'Package', 'Version']);
  const field = (name: string): string => new RegExp(`^${name}: (.+)$`, 'm').exec(fields)?.[1] ?? '';
  return await inScratch(async (dir) => {
    await mustRun(`unpacking ${basename(file)}`, ['dpkg-deb', '--extract', file, dir]);
    return { name: field('Package'), version: field('Version'), ...readTree(dir) };
  });
}

/** Node has gzip and zstd; xz is a program. */
async function decompress(compressor: string, bytes: Buffer): Promise<Buffer> {
  if (compressor === 'gzip') return gunzipSync(bytes);
  if (compressor === 'zstd') return zstdDecompressSync(bytes);
  if (compressor !== 'xz' && compressor !== 'lzma') throw new Error(`its payload is compressed with ${compressor}, which is not read here`);
  const r = await runRaw(['xz', '--decompress', '--stdout', ...(compressor === 'lzma' ? ['--format=lzma'] : [])], { stdin: bytes });
  if (r.status !== 0) throw new Error(`xz: ${r.stderr.trim()}`);
  return r.stdout;
}

async function unpackRpm(file: string, bytes: Buffer): Promise<Omit<Unpacked, 'sha256'>> {
  try {
    const head = rpmHead(bytes);
    const files = readCpio(await decompress(head.compressor, bytes.subarray(head.payload)));
    const texts = new Map([...files].filter(([path]) => isRead(path)).map(([path, content]) => [path, content.toString('utf8')]));
    return { name: head.name, version: `${head.version}-${head.release}`, paths: [...files.keys()], texts };
  } catch (error) {
    throw new Error(`measure: ${basename(file)}: ${(error as Error).message}. Mend: fetch the package again.`);
  }
}

/**
 * @param file a .deb or an .rpm; the content decides, not the name
 * @throws Error when it is neither, or is not whole
 */
export async function unpack(file: string): Promise<Unpacked> {
  if (!existsSync(file)) throw new Error(`measure: there is no file ${file}. Mend: name a file, or a Debian package with --suite.`);
  const bytes = readFileSync(file);
  if (bytes.length === 0) throw new Error(`measure: ${basename(file)} is empty. Mend: fetch the package again.`);
  const sum = { sha256: sha256(bytes) };
  if (bytes.toString('latin1', 0, 8) === '!<arch>\n') return { ...(await unpackDeb(file)), ...sum };
  if (isRpm(bytes)) return { ...(await unpackRpm(file, bytes)), ...sum };
  throw new Error(`measure: ${basename(file)} is neither a Debian nor an RPM package. Mend: name a .deb or an .rpm.`);
}

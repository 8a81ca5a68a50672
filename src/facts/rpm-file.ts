/** Reads RPM package files: tags of the header, and the names and contents of the payload. Pure. */

/** Where the payload begins, how it is compressed, and what the package is. */
export interface RpmHead {
  name: string;
  version: string;
  release: string;
  compressor: string;
  payload: number;
}

const TAG: { [tag: number]: string } = { 1000: 'name', 1001: 'version', 1002: 'release', 1124: 'format', 1125: 'compressor' };

/** A header structure: magic, counts, index, store. @returns its string tags, and where it ends */
function header(bytes: Buffer, at: number): { tags: Record<string, string>; end: number } {
  if (at + 16 > bytes.length || bytes.readUInt32BE(at) !== 0x8eade801) throw new Error('no RPM header where one has to be: the file is cut or damaged');
  const count = bytes.readUInt32BE(at + 8);
  const store = at + 16 + count * 16;
  const end = store + bytes.readUInt32BE(at + 12);
  if (end > bytes.length) throw new Error('the file ends inside its header: it is cut');
  const tags: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    const entry = at + 16 + i * 16;
    const name = TAG[bytes.readUInt32BE(entry)];
    // Type 6: one string, ended by a NUL.
    if (!name || bytes.readUInt32BE(entry + 4) !== 6) continue;
    const from = store + bytes.readUInt32BE(entry + 8);
    tags[name] = bytes.toString('utf8', from, bytes.indexOf(0, from));
  }
  return { tags, end };
}

export const isRpm = (bytes: Buffer): boolean => bytes.length > 96 && bytes.readUInt32BE(0) === 0xedabeedb;

/** @throws Error when the file is cut or is no binary package with a cpio payload */
export function rpmHead(bytes: Buffer): RpmHead {
  if (!isRpm(bytes)) throw new Error('not an RPM package');
  if (bytes.readUInt16BE(6) !== 0) throw new Error('a source package: name the binary one (kernel-core)');
  const signature = header(bytes, 96);
  const { tags, end } = header(bytes, Math.ceil(signature.end / 8) * 8);
  const { name, version, release } = tags;
  if (!name || !version || !release) throw new Error('the header names no package');
  if ((tags['format'] ?? 'cpio') !== 'cpio') throw new Error(`its payload is ${tags['format']}, not cpio`);
  return { name, version, release, compressor: tags['compressor'] ?? 'gzip', payload: end };
}

/**
 * Regular files of a cpio archive in the "newc" format, which RPM uses.
 * @throws Error when it ends before its trailer
 */
export function readCpio(bytes: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const hex = (at: number): number => Number.parseInt(bytes.toString('latin1', at, at + 8), 16);
  for (let at = 0; at + 110 <= bytes.length; ) {
    if (!/^07070[12]$/.test(bytes.toString('latin1', at, at + 6))) throw new Error('the payload is no cpio archive, or is damaged');
    const size = hex(at + 54);
    const nameSize = hex(at + 94);
    const name = bytes.toString('utf8', at + 110, at + 110 + nameSize - 1);
    if (name === 'TRAILER!!!') return files;
    const data = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if ((hex(at + 14) & 0o170000) === 0o100000) files.set(name.replace(/^\.?\//, ''), bytes.subarray(data, data + size));
    at = Math.ceil((data + size) / 4) * 4;
  }
  throw new Error('the payload ends before its trailer: the file is cut');
}

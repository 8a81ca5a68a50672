/** Reads the tar archives GNU tar writes: regular files only, names of any length. Pure. */

const text = (b: Uint8Array): string => {
  const end = b.indexOf(0);
  return Buffer.from(end < 0 ? b : b.subarray(0, end)).toString('utf8');
};

/** The regular files of an archive by name. */
export function readTar(bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + 512 <= bytes.length; ) {
    const header = bytes.subarray(at, at + 512);
    if (header.every((b) => b === 0)) break;
    const size = Number.parseInt(text(header.subarray(124, 136)), 8) || 0;
    const type = String.fromCharCode(header[156]!);
    const data = bytes.subarray(at + 512, at + 512 + size);
    const prefix = text(header.subarray(345, 500));
    const magic = Buffer.from(header.subarray(257, 265)).toString('latin1');
    // GNU's own format uses the prefix field for something else.
    const name = longName ?? (prefix && magic === 'ustar\x0000' ? `${prefix}/` : '') + text(header.subarray(0, 100));
    longName = undefined;
    if (type === 'L') longName = text(data);
    else if (type === '0' || type === '\0') files.set(name, data);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

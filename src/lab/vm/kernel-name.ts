/**
 * Gives a real kernel image another name. The tools of the RHEL family expect `uname -r` to be VERSION-RELEASE.ARCH of the package
 * kernel-core; Debian's kernels have no such name, so the letters of it are changed in the image, and nothing else. Pure.
 *
 * Source: Linux Documentation/arch/x86/boot.rst (setup_sects, payload_offset, payload_length).
 */

const SECTOR = 512;
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** `6.12.118+deb13-cloud-amd64` → `6.12.118-deb13cloud.x86_64`: as long as before. @throws Error for a name of another form */
export function rpmRelease(debian: string): string {
  const m = /^(\d+\.\d+\.\d+)\+(deb\d+)-cloud-amd64$/.exec(debian);
  if (!m) throw new Error(`lab: the kernel ${debian} has no name that can be turned into one of the RHEL family. Mend: src/lab/vm/kernel-name.ts`);
  return `${m[1]}-${m[2]}cloud.x86_64`;
}

/** Where the compressed kernel lies in an image. Its last four bytes are its size when unpacked. */
function payload(image: Buffer): { at: number; length: number } {
  const at = (image.readUInt8(0x1f1) + 1) * SECTOR + image.readUInt32LE(0x248);
  const length = image.readUInt32LE(0x24c);
  if (!image.subarray(at, at + 4).equals(ZSTD)) throw new Error('lab: the kernel image is not compressed with zstd, as Debian 13\'s are. Mend: src/lab/vm/kernel-name.ts');
  return { at, length };
}

/** The compressed kernel, for zstd to unpack. */
export function packedKernel(image: Buffer): Buffer {
  const { at, length } = payload(image);
  return image.subarray(at, at + length - 4);
}

/**
 * The unpacked kernel with another name. The name that modules are compared with (vermagic) stays: they are not changed.
 * @throws Error when the names differ in length, or the old one is not there
 */
export function renamed(kernel: Buffer, from: string, to: string): Buffer {
  if (from.length !== to.length) throw new Error(`lab: ${to} is not as long as ${from}`);
  const result = Buffer.from(kernel);
  let places = 0;
  for (let at = result.indexOf(from); at >= 0; at = result.indexOf(from, at + 1)) {
    if (result.toString('latin1', at + from.length, at + from.length + 5) === ' SMP ') continue;
    result.write(to, at, 'latin1');
    places += 1;
  }
  if (places === 0) throw new Error(`lab: the kernel nowhere says ${from}`);
  return result;
}

/**
 * The image with its kernel replaced. The code before it knows the length, so that stays: what is left over is filled up.
 * @param packed the renamed kernel, compressed again
 * @throws Error when it has become longer than it was
 */
export function repacked(image: Buffer, packed: Buffer, from: string, to: string): Buffer {
  const { at, length } = payload(image);
  if (packed.length > length - 4) throw new Error(`lab: the renamed kernel takes ${packed.length} bytes compressed, ${length - 4} are there. Mend: pack it with the zstd of the release that packed it`);
  const result = Buffer.from(image);
  result.fill(0, at, at + length - 4);
  packed.copy(result, at);
  // The setup code has the name too, for `file`.
  const head = result.subarray(0, at);
  for (let i = head.indexOf(from); i >= 0; i = head.indexOf(from, i + 1)) head.write(to, i, 'latin1');
  return result;
}

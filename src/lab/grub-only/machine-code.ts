/** A few machine instructions from bytes and labels: enough for a stand-in kernel, no assembler needed. Pure. */

/** One piece of a program: bytes as they are, a label, or an operand that names a label. */
export type Piece =
  | Uint8Array
  | readonly number[]
  | { label: string }
  /** The label's distance from the next instruction in one byte, for short jumps. */
  | { rel8: string }
  /** The label's offset from the program's start in four bytes, for [register + offset]. */
  | { offset32: string };

const sizeOf = (p: Piece): number => {
  if ('label' in p) return 0;
  if ('rel8' in p) return 1;
  return 'offset32' in p ? 4 : p.length;
};

/**
 * Puts the pieces one after the other and fills in the operands.
 * @returns the program's bytes
 * @throws Error when a label is missing or too far away for a short jump
 */
export function assemble(pieces: readonly Piece[]): Uint8Array {
  const labels = new Map<string, number>();
  let size = 0;
  for (const p of pieces) {
    if ('label' in p) labels.set(p.label, size);
    size += sizeOf(p);
  }
  const find = (name: string): number => {
    const at = labels.get(name);
    if (at === undefined) throw new Error(`machine code: no label ${name}`);
    return at;
  };
  const code = Buffer.alloc(size);
  let at = 0;
  for (const p of pieces) {
    if ('label' in p) continue;
    if ('rel8' in p) {
      const distance = find(p.rel8) - (at + 1);
      if (distance < -128 || distance > 127) throw new Error(`machine code: ${p.rel8} is ${distance} bytes away, a short jump reaches 127`);
      code.writeInt8(distance, at);
    } else if ('offset32' in p) code.writeUInt32LE(find(p.offset32), at);
    else code.set(p, at);
    at += sizeOf(p);
  }
  return code;
}

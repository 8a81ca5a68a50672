/**
 * A stand-in kernel of one and a half kilobytes that GRUB's real `linux` command takes for a bzImage: it writes on COM1 which
 * image it is, what initrd it was given and its command line, and resets the machine. Pure.
 *
 * Sources: Linux Documentation/arch/x86/boot.rst (setup header, 32-bit boot protocol), zero-page.rst; 16550 line status
 * register; keyboard controller command 0xfe (reset).
 */
import { assemble, type Piece } from './machine-code.ts';

const SECTOR = 512;
/** Boot sector and one setup sector: setup_sects may not be 0, which means 4 for historical reasons. */
const SETUP_SECTORS = 1;
/** Boot protocol 2.12: with it GRUB takes address and size of the kernel from the header instead of guessing. */
const PROTOCOL = 0x020c;
const LOAD_ADDRESS = 0x100000;
/** Where /proc/version's text lies in the file, as in a real image. */
const BANNER_AT = 0x300;
/** Longest release: what fits between the banner's place and the end of the setup sector. */
const RELEASE_LIMIT = 64;

/** What the stand-in kernel's line on the serial port begins with. */
export const TINY = 'TINY';

const text = (s: string): Uint8Array => Buffer.from(`${s}\0`, 'latin1');

/** lea esi, [edi + where]; mov ecx, limit; lea ebp, [edi + back]; jmp print: prints a string of the image. */
const printOwn = (where: string, back: string): Piece[] => [
  [0x8d, 0xb7], { offset32: where },
  ...jumpToPrint(128, back),
  { label: back },
];

/** mov ecx, limit; lea ebp, [edi + back]; jmp print: prints at most so many bytes from ESI. */
const jumpToPrint = (limit: number, back: string): Piece[] => [
  [0xb9, limit & 0xff, (limit >> 8) & 0xff, 0, 0],
  [0x8d, 0xaf], { offset32: back },
  // Through a register, for short jumps do not reach: lea edx, [edi + print]; jmp edx.
  [0x8d, 0x97], { offset32: 'print' },
  [0xff, 0xe2],
];

/**
 * The 32-bit part. At its start ESI holds the address of the boot parameters; there is no stack, so nothing is called: EBP
 * holds the address to go back to.
 */
const program = (release: string): Piece[] => [
  [0xfc], // cld
  [0x89, 0xf3], // mov ebx, esi: the boot parameters
  [0x8b, 0xbb, 0x14, 0x02, 0, 0], // mov edi, [ebx+0x214]: code32_start, where we were loaded
  ...printOwn('hello', 'printed-hello'),
  // cmp dword [ebx+0x21c], 0: ramdisk_size
  [0x83, 0xbb, 0x1c, 0x02, 0, 0, 0],
  [0x74], { rel8: 'no-initrd' },
  [0x8b, 0xb3, 0x18, 0x02, 0, 0], // mov esi, [ebx+0x218]: ramdisk_image
  ...jumpToPrint(128, 'no-initrd'),
  { label: 'no-initrd' },
  ...printOwn('between', 'printed-between'),
  [0x8b, 0xb3, 0x28, 0x02, 0, 0], // mov esi, [ebx+0x228]: cmd_line_ptr
  ...jumpToPrint(2048, 'printed-command-line'),
  { label: 'printed-command-line' },
  ...printOwn('end', 'printed-all'),
  // What is still in the transmitter would be lost in the reset: wait until it is empty (bit 6).
  [0x66, 0xba, 0xfd, 0x03], // mov dx, 0x3fd
  { label: 'drain' },
  [0xec, 0xa8, 0x40, 0x74], { rel8: 'drain' }, // in al, dx; test al, 0x40; jz drain
  [0xb0, 0xfe, 0xe6, 0x64], // mov al, 0xfe; out 0x64, al: reset by the keyboard controller
  [0xb9, 0xff, 0xff, 0, 0, 0xe2, 0xfe], // mov ecx, 0xffff; loop to itself: give it time
  [0x0f, 0x01, 0x9f], { offset32: 'no-interrupts' }, // lidt [edi + …]: and if there is none, by a triple fault
  [0xcc], // int3
  [0xeb, 0xfe], // jmp to itself

  { label: 'print' },
  [0xac, 0x84, 0xc0, 0x74], { rel8: 'printed' }, // lodsb; test al, al; jz printed
  [0x88, 0xc4], // mov ah, al
  [0x66, 0xba, 0xfd, 0x03], // mov dx, 0x3fd: line status
  { label: 'wait' },
  [0xec, 0xa8, 0x20, 0x74], { rel8: 'wait' }, // in al, dx; test al, 0x20; jz wait
  [0x66, 0xba, 0xf8, 0x03, 0x88, 0xe0, 0xee], // mov dx, 0x3f8; mov al, ah; out dx, al
  [0xe2], { rel8: 'print' }, // loop print
  { label: 'printed' },
  [0xff, 0xe5], // jmp ebp

  { label: 'no-interrupts' }, [0, 0, 0, 0, 0, 0],
  // The line end first: GRUB may have left the cursor in the middle of a line.
  { label: 'hello' }, text(`\n${TINY} ${release} [`),
  { label: 'between' }, text('] '),
  { label: 'end' }, text('\n'),
];

/**
 * The image.
 * @param release what the image says of itself, as `uname -r` would
 * @throws Error when the release is no release
 */
export function tinyKernel(release: string): Uint8Array {
  if (!/^[\x21-\x5a\x5c\x5e-\x7e]+$/.test(release) || release.length > RELEASE_LIMIT) throw new Error(`tiny kernel: ${JSON.stringify(release)} is no kernel release`);
  const code = assemble(program(release));
  const setupBytes = (SETUP_SECTORS + 1) * SECTOR;
  // syssize counts in units of 16 bytes.
  const image = Buffer.alloc(setupBytes + Math.ceil(code.length / 16) * 16);
  image.writeUInt8(SETUP_SECTORS, 0x1f1);
  image.writeUInt32LE((image.length - setupBytes) / 16, 0x1f4);
  image.writeUInt16LE(0xffff, 0x1fa); // vid_mode: normal
  image.writeUInt16LE(0xaa55, 0x1fe);
  image.set([0xeb, 0x66], 0x200); // jump over the header; its second byte tells where the header ends
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(PROTOCOL, 0x206);
  image.writeUInt16LE(0x1000, 0x20c); // start_sys_seg, obsolete
  image.writeUInt16LE(BANNER_AT - 0x200, 0x20e);
  image.writeUInt8(1, 0x211); // loadflags: LOADED_HIGH, as every bzImage
  image.writeUInt32LE(LOAD_ADDRESS, 0x214);
  image.writeUInt32LE(0x7fffffff, 0x22c); // initrd_addr_max
  image.writeUInt32LE(0x1000, 0x230); // kernel_alignment
  image.writeUInt8(1, 0x234); // relocatable: it finds its address in the boot parameters
  image.writeUInt8(12, 0x235); // min_alignment: 2 to the power of 12
  image.writeUInt32LE(2047, 0x238); // cmdline_size, as x86 has it
  image.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 0x258); // pref_address
  image.writeUInt32LE(0x1000, 0x260); // init_size
  image.write(`${release} (Trialboot lab) #1 stand-in kernel\0`, BANNER_AT, 'latin1');
  image.set(code, setupBytes);
  return image;
}

/** A stand-in initrd: the kernel prints its text, so that a run shows which one it was given. */
export const tinyInitrd = (name: string): Uint8Array => text(name);

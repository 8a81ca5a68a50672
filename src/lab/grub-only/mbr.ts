/** A partition table with one partition, and GRUB's boot sector and core image before it. Pure. */

const SECTOR = 512;

/** Where the partition begins, in bytes: 1 MiB, as every installer has done since 2010. */
export const PARTITION_START = 1024 * 1024;

/** Bytes of the boot sector that are code; after them come the disk's signature and the table. */
const CODE_BYTES = 440;

/**
 * Everything before the partition, as grub-bios-setup writes it on a disk with a gap of a MiB.
 * @param bootImg GRUB's boot.img; it loads the core image from sector 1 unless told otherwise
 * @param coreImg what grub-mkimage made
 * @param partitionBytes size of the partition
 * @throws Error when the core image does not fit the gap
 */
export function bootTrack(bootImg: Uint8Array, coreImg: Uint8Array, partitionBytes: number): Uint8Array {
  if (coreImg.length > PARTITION_START - SECTOR) throw new Error(`grub-only: core.img has ${coreImg.length} bytes, before the partition there is room for ${PARTITION_START - SECTOR}`);
  if (bootImg.length !== SECTOR) throw new Error(`grub-only: boot.img has ${bootImg.length} bytes, expected ${SECTOR}`);
  const track = Buffer.alloc(SECTOR + coreImg.length);
  track.set(bootImg.subarray(0, CODE_BYTES), 0);
  track.writeUInt32LE(0x7a1b0013, 440);
  track.writeUInt8(0x80, 446); // active
  track.set([0xfe, 0xff, 0xff], 447); // no cylinders and heads: the sector numbers count
  track.writeUInt8(0x83, 450);
  track.set([0xfe, 0xff, 0xff], 451);
  track.writeUInt32LE(PARTITION_START / SECTOR, 454);
  track.writeUInt32LE(partitionBytes / SECTOR, 458);
  track.writeUInt16LE(0xaa55, 510);
  track.set(coreImg, SECTOR);
  return track;
}

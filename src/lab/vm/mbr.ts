/** The first sector of a disk for BIOS: boot code and the table of primary partitions. Pure. */

export const SECTOR = 512;

export interface Partition {
  /** System id, as fdisk shows it: 0x83 Linux, 0x8e Linux LVM. */
  type: number;
  /** First sector. */
  start: number;
  sectors: number;
  active: boolean;
}

/** A sector's address as cylinder, head and sector; what does not fit says so the usual way, and only its LBA counts. */
const BEYOND_CHS = [0xfe, 0xff, 0xff];

/**
 * A master boot record.
 * @param code boot code; the first 440 bytes are used (GRUB's boot.img has its own partition table behind them)
 * @param diskId the disk's 32-bit signature
 * @throws Error for more than four partitions, and for one outside what 32 bits can name
 */
export function masterBootRecord(code: Uint8Array, diskId: number, partitions: readonly Partition[]): Buffer {
  if (partitions.length > 4) throw new Error(`lab: a master boot record has room for 4 partitions, not for ${partitions.length}`);
  const sector = Buffer.alloc(SECTOR);
  sector.set(code.subarray(0, 440));
  sector.writeUInt32LE(diskId, 440);
  for (const [i, p] of partitions.entries()) {
    const at = 446 + 16 * i;
    sector[at] = p.active ? 0x80 : 0;
    sector.set(BEYOND_CHS, at + 1);
    sector[at + 4] = p.type;
    sector.set(BEYOND_CHS, at + 5);
    sector.writeUInt32LE(p.start, at + 8);
    sector.writeUInt32LE(p.sectors, at + 12);
  }
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

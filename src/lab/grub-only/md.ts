/**
 * The superblock of a RAID1 member, metadata version 1.2, of an array with one of its two disks present. Pure.
 *
 * Source: Linux include/uapi/linux/raid/md_p.h (struct mdp_superblock_1), mdadm super1.c (checksum).
 */

/** The array's identifier as GRUB writes it after `mduuid/`. */
export const MD_UUID = '7a1b007a1b007a1b007a1b007a1b0013';

const SECTOR = 512;
/** Bytes between the member's start and its data. */
export const MD_DATA_START = 1024 * 1024;
/** Version 1.2 lies 4 KiB after the member's start. */
const SUPER_AT = 4096;
const CREATED = 1795478400n;

/** mdadm's checksum: the sum of all 32-bit words, folded once. */
function checksum(superblock: Buffer): number {
  let sum = 0n;
  for (let at = 0; at < superblock.length; at += 4) sum += BigInt(superblock.readUInt32LE(at));
  return Number((sum & 0xffffffffn) + (sum >> 32n)) >>> 0;
}

/**
 * The first MiB of the member.
 * @param memberBytes size of the whole member
 */
export function mdHeader(memberBytes: number): Uint8Array {
  const dataSectors = BigInt((memberBytes - MD_DATA_START) / SECTOR);
  const head = Buffer.alloc(MD_DATA_START);
  const roles = 2;
  const s = head.subarray(SUPER_AT, SUPER_AT + 256 + 2 * roles);
  s.writeUInt32LE(0xa92b4efc, 0);
  s.writeUInt32LE(1, 4); // major version
  s.write(MD_UUID, 16, 'hex');
  s.write('trialboot:0', 32, 'latin1');
  s.writeBigUInt64LE(CREATED, 64);
  s.writeInt32LE(1, 72); // level
  s.writeBigUInt64LE(dataSectors, 80);
  s.writeUInt32LE(2, 92); // disks in the array
  s.writeBigUInt64LE(BigInt(MD_DATA_START / SECTOR), 128);
  s.writeBigUInt64LE(dataSectors, 136);
  s.writeBigUInt64LE(BigInt(SUPER_AT / SECTOR), 144);
  s.write('7a1b0000000000000000000000000001', 168, 'hex'); // this member
  s.writeBigUInt64LE(CREATED, 192);
  s.writeBigUInt64LE(1n, 200); // events
  s.writeBigUInt64LE(0xffffffffffffffffn, 208); // in sync up to the end
  s.writeUInt32LE(roles, 220);
  s.writeUInt16LE(0, 256); // this one is disk 0
  s.writeUInt16LE(0xffff, 258); // the other one is missing
  s.writeUInt32LE(checksum(s), 216);
  return head;
}

/** The command line of a virtual machine. Pure, but for the question which QEMU this is. */
import { readFileSync } from 'node:fs';
import { mustRun } from '../system/run.ts';
import { QEMU, type Accel } from './accel.ts';
import { cpusOf } from './slot.ts';
import { ROOT_DISK_SERIAL } from './settings.ts';

/** File descriptors QEMU gets from the lab: its control channel, the agent's port and the shell's. */
export const FD = { qmp: 3, agent: 4, shell: 5 } as const;

/** Firmware with UEFI, as the package ovmf has it. */
export const OVMF = { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd' } as const;

/** Name of the saved state inside a qcow2 file. */
export const STATE_NAME = 'trialboot';

/** Bytes of the store for records of panics: a little over thirty of 8 KiB. */
export const ERST_BYTES = 256 * 1024;

export interface Disk {
  file: string;
  format: 'qcow2' | 'raw';
  readonly: boolean;
  /** What the guest knows it by: /dev/disk/by-id/virtio-NAME, at most 20 characters. */
  serial: string;
}

/** A kernel that QEMU starts itself, without firmware menu and boot loader. */
export interface DirectKernel {
  kernel: string;
  initrd: string;
  /** Its command line. */
  append: string;
}

export interface QemuConfig {
  id: string;
  accel: Accel;
  /** File with UEFI variables (qcow2, so that snapshots can hold it); absent: BIOS. */
  uefiVars?: string | undefined;
  /** In the order in which the guest names them vda, vdb, …; it boots from the first. */
  disks: readonly Disk[];
  /** File behind the store for records of panics. It outlives a power cut. */
  erst: string;
  /** FIFO that the serial console is written to. */
  console: string;
  /** Processors. */
  cpus: number;
  /** MiB. */
  memory: number;
  /** Continue the state saved in the first disk instead of starting. */
  restore: boolean;
  /** Absent: the firmware starts what the first disk has. */
  direct?: DirectKernel | undefined;
  /** A user-mode network with a way out, instead of a card that is connected to nothing. */
  internet?: boolean | undefined;
}

/** The disk with the root. */
export const rootDisk = (file: string, format: Disk['format'] = 'qcow2'): Disk => ({ file, format, readonly: false, serial: ROOT_DISK_SERIAL });

// In QEMU's option lists a comma in a value is written twice.
const value = (text: string): string => text.replaceAll(',', ',,');

const socket = (id: keyof typeof FD): string[] => ['-chardev', `socket,id=${id},fd=${FD[id]}`];

/** Program and arguments of a machine. */
export function qemuArgv(c: QemuConfig): string[] {
  // Not `max`: with the AVX that TCG of QEMU 7.2 shows then, systemd 257 reads /proc/self/mountinfo wrongly and no unit with a mount
  // namespace starts (seen 2026-11-24). Nehalem is x86-64-v2.
  const accel = c.accel === 'tcg' ? ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'Nehalem'] : ['-accel', 'kvm', '-cpu', 'max'];
  const firmware = c.uefiVars
    ? ['-drive', `if=pflash,format=raw,readonly=on,file=${OVMF.code}`, '-drive', `if=pflash,format=qcow2,cache=unsafe,file=${value(c.uefiVars)}`]
    : [];
  // A kernel that QEMU starts itself is the first to boot by its own boot index.
  // unsafe: a flush ends at the lab machine's page cache. What the guest has flushed survives QEMU, which is all that is asked of it.
  const disks = c.disks.flatMap((d, i) => [
    '-drive', `if=none,id=disk${i},file=${value(d.file)},format=${d.format},cache=unsafe,discard=unmap,readonly=${d.readonly ? 'on' : 'off'}`,
    '-device', `virtio-blk-pci,drive=disk${i},serial=${d.serial},addr=0x${(8 + i).toString(16)}${i === 0 && !c.direct ? ',bootindex=0' : ''}`,
  ]);
  const network = ['-netdev', c.internet ? 'user,id=net0' : 'user,id=net0,restrict=on', '-device', 'virtio-net-pci,netdev=net0,mac=52:54:00:12:34:56,addr=0x3,romfile='];
  return [
    QEMU, '-name', c.id, '-machine', 'q35,usb=off', ...accel, '-m', String(c.memory), '-smp', String(c.cpus),
    '-nodefaults', '-no-user-config', '-display', 'none',
    // A machine that has switched itself off stays, so that its CPU time can be read; the lab ends it.
    '-no-shutdown', '-action', 'watchdog=reset',
    ...firmware,
    ...(c.direct ? ['-kernel', c.direct.kernel, '-initrd', c.direct.initrd, '-append', c.direct.append] : []),
    ...socket('qmp'), '-mon', 'chardev=qmp,mode=control',
    '-chardev', `file,id=serial,path=${value(c.console)}`, '-serial', 'chardev:serial',
    '-device', 'virtio-serial-pci,addr=0x4',
    ...socket('agent'), '-device', 'virtserialport,chardev=agent,name=trialboot.agent,nr=1',
    ...socket('shell'), '-device', 'virtserialport,chardev=shell,name=trialboot.shell,nr=2',
    '-device', 'virtio-rng-pci,addr=0x5',
    '-device', 'i6300esb,addr=0x6',
    '-object', `memory-backend-file,id=erst,size=${ERST_BYTES},share=on,mem-path=${value(c.erst)}`, '-device', 'acpi-erst,memdev=erst,addr=0x7',
    ...network,
    ...disks,
    ...(c.restore ? ['-loadvm', STATE_NAME] : []),
  ];
}

let version: Promise<string> | undefined;

/** The first line QEMU says about itself: a saved state is good for this very QEMU only. */
export function qemuVersion(): Promise<string> {
  version ??= mustRun('asking QEMU for its version', [QEMU, '--version']).then((out) => out.split('\n')[0]!.trim());
  return version;
}

/** Everything a saved state depends on besides the disk. With KVM the processor is the lab machine's own. */
export async function stateInputs(accel: Accel): Promise<unknown> {
  const argv = qemuArgv({ id: '', accel, cpus: cpusOf(accel), disks: [], erst: '', console: '', memory: 0, restore: false });
  const cpu = accel === 'kvm' ? (/^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '') : '';
  return { qemu: await qemuVersion(), argv, cpu };
}

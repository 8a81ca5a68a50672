/** Text a booted kernel and its log would show, made from what the boot decided. Pure. */

export interface BootFacts {
  bootId: string;
  /** Seconds since 1970. */
  started: number;
  cmdline: string;
  /** "6.12.1-amd64 (…) #1 SMP …", from the kernel image. */
  banner: string;
}

/** Kernel messages as `dmesg --raw` shows them. */
export function dmesgText(f: BootFacts): string {
  const lines: [string, number, string][] = [
    ['0.000000', 5, `Linux version ${f.banner}`],
    ['0.000000', 6, `Command line: ${f.cmdline}`],
    ['0.000000', 6, 'BIOS-provided physical RAM map:'],
    ['0.000000', 6, 'DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.3-debian-1.16.3-2 04/01/2014'],
    ['0.000000', 6, 'Hypervisor detected: KVM'],
    ['0.214310', 5, `Kernel command line: ${f.cmdline}`],
    ['0.912004', 6, 'Unpacking initramfs...'],
    ['1.302215', 6, 'virtio_blk virtio1: [vda] 20971520 512-byte logical blocks (10.7 GB/10.0 GiB)'],
    ['1.303911', 6, ' vda: vda1'],
    ['1.351870', 6, 'virtio_net virtio0 ens3: renamed from eth0'],
    ['1.702113', 6, 'EXT4-fs (vda1): mounted filesystem 3f1b8a52-6d0c-4e7a-9a35-51c7e2d40b17 ro with ordered data mode. Quota mode: none.'],
    ['2.104419', 6, 'systemd[1]: Detected virtualization kvm.'],
    ['2.611902', 6, 'EXT4-fs (vda1): re-mounted 3f1b8a52-6d0c-4e7a-9a35-51c7e2d40b17 r/w. Quota mode: none.'],
  ];
  return lines.map(([at, level, text]) => `<${level}>[${at.padStart(12)}] ${text}\n`).join('');
}

/** The boot's part of the journal, in the form the stand-in for journalctl reads. */
export function journalText(f: BootFacts): string {
  const kernel = dmesgText(f)
    .trimEnd()
    .split('\n')
    .map((l) => /^<(\d)>\[[^\]]*\] (.*)$/.exec(l)!)
    .map(([, level, text]) => `${level} kernel: ${text}`);
  const system = [
    '6 systemd[1]: Reached target multi-user.target - Multi-User System.',
    '6 systemd[1]: Startup finished in 1.912s (kernel) + 4.871s (userspace) = 6.783s.',
  ];
  return `# ${f.bootId} ${f.started}\n${[...kernel, ...system].join('\n')}\n`;
}

/** N of a `panic=N` that makes a dead kernel start the machine again; undefined when it would stand still for ever. */
export function panicSeconds(cmdline: string): number | undefined {
  const last = cmdline.split(/\s+/).filter((w) => w.startsWith('panic=')).at(-1);
  if (last === undefined) return undefined;
  const n = Number.parseInt(last.slice('panic='.length), 10);
  return Number.isNaN(n) || n === 0 ? undefined : n;
}

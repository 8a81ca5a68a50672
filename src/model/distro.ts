import { z } from 'astro/zod';
import { Day } from './id.ts';

/** One kernel line a release offers. */
export const OfferedKernel = z.strictObject({
  series: z.string({ error: 'quote the series: "7.3" (YAML reads 7.0 as the number 7)' }).regex(/^\d+\.\d+$/),
  track: z.string(),
  package: z.string(),
  version: z.string(),
  maintainedBy: z.string(),
  until: z.union([Day, z.literal('rolls'), z.literal('unknown')]),
  note: z.string().optional(),
  checked: Day,
  source: z.string().min(4),
});

/** Front matter of a distribution release. */
export const DistroMeta = z.strictObject({
  name: z.string(),
  codename: z.string(),
  status: z.string(),
  family: z.enum(['debian', 'ubuntu', 'rhel', 'fedora', 'arch', 'suse', 'alpine']),
  loader: z.enum(['grub', 'grub-bls', 'systemd-boot', 'other']),
  initramfs: z.enum(['initramfs-tools', 'dracut', 'mkinitcpio', 'other']),
  packageManager: z.enum(['apt', 'dnf', 'pacman', 'zypper', 'apk']),
  /** /etc/os-release values by which the script recognises the host. */
  osRelease: z.strictObject({ ID: z.string(), VERSION_ID: z.string({ error: 'quote VERSION_ID: "13"' }) }),
  /** The kernel series the runbook starts from and goes to, in words for the page. */
  from: z.string(),
  to: z.string(),
  toSeries: z.string({ error: 'quote the series: "7.3"' }),
  summary: z.string().min(30).max(400),
  /** Is a script generated for this release? */
  script: z.boolean(),
  supportedUntil: z.strictObject({ full: Day, lts: Day }),
  kernels: z.array(OfferedKernel).min(1),
  checked: Day,
});
export type DistroMeta = z.infer<typeof DistroMeta>;

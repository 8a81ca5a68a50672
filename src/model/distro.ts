import { z } from 'astro/zod';
import { Day } from './id.ts';

/** Where `npm run refresh` reads a kernel's version again: suites of an apt archive, or the repository of an RPM distribution. */
const Index = z.union(
  [
    z.strictObject({ apt: z.enum(['debian', 'ubuntu']), suites: z.array(z.string().regex(/^[a-z]+(-[a-z]+)*$/)).min(1) }),
    z.strictObject({
      /** Name of the repository, for readers. */
      rpm: z.string().min(4).max(60),
      /** Its address: the folder in which repodata/ lies. */
      at: z.url({ protocol: /^https$/, error: 'write the address of the repository, with https:// (its metadata is not signed)' }),
    }),
  ],
  { error: 'an index is { apt, suites } or { rpm, at }' },
);
export type Index = z.infer<typeof Index>;

/** A product and release of endoflife.date, and which of its stages are our full and long-term support. */
const Stage = z.enum(['eoas', 'eol', 'eoes']);
const Lifecycle = z.strictObject({ product: z.string().regex(/^[a-z0-9-]+$/), release: z.string({ error: 'quote the release: "13"' }), full: Stage, lts: Stage.optional() });

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
  /** The day of the copy that was read, where it is not the day we looked: that is how old the version is. */
  asOf: Day.optional(),
  /** Parts divided by "; ". The first one says where the version was read: `npm run refresh` writes it anew. */
  source: z.string().min(4),
  index: Index.optional(),
});
export type OfferedKernel = z.infer<typeof OfferedKernel>;

/** A day; `rolls` where there is no end because releases are not what is maintained; `unknown` where we found no date. */
const End = z.union([Day, z.literal('rolls'), z.literal('unknown')]);

export const Family = z.enum(['debian', 'ubuntu', 'rhel', 'fedora', 'arch', 'suse', 'alpine', 'amazon']);

/** Front matter of every distribution release. */
const common = {
  name: z.string(),
  /** Codename, if it has one. */
  codename: z.string().optional(),
  status: z.string(),
  family: Family,
  loader: z.enum(['grub', 'grub-bls', 'systemd-boot', 'other']),
  initramfs: z.enum(['initramfs-tools', 'dracut', 'mkinitcpio', 'other']),
  packageManager: z.enum(['apt', 'dnf', 'pacman', 'zypper', 'apk']),
  summary: z.string().min(30).max(400),
  /** Where whoever maintains the kernel says which CVE is fixed in which of its versions. */
  cveTracker: z.strictObject({ name: z.string().min(4), url: z.url() }),
  supportedUntil: z.strictObject({ full: End, lts: End.optional(), checked: Day, asOf: Day.optional(), source: z.string().min(4) }),
  lifecycle: Lifecycle.optional(),
  kernels: z.array(OfferedKernel).min(1),
  checked: Day,
};

/** A release with a runbook and a script. */
const ScriptedDistro = z.strictObject({
  ...common,
  script: z.literal(true),
  /**
   * /etc/os-release values by which the script recognises the host: one ID or several, and the release, with or without a minor one.
   * A distribution that rolls has no VERSION_ID: its ID is enough.
   */
  osRelease: z.strictObject({ ID: z.union([z.string(), z.array(z.string()).min(1)]), VERSION_ID: z.string({ error: 'quote VERSION_ID: "13"' }).min(1).optional() }),
  /** The kernel series the runbook starts from and goes to, in words for the page. */
  from: z.string(),
  to: z.string(),
  toSeries: z.string({ error: 'quote the series: "7.3"' }),
});
export type ScriptedDistro = z.infer<typeof ScriptedDistro>;

/** A release that only has a page: what it offers, and what to do. */
const ListedDistro = z.strictObject({ ...common, script: z.literal(false), seven: z.enum(['no', '7.0', 'newer'], { error: 'the answer to "does it get 7.x": no, "7.0" or newer' }) });

export const DistroMeta = z.discriminatedUnion('script', [ScriptedDistro, ListedDistro]);
export type DistroMeta = z.infer<typeof DistroMeta>;

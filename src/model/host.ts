/**
 * A host of the lab. A rehearsal host is a throw-away Debian root on which steps and scripts run with the real package
 * manager, the real initramfs and boot loader tools and real kernel packages. A vm host is a whole machine in QEMU, whose
 * kernels boot. The YAML under content/hosts/ says what is real on it and what is a stand-in; badges repeat those
 * sentences word for word.
 */
import { z } from 'astro/zod';

/** A Debian package name, as Debian policy 5.6.1 allows it. */
const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, 'a Debian package name: lower-case letters, digits and + . - only');

/** A Debian suite name such as `trixie` or `trixie-backports`; it becomes part of file names and apt lines. */
const suiteName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a Debian suite name such as trixie-backports');

const sentence = z.string().min(10, 'a whole sentence for readers');

const kernelSource = z.strictObject({
  /** The suite the packages are taken from, with apt's `-t`. */
  suite: suiteName,
  /** Names only: the archive decides the version. */
  packages: z.array(packageName).min(1),
});

/** How the disk of a virtual machine is laid out; src/lab/vm/layout.ts says how each is made. */
export const VM_LAYOUTS = ['root-ext4', 'boot-ext4', 'xfs', 'lvm', 'btrfs', 'uefi'] as const;

/** What hosts of both lanes have. */
const common = {
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: z.string().min(3),
  /** Id of an entry under content/distros. */
  distro: z.string().min(1),
  /** Codename of the release the root is made from. */
  suite: suiteName,
  /** Further suites merged into the host's main source, as a server has them: updates and security. */
  mergedSuites: z.array(suiteName).default([]),
  /** Suites which the host has as sources of their own, with the pin behaviour their Release file asks for. */
  extraSuites: z
    .array(
      z.strictObject({
        suite: suiteName,
        label: z.string().min(1),
        notAutomatic: z.boolean(),
        butAutomaticUpgrades: z.boolean(),
      }),
    )
    .default([]),
  kernels: z.strictObject({
    /** Installed when the host is made; it runs at the start. */
    old: kernelSource,
    /** In the host's package source, not installed. */
    new: kernelSource,
  }),
  /** What a server of this release has installed, besides the packages apt cannot live without. */
  include: z.array(packageName).min(1),
  /** Packages that are in the host's package source besides the kernels (with what they depend on). */
  extraPackages: z.array(packageName).default([]),
  real: z.array(sentence).min(1),
  standIn: z.array(sentence).min(1),
};

export const RehearsalHostSpec = z.strictObject({ ...common, lane: z.literal('rehearsal') });

export const VmHostSpec = z.strictObject({
  ...common,
  lane: z.literal('vm'),
  /** The disks this host can be had with; the first is the one it has when nothing is said. */
  layouts: z.array(z.enum(VM_LAYOUTS)).min(1),
});

export const HostSpec = z.discriminatedUnion('lane', [RehearsalHostSpec, VmHostSpec]);

/** One host as its YAML describes it, checked and with the defaults filled in. */
export type HostSpec = z.infer<typeof HostSpec>;
export type RehearsalHostSpec = z.infer<typeof RehearsalHostSpec>;
export type VmHostSpec = z.infer<typeof VmHostSpec>;
export type HostLayout = (typeof VM_LAYOUTS)[number];
/** A layout of a host, or `image`: a disk that somebody brings (a cloud image), laid out as it comes. */
export type VmLayout = HostLayout | 'image';

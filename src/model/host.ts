/**
 * A host of the lab. A rehearsal host is a throw-away Debian root on which steps and scripts run with the real package
 * manager, the real initramfs and boot loader tools and real kernel packages. A shaped host is such a root that looks like
 * another distribution, with stand-in kernel packages of that distribution's names and shape. A vm host is a whole machine in
 * QEMU, whose kernels boot. The YAML under content/hosts/ says what is real on it and what is a stand-in; badges repeat those
 * sentences word for word.
 */
import { z } from 'astro/zod';

/** A Debian package name, as Debian policy 5.6.1 allows it. */
const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, 'a package name: lower-case letters, digits and + . - only');

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

/** Id of a host: the name of its file. A release such as 24.04 may be part of it. */
export const HostId = z.string().regex(/^[a-z][a-z0-9-]*(\.[0-9]+)?(-[a-z]+)?$/, 'a host id such as debian-13 or ubuntu-24.04');

/** What hosts of all lanes have. */
const every = {
  id: HostId,
  title: z.string().min(3),
  /** Id of an entry under content/distros. */
  distro: z.string().min(1),
  real: z.array(sentence).min(1),
  standIn: z.array(sentence).min(1),
};

/** What hosts that are Debian have. */
const common = {
  ...every,
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
};

export const RehearsalHostSpec = z.strictObject({ ...common, lane: z.literal('rehearsal') });

/** A kernel of Ubuntu as the lab imitates it: the versioned packages, and the metapackages that name them. */
const UbuntuKernel = z.strictObject({
  /** `uname -r`. */
  release: z.string().regex(/^\d+\.\d+\.\d+-\d+-[a-z]+$/, 'a release such as 7.0.0-34-generic'),
  /** Version of the packages. */
  version: z.string().regex(/^\d+\.\d+\.\d+-\d+\.\d+(~\d+\.\d+\.\d+)?$/, 'a version such as 7.0.0-34.34~24.04.1'),
  /** What follows `linux-`, `linux-image-` and `linux-headers-` in the names of its metapackages: `generic-hwe-24.04`. */
  meta: packageName,
  /** Version of the metapackages where it is not that of the kernel. */
  metaVersion: z.string().regex(/^\d+(\.\d+){4}$/, 'a version such as 5.15.0.164.159').optional(),
  /** Further packages of modules that the image's metapackage asks for, without the release at the end of their names. */
  modules: z.array(packageName).optional(),
  suite: suiteName,
  /** The archive had it when the host was installed and has dropped it since, as Ubuntu's does at each new upload of a series. */
  dropped: z.boolean().optional(),
});

/** /etc/os-release. */
const osRelease = z.record(z.string().regex(/^[A-Z_]+$/), z.string());

const UbuntuShape = z.strictObject({
  family: z.literal('ubuntu'),
  osRelease,
  /** Suites of its package source, the release's own first. */
  suites: z.array(suiteName).min(1),
  kernels: z.array(UbuntuKernel).min(2),
  /** What builds its initramfs. dracut has to be among the packages it is installed with. */
  initramfs: z.enum(['initramfs-tools', 'dracut']).default('initramfs-tools'),
});

/** A kernel of the RHEL family: `uname -r`, from which the packages have their version and release. */
const RpmKernel = z.string().regex(/^\d+\.\d+\.\d+-[0-9.]+\.(el|fc)\d+[0-9_]*\.x86_64$/, 'a release such as 5.14.0-687.5.3.el9_8.x86_64');

const RpmShape = z.strictObject({
  family: z.literal('rhel'),
  osRelease,
  /** Package that names the release, and its version. */
  releasePackage: z.strictObject({ name: packageName, version: z.string().regex(/^\d+(\.\d+)?$/) }),
  /** Id of its package source, as `dnf repolist` shows it. */
  repository: suiteName,
  /** Where rpm keeps its database. */
  rpmDb: z.enum(['/var/lib/rpm', '/usr/lib/sysimage/rpm']),
  /** Further files, by their path from the root: settings that its tools need on this host. */
  files: z.record(z.string().regex(/^etc\/[a-z0-9./-]+$/i, 'a path such as etc/dracut.conf.d/lab.conf'), z.string().endsWith('\n')).optional(),
  /** Oldest first: the first is installed when the host is made, the last is what dnf offers. */
  kernels: z.array(RpmKernel).min(2),
});

/** A kernel of Arch Linux: the package that brings it, and its `uname -r`. */
const ArchKernel = z.strictObject({
  package: z.enum(['linux', 'linux-lts']),
  release: z.string().regex(/^\d+\.\d+\.\d+-(arch\d+-\d+|\d+-lts)$/, 'a release such as 7.2.11-arch1-1 or 6.18.57-2-lts'),
  /** The host was installed with it, and the repository has a newer one by now: a repository of pacman has one version of a package. */
  dropped: z.boolean().optional(),
});

const ArchShape = z.strictObject({
  family: z.literal('arch'),
  osRelease,
  /** Name of its package source, as in pacman.conf. */
  repository: suiteName,
  kernels: z
    .array(ArchKernel)
    .min(2)
    .refine((all) => [true, false].every((dropped) => {
      const names = all.filter((k) => Boolean(k.dropped) === dropped).map((k) => k.package);
      return new Set(names).size === names.length;
    }), 'a repository of pacman has one version of a package'),
});

/** A plain Debian root: the release, and what is installed in it. */
const DebianBase = z.strictObject({ suite: suiteName, mergedSuites: z.array(suiteName).default([]), include: z.array(packageName).min(1) });

export const ShapedHostSpec = z.strictObject({
  ...every,
  lane: z.literal('shaped'),
  /** The rehearsal host whose base it stands on, with that host's Debian release and packages; or a base of its own. */
  base: z.union([HostId, DebianBase]),
  shape: z.discriminatedUnion('family', [UbuntuShape, RpmShape, ArchShape]),
  kernels: z.strictObject({ old: kernelSource, new: kernelSource }),
  /** Packages of the base's Debian release that are in the package source, for repairs. */
  extraPackages: z.array(packageName).default([]),
});

/** What makes a machine of the RHEL family of a Debian one: the kernels in its package source are Debian's, packed as RPMs. */
const VmRpmShape = RpmShape.omit({ kernels: true });

export const VmHostSpec = z.strictObject({
  ...common,
  lane: z.literal('vm'),
  shape: VmRpmShape.optional(),
  /** The disks this host can be had with; the first is the one it has when nothing is said. */
  layouts: z.array(z.enum(VM_LAYOUTS)).min(1),
});

export const HostSpec = z.discriminatedUnion('lane', [RehearsalHostSpec, ShapedHostSpec, VmHostSpec]);

/** One host as its YAML describes it, checked and with the defaults filled in. */
export type HostSpec = z.infer<typeof HostSpec>;
export type RehearsalHostSpec = z.infer<typeof RehearsalHostSpec>;
export type ShapedHostSpec = z.infer<typeof ShapedHostSpec>;
export type UbuntuKernel = z.infer<typeof UbuntuKernel>;
export type UbuntuShape = z.infer<typeof UbuntuShape>;
export type RpmShape = z.infer<typeof RpmShape>;
export type ArchShape = z.infer<typeof ArchShape>;
export type ArchKernel = z.infer<typeof ArchKernel>;
export type VmRpmShape = z.infer<typeof VmRpmShape>;
/** A shaped host whose shape is known. */
export type ShapedAs<S extends ShapedHostSpec['shape']> = ShapedHostSpec & { shape: S };
export const isUbuntuShaped = (spec: ShapedHostSpec): spec is ShapedAs<UbuntuShape> => spec.shape.family === 'ubuntu';
export const isRpmShaped = (spec: ShapedHostSpec): spec is ShapedAs<RpmShape> => spec.shape.family === 'rhel';
export const isArchShaped = (spec: ShapedHostSpec): spec is ShapedAs<ArchShape> => spec.shape.family === 'arch';
/** The Debian root under a host, with the name its layers have. */
export type DebianBase = z.infer<typeof DebianBase> & { id: string };
/** A host whose root is made of a Debian release alone. */
export type DebianHostSpec = RehearsalHostSpec | VmHostSpec;
/** A host that is a throw-away root. */
export type RootHostSpec = RehearsalHostSpec | ShapedHostSpec;
export type VmHostSpec = z.infer<typeof VmHostSpec>;
export type HostLayout = (typeof VM_LAYOUTS)[number];
/** A layout of a host, or `image`: a disk that somebody brings (a cloud image), laid out as it comes. */
export type VmLayout = HostLayout | 'image';

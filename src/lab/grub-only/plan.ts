/** What is to be on a disk, before it is made: scenarios change plans, never images. Pure. */
import { adaptMenu, bootUuid, filesNamed } from './adapt.ts';
import { adaptBlsMenu, adaptEntry, adaptTrial, blsBootUuid, entryFiles } from './adapt-bls.ts';
import type { Captured, Stage } from './captured.ts';
import type { DiskFile } from './disk.ts';
import type { Layout } from './layout.ts';
import { tinyInitrd, tinyKernel } from './tiny-kernel.ts';

/** Where things lie on the disk's file system: below /boot, or at its root where /boot is a file system of its own. */
export interface BootPaths {
  /** GRUB's folder. */
  grub: string;
  env: string;
  custom: string;
  /** Folder of the boot entries; undefined where grub.cfg holds the menu. */
  entries: string | undefined;
  image: (release: string) => string;
  initrd: (release: string) => string;
}

export interface Plan {
  layout: Layout;
  paths: BootPaths;
  oldRelease: string;
  newRelease: string;
  uuid: string;
  /** Everything on the disk except GRUB's modules, by absolute path. */
  files: Map<string, DiskFile>;
}

const bytes = (text: string): DiskFile => ({ content: Buffer.from(text, 'utf8') });

/** Release in a path such as /boot/vmlinuz-6.12.1-amd64. */
const releaseOf = (path: string): string => path.replace(/^.*\/vmlinuz-/, '');

const pathsOf = (captured: Captured, ownBoot: boolean): BootPaths => {
  const boot = ownBoot ? '' : '/boot';
  const grub = captured.grubDir.replace(/^\/boot/, boot);
  const bls = captured.grubDir === '/boot/grub2';
  return {
    grub,
    env: `${grub}/grubenv`,
    custom: `${grub}/custom.cfg`,
    entries: bls ? `${boot}/loader/entries` : undefined,
    image: (release) => `${boot}/vmlinuz-${release}`,
    initrd: (release) => (bls ? `${boot}/initramfs-${release}.img` : `${boot}/initrd.img-${release}`),
  };
};

/**
 * The disk of a host in the given stage, fitted to the layout, with stand-in kernels for every image its menus name.
 * @param o `ownBoot`: /boot is a file system of its own; only for hosts with boot entries
 * @throws Error when the menus do not name both kernels, or hold lines about devices that are not understood
 */
export function planDisk(captured: Captured, stage: Stage, layout: Layout, o: { ownBoot?: boolean } = {}): Plan {
  const menu = captured[stage];
  if (!menu) throw new Error(`grub-only: nothing was captured of ${captured.hostId} in the stage ${stage}`);
  const ownBoot = o.ownBoot ?? false;
  const paths = pathsOf(captured, ownBoot);
  const files = new Map<string, DiskFile>();
  const named: { kernels: string[]; initrds: string[] } = { kernels: [], initrds: [] };
  const name = (more: typeof named): void => {
    named.kernels.push(...more.kernels);
    named.initrds.push(...more.initrds);
  };
  let uuid: string;
  if (paths.entries === undefined) {
    if (ownBoot) throw new Error(`grub-only: ${captured.hostId} has its menu in grub.cfg, which is not rewritten for a /boot of its own`);
    uuid = bootUuid(menu.grubCfg);
    files.set(`${paths.grub}/grub.cfg`, bytes(adaptMenu(menu.grubCfg, layout)));
    if (menu.customCfg !== undefined) files.set(paths.custom, bytes(adaptMenu(menu.customCfg, layout)));
    name(filesNamed(`${menu.grubCfg}\n${menu.customCfg ?? ''}`));
  } else {
    uuid = blsBootUuid(menu.grubCfg);
    files.set(`${paths.grub}/grub.cfg`, bytes(adaptBlsMenu(menu.grubCfg, layout, ownBoot)));
    for (const [file, text] of menu.entries) {
      const entry = adaptEntry(text, ownBoot);
      files.set(`${paths.entries}/${file}`, bytes(entry));
      name(entryFiles(entry));
    }
    if (menu.customCfg !== undefined) {
      const trial = adaptTrial(menu.customCfg, ownBoot);
      files.set(paths.custom, bytes(trial));
      name(filesNamed(trial));
    }
  }
  files.set(paths.env, bytes(menu.grubenv));
  for (const path of named.kernels) files.set(path, { content: tinyKernel(releaseOf(path)) });
  for (const path of named.initrds) files.set(path, { content: tinyInitrd(path.replace(/^.*\//, '')) });
  for (const release of [captured.oldRelease, captured.newRelease]) {
    if (!files.has(paths.image(release)) || !files.has(paths.initrd(release))) throw new Error(`grub-only: the menu of the ${stage} host names no kernel or no initrd for ${release}; it names ${[...named.kernels, ...named.initrds].join(' ')}`);
  }
  return { layout, paths, oldRelease: captured.oldRelease, newRelease: captured.newRelease, uuid, files };
}

/** Replaces, changes or (with undefined) removes one file. @throws Error when it is not there: the change would be none */
export function withFile(plan: Plan, path: string, change: (file: DiskFile) => DiskFile | undefined): Plan {
  const file = plan.files.get(path);
  if (!file) throw new Error(`grub-only: ${path} is not on the disk, so it cannot be changed`);
  const files = new Map(plan.files);
  const changed = change(file);
  if (changed) files.set(path, changed);
  else files.delete(path);
  return { ...plan, files };
}

/** Changes the text of one file. @throws Error when the text stays as it was */
export function withText(plan: Plan, path: string, change: (text: string) => string): Plan {
  return withFile(plan, path, (file) => {
    const before = Buffer.from(file.content).toString('utf8');
    const after = change(before);
    if (after === before) throw new Error(`grub-only: the change to ${path} changed nothing. Mend: fit the scenario in src/lab/grub-only/scenarios.ts to the text the steps write now`);
    return bytes(after);
  });
}

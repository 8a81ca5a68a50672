/** What is to be on a disk, before it is made: scenarios change plans, never images. Pure. */
import { adaptMenu, bootUuid, filesNamed } from './adapt.ts';
import type { Captured } from './captured.ts';
import type { DiskFile } from './disk.ts';
import type { Layout } from './layout.ts';
import { tinyInitrd, tinyKernel } from './tiny-kernel.ts';

export const ENV_PATH = '/boot/grub/grubenv';
export const CUSTOM_PATH = '/boot/grub/custom.cfg';

export interface Plan {
  layout: Layout;
  oldRelease: string;
  newRelease: string;
  uuid: string;
  /** Everything on the disk except GRUB's modules, by absolute path. */
  files: Map<string, DiskFile>;
}

const bytes = (text: string): DiskFile => ({ content: Buffer.from(text, 'utf8') });

/** Release in a path such as /boot/vmlinuz-6.12.1-amd64. */
const releaseOf = (path: string): string => path.replace(/^.*\/vmlinuz-/, '');

/**
 * The disk of a host in the given stage, fitted to the layout, with stand-in kernels for every image its menus name.
 * @throws Error when the menus do not name both kernels, or hold lines about devices that are not understood
 */
export function planDisk(captured: Captured, stage: 'upgraded' | 'armed', layout: Layout): Plan {
  const menu = captured[stage];
  const files = new Map<string, DiskFile>();
  files.set('/boot/grub/grub.cfg', bytes(adaptMenu(menu.grubCfg, layout)));
  if (menu.customCfg !== undefined) files.set(CUSTOM_PATH, bytes(adaptMenu(menu.customCfg, layout)));
  files.set(ENV_PATH, bytes(menu.grubenv));
  const named = filesNamed(`${menu.grubCfg}\n${menu.customCfg ?? ''}`);
  for (const path of named.kernels) files.set(path, { content: tinyKernel(releaseOf(path)) });
  for (const path of named.initrds) files.set(path, { content: tinyInitrd(path.replace(/^.*\//, '')) });
  for (const release of [captured.oldRelease, captured.newRelease]) {
    if (!files.has(imageOf(release)) || !files.has(initrdOf(release))) throw new Error(`grub-only: the menu of the ${stage} host names no kernel or no initrd for ${release}; it names ${[...named.kernels, ...named.initrds].join(' ')}`);
  }
  return { layout, oldRelease: captured.oldRelease, newRelease: captured.newRelease, uuid: bootUuid(menu.grubCfg), files };
}

export const imageOf = (release: string): string => `/boot/vmlinuz-${release}`;
export const initrdOf = (release: string): string => `/boot/initrd.img-${release}`;

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

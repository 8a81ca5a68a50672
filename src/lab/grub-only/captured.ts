/** What a rehearsal host has in /boot after the product's own steps ran there: the only source of menus for this tier. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Script } from '../../runbook/compile.ts';
import { parseGrubenv } from '../grub/env.ts';
import { debianOf, grubDirOf, readRootSpec } from '../host-spec.ts';
import { baseLayer } from '../layer/base.ts';
import { goldLayers } from '../layer/gold.ts';
import { StageBuilder } from '../lane/stage.ts';
import type { Host } from '../host.ts';
import { blsGrub } from '../layer/bls-grub.ts';

/** The stages of a host whose menus are started. */
export type Stage = 'upgraded' | 'armed' | 'committed';

/** What GRUB reads of one stage. */
export interface Menu {
  /** grub.cfg as update-grub or grub2-mkconfig wrote it. */
  grubCfg: string;
  /** custom.cfg as trial.arm wrote it; undefined before that step. */
  customCfg: string | undefined;
  /** Files of /boot/loader/entries by name; none where the menu stands in grub.cfg. */
  entries: ReadonlyMap<string, string>;
  /** The environment block, 1024 bytes. */
  grubenv: string;
}

/** Everything the disks are made from. */
export interface Captured {
  hostId: string;
  /** GRUB's folder on the host. */
  grubDir: string;
  /** Release that ran when the upgrade began, as in kernel.old. */
  oldRelease: string;
  /** Release that was installed, as in kernel.new. */
  newRelease: string;
  /** After `upgrade`: pinned, not armed. */
  upgraded: Menu;
  /** After `trial`, before the reboot. */
  armed: Menu;
  /** After `commit`; only of hosts with boot entries. */
  committed: Menu | undefined;
  /** Folder of GRUB's modules with boot.img. */
  modules: string;
  /** Layers with that GRUB's programs over the base, topmost first; none where it is the base's own. */
  grubLayers: readonly string[];
  /** The host's lowest layer, in whose root grub-mkimage and the mkfs programs are run. */
  base: string;
  /** Version of the GRUB packages. */
  grubVersion: string;
}

const STATE = '/var/lib/trialboot';

/** Shell that prints the boot entries one after the other, each behind a line with its name. */
const ENTRIES = 'cd /boot/loader/entries 2>/dev/null || exit 0; for f in *.conf; do [ -e "$f" ] || continue; printf "==> %s\\n" "$f"; cat -- "$f"; done';

/** Reads what {@link ENTRIES} printed. */
export function parseEntries(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const part of text.split(/^==> /m).slice(1)) {
    const end = part.indexOf('\n');
    entries.set(part.slice(0, end), part.slice(end + 1));
  }
  return entries;
}

async function menuOf(host: Host, grubDir: string): Promise<Menu> {
  const hasCustom = (await host.exec(`test -e ${grubDir}/custom.cfg`)).status === 0;
  return {
    grubCfg: await host.read(`${grubDir}/grub.cfg`),
    customCfg: hasCustom ? await host.read(`${grubDir}/custom.cfg`) : undefined,
    entries: parseEntries((await host.exec(ENTRIES)).stdout),
    grubenv: await host.read(`${grubDir}/grubenv`),
  };
}

async function atStage<T>(stages: StageBuilder, stage: Stage, take: (host: Host) => Promise<T>): Promise<T> {
  const host = await stages.host(stage);
  try {
    return await take(host);
  } finally {
    await host.destroy();
  }
}

/**
 * Brings a rehearsal host to its stages by the real script, and takes what GRUB will read.
 * @param hostId a file of content/hosts, without .yaml
 * @param script the compiled script whose steps write the menu
 * @throws Error when a stage is not what its name says: a tier that boots the wrong menu would prove nothing
 */
export async function captureHost(hostId: string, script: Script): Promise<Captured> {
  const spec = readRootSpec(hostId);
  const grubDir = grubDirOf(spec);
  const bls = grubDir === '/boot/grub2';
  const stages = new StageBuilder(hostId, script);
  const upgraded = await atStage(stages, 'upgraded', (host) => menuOf(host, grubDir));
  const { armed, oldRelease, newRelease, version } = await atStage(stages, 'armed', async (host) => ({
    armed: await menuOf(host, grubDir),
    oldRelease: (await host.read(`${STATE}/kernel.old`)).trim(),
    newRelease: (await host.read(`${STATE}/kernel.new`)).trim(),
    version: bls ? '' : (await host.exec("dpkg-query -W -f '${Version}' grub-pc-bin")).stdout.trim(),
  }));
  const committed = bls ? await atStage(stages, 'committed', (host) => menuOf(host, grubDir)) : undefined;
  const wrong = (what: string): never => {
    throw new Error(`lab: the ${hostId} host for the GRUB-only tier is not as its stage says: ${what}. Mend: look at it with npm run lab -- shell ${hostId} --stage armed`);
  };
  if (parseGrubenv(upgraded.grubenv)?.get('next_entry')) wrong('next_entry is set before the trial');
  if (!parseGrubenv(armed.grubenv)?.get('next_entry')) wrong('no next_entry in the armed grubenv');
  if (armed.customCfg === undefined) wrong(`no custom.cfg in the armed ${grubDir}`);
  if (oldRelease === newRelease) wrong(`old and new kernel are both ${newRelease}`);
  if (bls && armed.entries.size < 2) wrong(`${armed.entries.size} boot entries`);
  if (committed?.customCfg?.includes('trialboot')) wrong('the trial entry is still there after the commit');
  const base = await baseLayer(debianOf(spec));
  const known = { hostId, grubDir, oldRelease, newRelease, upgraded, armed, committed, base };
  if (bls) return { ...known, ...(await blsGrub(base)) };
  const { trees } = await goldLayers(spec);
  const modules = trees.map((t) => join(t, 'boot/grub/i386-pc')).find((d) => existsSync(join(d, 'boot.img')));
  if (!modules) return wrong('no layer has /boot/grub/i386-pc/boot.img');
  return { ...known, modules, grubLayers: [], grubVersion: version };
}

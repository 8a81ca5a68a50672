/** What a rehearsal host has in /boot after the product's own steps ran there: the only source of menus for this tier. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Script } from '../../runbook/compile.ts';
import { parseGrubenv } from '../grub/env.ts';
import { debianOf, readRootSpec } from '../host-spec.ts';
import { baseLayer } from '../layer/base.ts';
import { goldLayers } from '../layer/gold.ts';
import { StageBuilder } from '../lane/stage.ts';

/** /boot/grub of one stage. */
export interface Menu {
  /** grub.cfg as update-grub wrote it. */
  grubCfg: string;
  /** custom.cfg as trial.arm wrote it; undefined before that step. */
  customCfg: string | undefined;
  /** The environment block, 1024 bytes. */
  grubenv: string;
}

/** Everything the disks are made from. */
export interface Captured {
  hostId: string;
  /** Release that ran when the upgrade began, as in kernel.old. */
  oldRelease: string;
  /** Release that was installed, as in kernel.new. */
  newRelease: string;
  /** After `upgrade`: pinned, not armed. */
  upgraded: Menu;
  /** After `trial`, before the reboot. */
  armed: Menu;
  /** Folder of GRUB's modules with boot.img, of the host's own GRUB. */
  modules: string;
  /** The host's lowest layer, in whose root grub-mkimage and the mkfs programs are run. */
  base: string;
  /** Version of the host's GRUB packages. */
  grubVersion: string;
}

const STATE = '/var/lib/trialboot';

async function menuOf(stages: StageBuilder, stage: 'upgraded' | 'armed'): Promise<{ menu: Menu; oldRelease: string; newRelease: string; grubVersion: string }> {
  const host = await stages.host(stage);
  try {
    const hasCustom = (await host.exec('test -e /boot/grub/custom.cfg')).status === 0;
    const menu = {
      grubCfg: await host.read('/boot/grub/grub.cfg'),
      customCfg: hasCustom ? await host.read('/boot/grub/custom.cfg') : undefined,
      grubenv: await host.read('/boot/grub/grubenv'),
    };
    const oldRelease = (await host.read(`${STATE}/kernel.old`)).trim();
    const newRelease = (await host.read(`${STATE}/kernel.new`)).trim();
    const grubVersion = (await host.exec("dpkg-query -W -f '${Version}' grub-pc-bin")).stdout.trim();
    return { menu, oldRelease, newRelease, grubVersion };
  } finally {
    await host.destroy();
  }
}

/**
 * Brings a rehearsal host to `upgraded` and to `armed` by the real script, and takes what GRUB will read.
 * @param hostId a file of content/hosts, without .yaml
 * @param script the compiled script whose steps write the menu
 * @throws Error when a stage is not what its name says: a tier that boots the wrong menu would prove nothing
 */
export async function captureHost(hostId: string, script: Script): Promise<Captured> {
  const spec = readRootSpec(hostId);
  const stages = new StageBuilder(hostId, script);
  const upgraded = await menuOf(stages, 'upgraded');
  const armed = await menuOf(stages, 'armed');
  const wrong = (what: string): never => {
    throw new Error(`lab: the ${hostId} host for the GRUB-only tier is not as its stage says: ${what}. Mend: look at it with npm run lab -- shell ${hostId} --stage armed`);
  };
  if (parseGrubenv(upgraded.menu.grubenv)?.get('next_entry')) wrong('next_entry is set before the trial');
  if (!parseGrubenv(armed.menu.grubenv)?.get('next_entry')) wrong('no next_entry in the armed grubenv');
  if (armed.menu.customCfg === undefined) wrong('no custom.cfg in the armed /boot/grub');
  if (armed.oldRelease === armed.newRelease) wrong(`old and new kernel are both ${armed.newRelease}`);
  const { trees } = await goldLayers(spec);
  const modules = trees.map((t) => join(t, 'boot/grub/i386-pc')).find((d) => existsSync(join(d, 'boot.img')));
  if (!modules) return wrong('no layer has /boot/grub/i386-pc/boot.img');
  return {
    hostId,
    oldRelease: armed.oldRelease,
    newRelease: armed.newRelease,
    upgraded: upgraded.menu,
    armed: armed.menu,
    modules,
    base: await baseLayer(debianOf(spec)),
    grubVersion: armed.grubVersion,
  };
}

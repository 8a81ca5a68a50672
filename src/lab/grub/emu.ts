/** Runs GRUB's own interpreter, as the host's release ships it, over a host's boot menu. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { DebianBase } from '../../model/host.ts';
import { artifact, removeTree } from '../system/cache.ts';
import { EMU_CONFIG, EMU_DISK, emuMain, instrument, parseEmu, type EmuOutcome } from './emu-script.ts';
import { GrubSyntaxError } from './script.ts';
import { archiveWeek } from '../layer/base.ts';
import { onExit } from '../system/on-exit.ts';
import { run } from '../system/run.ts';
import { ScratchApt } from '../layer/scratch-apt.ts';

const REVISION = 3;

/** What the program's graphics library would load for a window, most of what comes with it. It runs without a screen, so these are left out. */
const FOR_A_SCREEN = /^(?:libllvm|libz3-|libgl1-mesa-|mesa-|libglx-mesa)/;

/**
 * The layer with grub-emu. It is laid over a root of the release for the interpreter's own use; hosts do not have it.
 * @param base the finished layer of that root
 * @returns folder whose `tree/` is the layer
 */
export function emuLayer(spec: DebianBase, base: string): Promise<string> {
  const inputs = { revision: REVISION, base: basename(base), week: archiveWeek() };
  return artifact(`emu-${spec.suite}`, inputs, async (dir) => {
    const apt = new ScratchApt(dir, join(base, 'tree/var/lib/dpkg/status'));
    await apt.takeLists([spec.suite, ...spec.mergedSuites]);
    await apt.download(['grub-emu']);
    await apt.unpack(join(dir, 'tree'), FOR_A_SCREEN);
    await removeTree(apt.dir);
  });
}

// $1 scratch folder, $2 layers. The program gets a root of its own without devices, network or anything of the machine.
const ENTER = `set -eu
cd "$1"
mount -t overlay -o "lowerdir=$2" emu root
mount --bind files root/mnt
exec setpriv --bounding-set -all,+sys_chroot -- chroot root /usr/bin/grub-emu --root=host --directory=${EMU_CONFIG}
`;

/** How long the interpreter may take; it needs a tenth of a second on an idle machine. */
const TIMEOUT_MS = 20_000;

export interface EmuInput {
  /** Text of grub.cfg and what it sources, by name within /boot/grub. */
  configs: Readonly<Record<string, string>>;
  grubenv?: string | undefined;
  /** Size of each file on the disk, by absolute path; only whether it is empty matters. */
  files: ReadonlyMap<string, number>;
  envWritable: boolean;
  pick?: string | undefined;
}

/** What is no GRUB script stays as it is: GRUB itself shall refuse it. */
function instrumentOrKeep(text: string, name: string): string {
  try {
    return instrument(text, `/boot/grub/${name}`);
  } catch (error) {
    if (error instanceof GrubSyntaxError) return text;
    throw error;
  }
}

/**
 * Lets GRUB's interpreter run a menu and the entry it chooses.
 * @param layers folders of the emu layer and the base, topmost first
 * @returns what it would start, or undefined when it runs no entry to its end
 * @throws Error when the program cannot be run
 */
export async function runGrubEmu(layers: readonly string[], input: EmuInput): Promise<EmuOutcome | undefined> {
  const dir = mkdtempSync(join(tmpdir(), 'trialboot-grub-'));
  const forget = onExit(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const put = (path: string, text: string): void => {
      const full = join(dir, 'files', path.replace(/^\/mnt/, ''));
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
    };
    mkdirSync(join(dir, 'root'));
    for (const [name, text] of Object.entries(input.configs)) {
      put(`${EMU_CONFIG}/${name === 'grub.cfg' ? 'real.cfg' : name}`, instrumentOrKeep(text, name));
    }
    put(`${EMU_CONFIG}/grub.cfg`, emuMain({ envWritable: input.envWritable, ...(input.pick === undefined ? {} : { pick: input.pick }) }));
    if (input.grubenv !== undefined) put(`${EMU_CONFIG}/grubenv`, input.grubenv);
    for (const [path, size] of input.files) put(join(EMU_DISK, path), size > 0 ? 'x' : '');
    const r = await run(
      ['unshare', '--mount', '--propagation', 'private', '--pid', '--net', '--ipc', '--fork', '--kill-child', '--', '/bin/sh', '-c', ENTER, 'trialboot-lab', dir, layers.join(':')],
      { timeoutMs: TIMEOUT_MS, until: /<TB END TB>/ },
    );
    const outcome = parseEmu(r.stdout);
    if (!outcome && !r.timedOut && r.stdout === '') throw new Error(`lab: grub-emu did not run (status ${r.status}): ${r.stderr.trim()}`);
    return outcome;
  } finally {
    forget();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs scenarios of the GRUB-only tier: captures a host, makes each disk, starts it, reads it back and judges. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Script } from '../../runbook/compile.ts';
import { onExit } from '../system/on-exit.ts';
import { captureHost, type Captured } from './captured.ts';
import { buildDisk } from './disk.ts';
import { currentGrubenv, findGrubenvs } from './env-block.ts';
import { judge } from './judge.ts';
import { LAYOUTS } from './layout.ts';
import { planDisk } from './plan.ts';
import { startDisk } from './run.ts';
import { type BootKind, type GrubScenario, kindOf, SCENARIOS } from './scenarios.ts';
import type { Boot } from './serial.ts';
import { toolsLayer } from './tools-layer.ts';

/** What is real and what is not, in words for readers. */
export const REAL = [
  "GRUB of the host's own release: boot sector, core image and modules, started by SeaBIOS in QEMU.",
  "The file systems, made by the mkfs programs of the host's own release; GRUB reads and writes them itself.",
  "grub.cfg as update-grub wrote it and custom.cfg and grubenv as the script's own steps wrote them on the rehearsal host.",
] as const;
export const STAND_IN = [
  'The kernels: images of two kilobytes that print their command line and reset the machine.',
  'The lines of the menu that name the device of /boot, rewritten for the storage of the scenario; update-grub did not run on it.',
  'LVM and RAID metadata, written by the lab in their documented form instead of by lvm2 and mdadm.',
  "For hosts of the RHEL family: GRUB is 2.14 of Debian testing, whose blscfg is not Red Hat's; two lines of grub.cfg name its module and the folder of the entries.",
  'No screen and no keyboard: GRUB speaks on the serial port. The clock runs ahead, so that its waiting takes less time here.',
] as const;

/** What one scenario did. */
export interface GrubScenarioRun {
  name: string;
  layout: string;
  what: string;
  /** The starts as the kernels reported them. */
  boots: (Boot & { kind: BootKind | undefined })[];
  expected: readonly BootKind[];
  /** Everything was as the scenario calls for. */
  ok: boolean;
  /** What was not, one sentence each. */
  faults: string[];
  /** Set where what GRUB does breaks the product's promise, and why that is recorded as it is. */
  unsafe: string | undefined;
  stuck: boolean;
  /** What GRUB printed. */
  screen: string;
  /** Text of the environment block; undefined when no file has one. */
  grubenvBefore: string | undefined;
  grubenvAfter: string | undefined;
  /** CPU seconds of the QEMU process, without making the disk. */
  cpuSeconds: number;
  /** Wall seconds of the same. */
  wallSeconds: number;
}

const asBlock = (content: Uint8Array | undefined): string | undefined => (content === undefined ? undefined : Buffer.from(content).toString('latin1'));

/**
 * Runs one scenario.
 * @param captured what {@link captureHost} took from the rehearsal host
 * @param told called with one line when it is over
 * @throws Error when the disk cannot be made or started; a scenario that goes otherwise than expected is no error
 */
export async function runGrubScenario(captured: Captured, scenario: GrubScenario, told: (line: string) => void = () => undefined): Promise<GrubScenarioRun> {
  const fresh = planDisk(captured, scenario.stage, LAYOUTS[scenario.layout], { ownBoot: scenario.ownBoot ?? false });
  const plan = scenario.change ? scenario.change(fresh) : fresh;
  const tools = await toolsLayer(captured.hostId, captured.base);
  const dir = mkdtempSync(join(tmpdir(), 'trialboot-grub-only-'));
  const forget = onExit(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const image = await buildDisk(dir, { layout: plan.layout, uuid: plan.uuid, files: plan.files, grub: plan.paths.grub, modules: captured.modules, layers: [...captured.grubLayers, tools, captured.base].map((d) => join(d, 'tree')) });
    const before = findGrubenvs(readFileSync(image));
    const written = asBlock(plan.files.get(plan.paths.env)?.content);
    // A hole has no words to be found by; any other block has to be on the disk exactly as it was given.
    const expected = plan.files.get(plan.paths.env)?.hole ? undefined : written;
    const stale = before.filter((t) => t !== expected);
    if (expected !== undefined && !before.includes(expected)) throw new Error(`grub-only: ${scenario.name}: the disk does not hold the environment block it was given`);
    const run = await startDisk(image, { boots: scenario.boots.length, ...scenario.machine });
    const after = currentGrubenv(findGrubenvs(readFileSync(image)), stale);
    const faults = judge(scenario, plan, run, after);
    const result: GrubScenarioRun = {
      name: scenario.name,
      layout: scenario.layout,
      what: scenario.what,
      boots: run.boots.map((b) => ({ ...b, kind: kindOf(b, plan) })),
      expected: scenario.boots,
      ok: faults.length === 0,
      faults,
      unsafe: scenario.unsafe,
      stuck: run.stuck,
      screen: run.screen,
      grubenvBefore: expected,
      grubenvAfter: after,
      cpuSeconds: run.cpuSeconds,
      wallSeconds: run.wallSeconds,
    };
    told(`${result.ok ? 'ok ' : 'NOT'} ${scenario.name} (${scenario.layout}): ${result.boots.map((b) => b.kind ?? 'neither').join(', ')}${result.stuck ? ', then stood still' : ''}; ${result.cpuSeconds.toFixed(1)} CPU s, ${result.wallSeconds.toFixed(1)} s${faults.length > 0 ? `: ${faults.join('; ')}` : ''}`);
    return result;
  } finally {
    forget();
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Runs all scenarios, one after the other.
 * @param script the compiled script whose steps write the menu
 * @param told called with one line for each scenario
 * @param hostId the rehearsal host the menu comes from
 */
export async function runGrubScenarios(script: Script, told: (line: string) => void, hostId = 'debian-13'): Promise<GrubScenarioRun[]> {
  const captured = await captureHost(hostId, script);
  const runs: GrubScenarioRun[] = [];
  for (const scenario of SCENARIOS) runs.push(await runGrubScenario(captured, scenario, told));
  return runs;
}

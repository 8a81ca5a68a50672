/** A soak as evidence. */
import type { EvidenceRun } from '../../model/evidence.ts';
import type { Bench } from './bench.ts';
import { cutsOf, soakHeld, soakSummary, type SoakState } from './soak.ts';

/** Phases of the script that a soak goes through; a repair runs where a cut calls for it. */
const SOAKED_PHASES: ReadonlySet<string> = new Set(['preflight', 'upgrade', 'trial', 'verify', 'commit', 'repair']);

/** The boots are those of the machine with the most of them. */
export function soakEvidence(bench: Bench, s: SoakState): EvidenceRun {
  const cuts = cutsOf(s);
  const longest = [...s.machines].sort((a, b) => b.boots.length - a.boots.length || a.machine - b.machine)[0];
  const sum = (key: 'cpuSeconds' | 'wallSeconds'): number => Math.round(s.machines.reduce((n, m) => n + m[key], 0));
  return {
    format_version: 1,
    host: bench.hostId,
    distro: bench.runbook.distro.id,
    lane: 'vm',
    scenario: 'soak/power-cuts',
    layout: s.layout,
    what: 'Power cuts at random instants over the whole way, from the first write of the upgrade to the commit. After each the machine must boot, and going on as the script says must lead to the good end.',
    accel: s.accel,
    seed: s.seed,
    machines: s.machines.length,
    date: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    result: soakHeld(s) ? 'pass' : 'fail',
    kernelBefore: s.kernels.old,
    kernelAfter: longest?.boots.at(-1)?.kernel ?? '',
    cpuSeconds: sum('cpuSeconds'),
    wallSeconds: sum('wallSeconds'),
    real: bench.real,
    standIn: bench.standIn,
    tools: bench.tools,
    script: { version: bench.script.version, sha256: bench.script.sha256 },
    boots: longest?.boots ?? [],
    cuts,
    texts: bench.script.steps.filter((step) => SOAKED_PHASES.has(step.phase)).map(({ id, sha256 }) => ({ id, sha256 })),
    assertions: [
      { words: 'after every cut the machine came up with a working kernel', ok: cuts.every((c) => c.booted !== ''), found: soakSummary(s) },
      { words: 'after every cut the script led on, and every machine came to its good end: the new kernel committed, packages and module indexes whole, no trace of the trial', ok: soakHeld(s), found: `${s.machines.filter((m) => m.ok).length} of ${s.machines.length} machines` },
    ],
    steps: [],
  };
}

/** `npm run lab -- probe`: the probes and demonstrations on booted kernels. */
import { writeEvidence } from '../../src/lab/lane/evidence.ts';
import { DEMOS } from '../../src/lab/probe/demos.ts';
import { isSeries, KERNELS, type KernelSeries } from '../../src/lab/probe/kernels.ts';
import { type LaneOptions, type LaneResult, ProbeLane } from '../../src/lab/probe/lane.ts';
import { vmRequirements } from '../../src/lab/vm/requirements.ts';
import { readVmSpec } from '../../src/lab/vm/vm.ts';
import { runbooks } from '../../src/runbook/project.ts';
import { loadLenient } from './project.ts';
import { VM_HOST } from './scenarios.ts';

const SERIES = Object.keys(KERNELS) as KernelSeries[];

/** What is chosen by names: probes with or without `probe.`, demonstrations as `demo-NAME`, `demos` for all of these; none: everything. */
export function chooseProbes(names: readonly string[]): Pick<LaneOptions, 'probes' | 'demos'> {
  const book = runbooks(loadLenient()).find((r) => r.distro.id === readVmSpec(VM_HOST).distro)!;
  const all = book.steps.filter((s) => s.meta.kind === 'probe');
  if (names.length === 0) return { probes: all, demos: DEMOS };
  const wanted = new Set(names.map((n) => n.replace(/^probe[./]/, '')));
  const probes = all.filter((s) => wanted.delete(s.id.slice('probe.'.length)) || wanted.has('probes'));
  const demos = DEMOS.filter((d) => wanted.delete(d.name.slice('probe/'.length)) || wanted.has('demos'));
  wanted.delete('probes');
  wanted.delete('demos');
  if (wanted.size > 0) throw new Error(`no probe '${[...wanted].join(', ')}'; there are probes, demos, ${[...all.map((s) => s.id), ...DEMOS.map((d) => d.name)].join(', ')}`);
  return { probes, demos };
}

/** Runs them. @throws Error where this machine runs no virtual machines */
export async function askKernels(o: Pick<LaneOptions, 'probes' | 'demos'> & { series?: readonly KernelSeries[] }, told: (line: string) => void): Promise<LaneResult> {
  const { missing } = await vmRequirements();
  if (missing.length > 0) throw new Error(`this machine cannot run them:\n${missing.map((m) => `  ${m.what}: ${m.install}`).join('\n')}`);
  const book = runbooks(loadLenient()).find((r) => r.distro.id === readVmSpec(VM_HOST).distro)!;
  return new ProbeLane(VM_HOST, book, { ...o, series: o.series ?? SERIES }, told).run();
}

/** The command. @returns 0 if all came out as promised */
export async function runProbes(root: string, names: readonly string[], o: { kernel?: string[] | undefined; record?: boolean | undefined }): Promise<number> {
  const chosen = chooseProbes(names);
  const series = (o.kernel ?? SERIES).map((k) => {
    if (!isSeries(k)) throw new Error(`no kernel '${k}'; there are ${SERIES.join(', ')}`);
    return k;
  });
  if (o.record && (names.some((n) => !/^(probe\/)?demo/.test(n)) || (o.kernel !== undefined && names.length > 0))) {
    throw new Error('--record writes whole runs: all probes of a kernel, or demonstrations on all kernels');
  }
  const began = Date.now();
  const r = await askKernels({ ...chosen, series }, (line) => console.log(line));
  for (const run of r.runs.filter((x) => o.record && x.result === 'pass')) {
    // A demonstration shows what differs: on one kernel alone it shows nothing.
    if (run.scenario.startsWith('probe/demo-') && (r.notMeasured.length > 0 || series.length < SERIES.length)) continue;
    console.log(`wrote ${writeEvidence(root, run)}`);
  }
  console.log(`\n${r.runs.filter((x) => x.result === 'pass').length} runs as they must be, ${r.runs.filter((x) => x.result === 'fail').length} not; ${r.notMeasured.length > 0 ? `not measured: ${r.notMeasured.join(', ')}; ` : ''}${r.cpuSeconds} CPU s in ${Math.round((Date.now() - began) / 1000)} s`);
  for (const line of r.wrong) console.log(`NOT  ${line}`);
  return r.wrong.length > 0 ? 1 : 0;
}

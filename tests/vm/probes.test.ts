/** The probes on booted kernels: each says what it promises, and none passes without its input. One boot for each kernel. */
import { describe, expect, test } from 'vitest';
import { askKernels, chooseProbes } from '../../scripts/lib/probes.ts';
import { KERNEL_FOLDER, type KernelSeries, packedKernel } from '../../src/lab/probe/kernels.ts';
import { vmRequirements } from '../../src/lab/vm/requirements.ts';

const { ok, missing } = await vmRequirements();
const why = ok ? '' : ` [skipped: ${missing.map((m) => `${m.what} (${m.install})`).join('; ')}]`;
const has70 = (await packedKernel('7.0')) !== undefined;

describe.skipIf(!ok)(`probes on booted kernels${why}`, () => {
  const ask = async (series: KernelSeries): Promise<void> => {
    const { probes } = chooseProbes(['probes']);
    const r = await askKernels({ probes, demos: [], series: [series] }, (line) => console.log(line));
    expect(r.wrong).toEqual([]);
    expect(r.notMeasured).toEqual([]);
    const [run] = r.runs;
    expect(run!.kernelAfter.startsWith(`${series}.`)).toBe(true);
    expect(run!.result).toBe('pass');
    expect(run!.steps.filter((s) => s.fixture === 'blind').map((s) => s.verdict)).not.toContain('PASS');
    expect(run!.steps.length).toBeGreaterThan(30);
  };
  // Side by side: each is a machine of its own, and the lab lets as many run as there are processors.
  test.concurrent('6.12, which has next to nothing of it', () => ask('6.12'));
  test.concurrent('7.3', () => ask('7.3'));
  test.skipIf(!has70)(`7.0${has70 ? '' : ` [not measured: ${KERNEL_FOLDER} names no folder with it]`}`, { concurrent: true }, () => ask('7.0'));
});

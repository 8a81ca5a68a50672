/**
 * The housekeeping lane: room in a full /boot, and the week after a commit. Hosts that have committed run the repairs as the script
 * runs them, and what is left is read back.
 */
import type { EvidenceStep } from '../../model/evidence.ts';
import type { Runbook } from '../../runbook/select.ts';
import type { Host, HostOps } from '../host.ts';
import { hostInFixture } from './fixture.ts';
import { command, evidenceSteps } from './path.ts';
import type { StageBuilder } from './stage.ts';

export interface HousekeepingRun {
  steps: EvidenceStep[];
  kernelBefore: string;
  kernelAfter: string;
  /** What was not as it had to be, in words. Empty: all held. */
  faults: string[];
}

/** Kernels that dpkg counts as installed, oldest first. */
export async function installedKernels(host: HostOps): Promise<string[]> {
  const r = await host.exec(
    `dpkg-query -W -f '\${db:Status-Status} \${Package}\\n' 'linux-image-[0-9]*' | awk '$1 == "installed" { sub(/^linux-image-/, "", $2); print $2 }' |
      while read -r k; do [ ! -e "/boot/vmlinuz-$k" ] || echo "$k"; done | LC_ALL=C sort -V`,
  );
  return r.stdout.trim().split('\n');
}

/** Runs the repairs on fresh hosts. @param root the project's folder */
export async function runHousekeeping(root: string, stages: StageBuilder, runbook: Runbook, told: (line: string) => void): Promise<HousekeepingRun> {
  const faults: string[] = [];
  const steps: EvidenceStep[] = [];
  const expect = (truth: boolean, words: string): void => {
    if (!truth) faults.push(words);
  };
  const repair = async (host: Host, step: string): Promise<void> => {
    const run = await command(host, `repair ${step} --yes`);
    told(`${step}: status ${run.status}, ${run.report.steps.map((s) => `${s.id} ${s.result}`).join(', ')}`);
    steps.push(...(await evidenceSteps(host, run)));
    expect(run.status <= 1, `${step} ended with ${run.status}: ${run.report.stopped ?? ''}`);
  };
  const onHost = async (host: Host, work: (host: Host, kernels: string[]) => Promise<void>): Promise<void> => {
    try {
      await work(host, await installedKernels(host));
    } finally {
      await host.destroy();
    }
  };
  /** The third kernel is gone with its files, the two others are whole, and the menu does not name it. */
  const onlyThirdGone = async (host: Host, [third, ...kept]: string[]): Promise<void> => {
    expect((await installedKernels(host)).join(' ') === kept.join(' '), `installed: ${(await installedKernels(host)).join(' ')}, not ${kept.join(' ')}`);
    const left = await host.exec(`ls /boot | grep -F -- '-${third}'; ls -d /lib/modules/${third} 2> /dev/null; grep -cF '${third}' /boot/grub/grub.cfg`);
    expect(left.stdout.trim() === '0', `left of ${third}: ${left.stdout.trim()}`);
    for (const k of kept) expect((await host.exec(`[ -s /boot/vmlinuz-${k} ] && [ -s /boot/initrd.img-${k} ]`)).status === 0, `${k} is not whole in /boot`);
  };

  await onHost(await hostInFixture(root, stages, runbook, 'boot-full-third'), async (host, kernels) => {
    await repair(host, 'repair.free-boot');
    await onlyThirdGone(host, kernels);
  });

  let kernels: string[] = [];
  await onHost(await hostInFixture(root, stages, runbook, 'kernel-third'), async (host, installed) => {
    kernels = installed;
    const [, fallback, running] = installed;
    await repair(host, 'repair.release-fallback');
    const manual = (await host.exec(`apt-mark showmanual | grep -F -- '-${fallback}'`)).stdout.trim();
    expect(manual === '', `still marked manual: ${manual}`);
    await repair(host, 'repair.drop-oldest');
    await onlyThirdGone(host, installed);
    const boot = await host.reboot();
    expect(boot.kernel === running, `${boot.kernel} booted in the end, not ${running}`);
  });

  if (stages.script.steps.some((s) => s.id === 'repair.metapackages')) {
    await onHost(await hostInFixture(root, stages, runbook, 'new-purged'), async (host, [old]) => {
      const back = await command(host, 'rollback --yes');
      told(`rollback after a purge by hand: status ${back.status}`);
      steps.push(...(await evidenceSteps(host, back)));
      expect(back.report.steps.some((s) => s.id === 'rollback.metapackage' && s.result === 'FAIL'), 'the rollback does not miss the metapackages');
      await repair(host, 'repair.metapackages');
      expect((await installedKernels(host)).join() === old, `installed: ${(await installedKernels(host)).join(' ')}, not ${old} alone`);
    });
  }
  return { steps, faults, kernelBefore: kernels.at(-1) ?? '', kernelAfter: kernels.at(-1) ?? '' };
}

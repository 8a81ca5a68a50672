/** Made-up runs on virtual machines, as the lab would write them. For tests only; numbers are those of a slow emulated machine. */
import type { EvidenceBoot, EvidenceCut, EvidenceRun, EvidenceStep } from '../../src/model/evidence.ts';
import { sampleRun } from './sample-run.ts';

export const OLD = '6.12.117+deb13-cloud-amd64';
export const NEW = '7.3.4+deb13-cloud-amd64';

/** A boot; without more words it is the old kernel by GRUB's default. */
export const boot = (part: Partial<EvidenceBoot> & Pick<EvidenceBoot, 'cause' | 'atMs'>): EvidenceBoot => ({
  kernel: part.role === 'new' ? NEW : part.role === 'none' ? '' : OLD,
  role: 'old',
  entry: part.role === 'new' ? 'trial' : 'default',
  upMs: null,
  endMs: null,
  words: '',
  ...part,
});

const PANIC_LOG = `[    0.000000] Linux version ${NEW} (debian-kernel@lists.debian.org)
[    6.812301] Run /init as init process
[    8.977410] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100
[    8.977893] CPU: 0 UID: 0 PID: 1 Comm: init Not tainted ${NEW} #1
[    8.981120] ---[ end Kernel panic - not syncing: Attempted to kill init! ]---
[   38.990011] Rebooting in 30 seconds..
`;

export const PANIC_BOOTS: EvidenceBoot[] = [
  boot({ cause: 'power-on', atMs: 0, upMs: 21_000, endMs: 32_000, words: 'the trial was armed' }),
  boot({ cause: 'reboot', atMs: 32_000, role: 'new', endMs: 41_000, words: 'Kernel panic - not syncing: Attempted to kill init!' }),
  boot({ cause: 'panic', atMs: 71_000, upMs: 95_000, words: 'settled: fell-back' }),
];

type Part = Partial<EvidenceRun> & Pick<EvidenceRun, 'scenario' | 'boots'>;

/** A run of the vm lane. `kernelAfter` is that of the last boot. */
export const vmRun = (part: Part): EvidenceRun =>
  sampleRun({
    lane: 'vm',
    host: 'debian-13-vm',
    layout: 'root-ext4',
    accel: 'tcg',
    wallSeconds: 131,
    cpuSeconds: 118.4,
    kernelBefore: OLD,
    kernelAfter: part.boots?.at(-1)?.kernel ?? OLD,
    steps: [],
    real: ['Sample: QEMU, GRUB and both kernels.'],
    standIn: ['Sample: the disk is a file.'],
    assertions: [{ words: 'The old kernel runs.', ok: true, found: OLD }],
    ...part,
  });

const cut = (n: number, atMs: number, during: string, part: Partial<EvidenceCut> = {}): EvidenceCut => ({
  n,
  atMs,
  during,
  booted: OLD,
  ok: true,
  resumed: true,
  words: '',
  ...part,
});

/** Sixty cuts over an upgrade and its trial, at instants that look random and are the same each time. */
export const SOAK_CUTS: EvidenceCut[] = Array.from({ length: 60 }, (_, i) => {
  const at = ((i + 1) * 0.618_034) % 1;
  const half = at < 0.7 ? 'upgrade' : 'trial';
  const atMs = Math.round((half === 'upgrade' ? at : at - 0.7) * 170_000 * (1 + 0.1 * Math.sin(i)));
  const step = half === 'trial' ? (at < 0.76 ? 'trial.judge' : 'old kernel starting') : at < 0.06 ? 'upgrade.pin' : at < 0.55 ? 'upgrade.install' : 'upgrade.modules-indexed';
  return cut(i + 1, atMs, `${half}: ${step}${step === 'upgrade.install' ? ` (${['dpkg', 'mkinitramfs', 'depmod'][i % 3]})` : ''}`, {
    booted: half === 'trial' && i % 3 === 0 ? NEW : OLD,
    words: step === 'upgrade.install' && i % 3 === 2 ? 'repaired with repair.modules-index' : '',
  });
});

/**
 * Runs of every kind: deaths, a refusal, a power cut, a commit, a soak, and one that failed.
 * @param steps of the runbook whose text these runs had
 */
export function sampleVmRuns(distro: string, steps: EvidenceStep[]): Record<string, EvidenceRun> {
  const host = `${distro}-vm`;
  const run = (name: string, part: Part): [string, EvidenceRun] => [`${host}/${name}`, vmRun({ host, distro, steps, ...part })];
  const hang: EvidenceBoot[] = [
    boot({ cause: 'power-on', atMs: 0, upMs: 0, endMs: 35_000, words: 'the trial was armed' }),
    boot({ cause: 'reboot', atMs: 35_000, role: 'new', endMs: 125_000, words: 'the initramfs waited for a disk that never came' }),
    boot({ cause: 'watchdog', atMs: 125_000, upMs: 149_000, words: 'settled: fell-back' }),
  ];
  const verify: EvidenceBoot[] = [
    boot({ cause: 'power-on', atMs: 0, upMs: 21_000, endMs: 33_000, words: 'the trial was armed' }),
    boot({ cause: 'reboot', atMs: 33_000, role: 'new', upMs: 58_000, endMs: 71_000, words: 'verification failed: verify.units' }),
    boot({ cause: 'reboot', atMs: 71_000, upMs: 93_000, words: 'settled: fell-back' }),
  ];
  const refused: EvidenceBoot[] = [
    boot({ cause: 'power-on', atMs: 0, upMs: 23_000, endMs: 36_000, words: 'the trial was armed' }),
    boot({ cause: 'reboot', atMs: 36_000, upMs: 60_000, entry: 'refused', words: 'settled: refused' }),
  ];
  const powerCut: EvidenceBoot[] = [
    boot({ cause: 'power-on', atMs: 0, upMs: 21_000, endMs: 32_000, words: 'the trial was armed' }),
    boot({ cause: 'reboot', atMs: 32_000, role: 'new', upMs: 55_000, endMs: 61_000, words: 'power cut while verify.units ran' }),
    boot({ cause: 'power-cut', atMs: 63_000, upMs: 86_000, words: 'settled: fell-back' }),
  ];
  const path: EvidenceBoot[] = [
    boot({ cause: 'power-on', atMs: 0, upMs: 0, endMs: 194_000, words: 'preflight, upgrade and trial' }),
    boot({ cause: 'reboot', atMs: 194_000, role: 'new', upMs: 219_000, endMs: 251_000, words: 'verified and committed' }),
    boot({ cause: 'reboot', atMs: 251_000, role: 'new', entry: 'default', upMs: 276_000, endMs: 300_000, words: 'rollback begun' }),
    boot({ cause: 'reboot', atMs: 300_000, upMs: 322_000, endMs: 345_000, words: 'rollback finished' }),
    boot({ cause: 'reboot', atMs: 345_000, upMs: 367_000, words: 'the old kernel stays' }),
  ];
  const lost: EvidenceBoot[] = [
    boot({ cause: 'power-on', atMs: 0, upMs: 21_000, endMs: 30_000, words: 'power cut while dpkg unpacked linux-image' }),
    boot({ cause: 'power-cut', atMs: 32_000, role: 'none', words: "GRUB: error: file '/boot/vmlinuz' not found" }),
  ];
  const what = 'The new kernel panics before user space. The old kernel must come back by itself, as the default, and the state must say fell-back.';
  const failing = steps.slice(0, 1).map((s) => ({ ...s, verdict: 'FAIL' as const }));
  return Object.fromEntries([
    run('death-panic', {
      scenario: 'death/panic',
      boots: PANIC_BOOTS,
      what,
      serial: PANIC_LOG,
      steps: [...steps, ...failing],
      assertions: [
        { words: 'The old kernel runs.', ok: true, found: OLD },
        { words: "GRUB's default is the old kernel.", ok: true, found: `saved_entry=gnulinux-advanced-0b8f>gnulinux-${OLD}-advanced-0b8f` },
        { words: 'The state of the upgrade is fell-back.', ok: true, found: 'fell-back' },
        { words: 'systemd dropped no job because of an ordering cycle.', ok: true, found: '' },
      ],
    }),
    run('death-panic-xfs', { scenario: 'death/panic', layout: 'xfs', boots: PANIC_BOOTS, what, date: '2026-11-19T02:00:00Z', cpuSeconds: 92 }),
    run('death-hang-initramfs', { scenario: 'death/hang-initramfs', boots: hang, what: 'The initramfs of the new kernel waits for ever. The hardware watchdog must restart the machine into the old kernel.' }),
    run('death-verify-fails', { scenario: 'death/verify-fails', layout: 'xfs', boots: verify, what: 'A service that ran before does not start on the new kernel. Verification must fail and the old kernel must come back.' }),
    run('storage-guard', { scenario: 'storage/guard', layout: 'lvm', boots: refused, what: 'GRUB cannot write its environment on LVM. The guard of the trial entry must refuse and start the old kernel.' }),
    run('death-power-cut', { scenario: 'death/power-cut', layout: 'boot-ext4', boots: powerCut, what: 'The power goes while the new kernel is on trial. The old kernel must start when it returns.' }),
    run('cut-while-initramfs', { scenario: 'cut/while-initramfs', layout: 'btrfs', boots: lost, result: 'fail', kernelAfter: '', assertions: [{ words: 'A kernel runs.', ok: false, found: 'the prompt of GRUB' }] }),
    run('path-whole-way', { scenario: 'path/whole-way', layout: 'uefi', boots: path, what: 'The whole runbook, from preflight to commit, and back again.' }),
    run('soak-upgrade', {
      scenario: 'soak/upgrade',
      boots: [
        boot({ cause: 'power-on', atMs: 0, upMs: 0, endMs: 41_000, words: 'power cut while dpkg ran' }),
        boot({ cause: 'power-cut', atMs: 42_000, upMs: 66_000, endMs: 158_000, words: 'resumed with repair.modules-index' }),
        boot({ cause: 'reboot', atMs: 158_000, role: 'new', upMs: 184_000, words: 'trial: verified and committed by the judge' }),
      ],
      cuts: SOAK_CUTS,
      seed: 42,
      wallSeconds: 4100,
      cpuSeconds: 5210,
      what: 'The power goes sixty times at random instants of the upgrade. A kernel must come up each time, and the same command must finish the work.',
    }),
  ]);
}

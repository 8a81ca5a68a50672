/** Short titles of the lab's scenarios and their kinds. The sentence below a title comes from the run, where it has one. */

/** Kinds in the order of the table. A kind that is not named here comes last, under its own name. */
export const KIND_TITLES: { readonly [kind: string]: string } = {
  path: 'The way it is meant to go',
  death: 'The new kernel dies, or its checks fail',
  storage: 'Storage to which GRUB cannot write',
  cut: 'The installation is interrupted',
  soak: 'Power cuts at random instants',
  fault: 'Something else is broken on purpose',
  probe: 'A kernel is asked what it has',
};

const TITLES: { readonly [scenario: string]: string } = {
  'path/judged': 'The machine judges its own trial',
  'path/whole-way': 'The whole way and back',
  'path/by-hand': 'Verified and committed by hand',
  'path/nobody-logs-in': 'Nobody verifies in time',
  'path/less-exposed': 'Settings that lower exposure',
  'death/panic': 'Kernel panic',
  'death/init-dies': 'Init dies',
  'death/no-root': 'No root file system',
  'death/initramfs-missing': 'Initramfs missing',
  'death/emergency': 'Emergency mode',
  'death/hang-initramfs': 'Hang in the initramfs',
  'death/hang-late': 'Hang after the start',
  'death/verify-fails': 'Verification fails',
  'death/verify-hangs': 'Verification hangs',
  'death/power-cut': 'Power cut during the trial',
  'storage/guard': 'Guard of the trial entry',
  'cut/menu-written': 'Reset as the menu is written',
  'cut/armed': 'Power cut right after arming',
  'cut/committed': 'Power cut right after the commit',
  'cut/while-initramfs': 'Power cut while the initramfs is made',
  'cut/killed-at-every-step': 'Script killed after each step',
  'cut/boot-full': '/boot fills up',
  'probe/kernel-6-12': 'Linux 6.12, by every probe',
  'probe/kernel-7-0': 'Linux 7.0, by every probe',
  'probe/kernel-7-3': 'Linux 7.3, by every probe',
  'probe/demo-preempt': 'preempt= taken and rejected',
  'probe/demo-io-uring-filter': 'An io_uring operation denied',
  'probe/demo-nullfs': 'Leaving the initramfs',
  'probe/demo-ml-dsa': 'An ML-DSA certificate offered',
  'probe/demo-xfs-self-healing': 'XFS repaired while mounted',
  'probe/demo-erofs-lzma': 'EROFS with LZMA mounted',
  'path/upgrade-and-back': 'The whole way and back',
  'path/back-from-each-state': 'Back from each state',
  'path/a-week-later': 'The week after',
  'path/less-exposed-and-back': 'Settings that lower exposure',
  'fault/mended': 'Faults, and the repairs they point to',
  'fixture/all-checks': 'Every check in every situation',
  'paste/root-bracketed': 'Pasted as root, whole texts',
  'paste/root-line-by-line': 'Pasted as root, line by line',
  'paste/admin-bracketed': 'Pasted with sudo, whole texts',
  'paste/admin-line-by-line': 'Pasted with sudo, line by line',
};

const PASTED = 'Every command of the runbook is typed into a login shell on a terminal, in its order, as you would paste it';

/** What is done in a rehearsal, whose record has no sentence of its own. A machine's run brings its own. */
const SENTENCES: { readonly [scenario: string]: string } = {
  'path/upgrade-and-back': 'The script looks, upgrades, upgrades again (nothing is left to do), boots the new kernel on trial, verifies, commits and stays, then goes back; packages, boot files and default must be those of before, but for a metapackage the archive has no more.',
  'path/back-from-each-state': 'A rollback is run after the preflight, after the upgrade, with the trial armed, during it, after it fell back, and after the commit, each time twice; packages, boot files and default must be those of before, but for a metapackage the archive has no more, and the old kernel boots.',
  'path/a-week-later': 'Room is made in a full /boot; later the protection of the old kernel is given up and the oldest kernel removed, and two that boot remain.',
  'path/less-exposed-and-back': 'Each setting that lowers exposure is made, read back, made a second time without effect, and taken back.',
  'fault/mended': 'Something is broken on purpose, the check names it, the repair it points to is run by the script, and the check is asked again.',
  'fixture/all-checks': 'Hosts are brought into each situation a check names: healthy ones, broken ones, and ones in which its inputs are gone. It must give the verdict it promises.',
  'paste/root-bracketed': `${PASTED}: by root, each text in one piece (bracketed paste).`,
  'paste/root-line-by-line': `${PASTED}: by root, in a terminal without bracketed paste, where each line runs as it arrives.`,
  'paste/admin-bracketed': `${PASTED}: by a user with sudo and a German locale, each text in one piece (bracketed paste).`,
  'paste/admin-line-by-line': `${PASTED}: by a user with sudo and a German locale, where each line runs as it arrives.`,
};

/** What a run does, in a sentence: its own, or that of its scenario. */
export const scenarioSentence = (run: { scenario: string; what?: string | undefined }): string | undefined => run.what ?? SENTENCES[run.scenario];

/** Title of a scenario; one that is new here is named after itself: `fault/disk-slow` → `Disk slow`. */
export function scenarioTitle(scenario: string): string {
  const words = scenario.slice(scenario.indexOf('/') + 1).replaceAll('-', ' ');
  return TITLES[scenario] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

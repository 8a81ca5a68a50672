/** Short titles of the lab's scenarios and their kinds. The sentence below a title comes from the run itself. */

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
};

/** Title of a scenario; one that is new here is named after itself: `fault/disk-slow` → `Disk slow`. */
export function scenarioTitle(scenario: string): string {
  const words = scenario.slice(scenario.indexOf('/') + 1).replaceAll('-', ' ');
  return TITLES[scenario] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

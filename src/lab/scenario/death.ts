/** Ways in which a trial can die. Each trap works in the trial only: it looks for the trial's marker, or lies in its entry. */
import type { Scene } from './scene.ts';
import type { Scenario } from './types.ts';

/** A unit that runs shell in the trial only. */
function unit(name: string, o: { after?: string; by: string; before?: string; exec: string }): string {
  const lines = [
    '[Unit]', 'DefaultDependencies=no', ...(o.after ? [`After=${o.after}`] : []), ...(o.before ? [`Before=${o.before}`] : []),
    '[Service]', 'Type=oneshot', 'RemainAfterExit=yes', `ExecStart=/bin/sh -c 'grep -q trialboot.trial= /proc/cmdline || exit 0; ${o.exec}'`,
    '[Install]', `RequiredBy=${o.by}`,
  ];
  const file = `/etc/systemd/system/${name}.service`;
  return `printf '%s\\n' ${lines.map((l) => `'${l.replaceAll("'", `'\\''`)}'`).join(' ')} > ${file} && systemctl -q enable ${name}.service`;
}

/** The file with the trial entry: below /boot/grub or /boot/grub2. */
const TRIAL = '/boot/grub*/custom.cfg';

/** Adds words to the new kernel's command line in the trial entry. */
const cmdline = (words: string): string => `sed -i 's|^\\( *if linux.*\\); then$|\\1 ${words}; then|' ${TRIAL} && grep -q '${words.replaceAll('.', '\\.')}; then' ${TRIAL}`;

interface Death {
  name: string;
  what: string;
  short?: true;
  /** Its trap is one for machines with initramfs-tools. */
  debian?: true;
  /** Lays the trap on the armed machine. */
  trap: string;
  /** What is said of the trial's boot. */
  words: string;
  /** The reason that status must give. */
  reason: RegExp;
  /** Why the boot after the trial happened, as the lab saw it. */
  cause?: 'panic' | 'watchdog' | 'reboot';
  options?: string;
  /** Something only this death leaves behind. */
  also?(s: Scene): Promise<void>;
}

const DEATHS: readonly Death[] = [
  {
    name: 'panic',
    what: 'The new kernel panics while services start. It restarts itself after ten seconds, into the old one.',
    short: true,
    trap: unit('lab-trap', { after: 'local-fs.target systemd-journald.service', by: 'multi-user.target', exec: 'echo c > /proc/sysrq-trigger' }),
    words: 'kernel panic while services start',
    reason: /failed: kernel panic: /,
    cause: 'panic',
    async also(s) {
      const record = await s.try("grep -c 'sysrq: Trigger a crash' /var/lib/trialboot/fell-back/pstore");
      s.expect('the kernel\'s last words survived in pstore and are kept', Number(record.stdout) > 0, record.stdout + record.stderr);
      const message = await s.sh('cat /etc/motd.d/trialboot');
      s.expect('the next login is told', /failed: kernel panic: .*; running 6\./.test(message), message);
    },
  },
  {
    name: 'init-dies',
    what: 'The first program of the new kernel ends at once: "Attempted to kill init".',
    trap: cmdline('init=/usr/bin/false'),
    words: 'kernel panic: init ended',
    reason: /failed: kernel panic: Attempted to kill init/,
    cause: 'panic',
  },
  {
    name: 'no-root',
    what: 'The new kernel does not find its root file system. The initramfs gives up and restarts, because panic= is set.',
    short: true,
    trap: `sed -i '/^ *if linux/s|root=[^ ]*|root=UUID=00000000-dead-4ead-8ead-000000000000|' ${TRIAL} && grep -q 00000000-dead ${TRIAL}`,
    words: 'no root file system; the initramfs restarts',
    reason: /failed: it left no journal: /,
    cause: 'reboot',
  },
  {
    name: 'initramfs-missing',
    what: 'The initramfs of the new kernel is gone when GRUB wants it. GRUB takes the old kernel in the same moment.',
    trap: 'rm /boot/init*-"$(cat /var/lib/trialboot/kernel.new)"*',
    words: '',
    reason: /failed: GRUB refused it: /,
  },
  {
    name: 'emergency',
    what: 'The new kernel ends up in emergency mode, because a local file system does not come. It does not wait for a console.',
    trap: unit('lab-trap', { by: 'local-fs.target', before: 'local-fs.target', exec: 'exit 1' }),
    words: 'emergency mode',
    reason: /failed: it ended in emergency mode: /,
    cause: 'reboot',
  },
  {
    name: 'hang-initramfs',
    debian: true,
    what: 'The new kernel hangs in its initramfs without a panic. The watchdog that the second initrd armed resets the machine.',
    trap: [
      'd=$(mktemp -d) && mkdir -p "$d/conf/conf.d" && echo "while :; do sleep 1000; done" > "$d/conf/conf.d/zz-lab-hang"',
      '(cd "$d" && find . -mindepth 1 | cpio -o -H newc --quiet) >> /boot/trialboot.cpio && rm -r "$d"',
    ].join(' && '),
    words: 'hangs in the initramfs; the watchdog resets the machine',
    reason: /failed: it left no journal: /,
    cause: 'watchdog',
  },
  {
    name: 'hang-late',
    what: 'The new kernel stops dead after the start, without restarting itself. systemd no longer feeds the watchdog, which resets the machine.',
    trap: unit('lab-trap', { after: 'local-fs.target systemd-journald.service', by: 'multi-user.target', exec: 'echo 0 > /proc/sys/kernel/panic; sleep 2; echo c > /proc/sysrq-trigger' }),
    words: 'stops dead; the watchdog resets the machine',
    reason: /failed: kernel panic: /,
    cause: 'watchdog',
  },
  {
    name: 'verify-fails',
    what: 'The network service, which worked before, fails under the new kernel. The judge waits for it in vain, and goes back.',
    short: true,
    trap: "mkdir -p /etc/systemd/system/systemd-networkd.service.d && printf '%s\\n' '[Service]' \"ExecStartPre=/bin/sh -c '! grep -q trialboot.trial= /proc/cmdline'\" > /etc/systemd/system/systemd-networkd.service.d/lab-trap.conf",
    words: 'verification failed: the network service does not run',
    reason: /failed: verification failed: verify\./,
    cause: 'reboot',
    options: '--within 2m',
    async also(s) {
      const verdict = await s.sh('cat /var/lib/trialboot/verdict; grep -c verify.units /var/lib/trialboot/journal.jsonl');
      s.expect('the verdict of the judge is kept', /^verification failed: verify\./.test(verdict), verdict);
    },
  },
  {
    name: 'verify-hangs',
    what: 'The verification itself hangs: no verdict ever comes. The time limit ends the trial.',
    trap: "printf '%s\\n' '#!/bin/sh' 'grep -q trialboot.trial= /proc/cmdline && exec sleep infinity' 'exec /usr/bin/timeout \"$@\"' > /usr/local/bin/timeout && chmod 755 /usr/local/bin/timeout",
    words: 'the verification hangs; time is up',
    reason: /failed: it was not committed within its time limit/,
    cause: 'reboot',
    options: '--within 90s',
    async also(s) {
      await s.sh('rm /usr/local/bin/timeout');
    },
  },
];

export const DEATH: readonly Scenario[] = [
  ...DEATHS.map((d): Scenario => ({
    name: `death/${d.name}`,
    what: d.what,
    start: 'upgraded',
    layouts: ['root-ext4'],
    ...(d.short ? { short: true } : {}),
    ...(d.debian ? {} : { rhel: true as const }),
    async play(s) {
      await s.arm(d.options);
      await s.sh(`${d.trap} && systemctl daemon-reload`);
      await s.restart();
      if (d.cause === undefined) {
        await s.up(2);
        s.expect('GRUB refused the trial and took the old kernel at once', s.entry(2) === 'refused', s.vm.boots[1]?.cmdline ?? '');
      } else {
        await s.kernelUp(2);
        await s.up(3);
        // Asked only now: a kernel shows its command line some time after its banner.
        s.expect('the new kernel was started by the trial entry', s.role(2) === 'new' && s.entry(2) === 'trial', s.bootLine());
        s.words.set(2, d.words);
        s.expect(`the trial ended by ${d.cause}`, s.vm.boots[2]?.cause === d.cause, s.bootLine());
      }
      await s.stage('fell-back');
      if (d.also) await d.also(s);
      await s.settled({ kernel: 'old', boots: d.cause === undefined ? ['old', 'old'] : ['old', 'new', 'old'], status: d.reason });
    },
  })),
  {
    name: 'death/power-cut',
    what: 'The power goes while the new kernel starts on trial, and comes back. GRUB had forgotten the choice before it started that kernel.',
    start: 'upgraded',
    layouts: ['root-ext4'],
    short: true,
    rhel: true,
    async play(s) {
      await s.trial();
      await s.kernelUp(2);
      await s.vm.powerCut();
      s.words.set(2, 'power cut while the trial starts');
      await s.vm.powerOn();
      await s.up(3);
      await s.stage('fell-back');
      await s.settled({ kernel: 'old', boots: ['old', 'new', 'old'], status: /failed: it left no journal: / });
    },
  },
];

/** Interruptions of the installation: power cuts, a killed script, a full /boot. Each goes on to the good end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SCRIPT_PATH } from '../lane/stage.ts';
import { resume } from './resume.ts';
import type { Scene } from './scene.ts';
import type { Scenario } from './types.ts';

/** Starts a command of the script in the background of the machine; its lines go to /root/lab.log. */
export const inBackground = (s: Scene, words: string): Promise<string> =>
  s.sh(`setsid bash ${SCRIPT_PATH} ${words} < /dev/null > /root/lab.log 2>&1 & echo $! > /run/lab.pid; sleep 0.1; cat /run/lab.pid`);

/** Every exit status of the script. */
const ANY = [0, 1, 2, 3];

/** Waits until shell in the machine ends with 0. */
async function poll(s: Scene, what: string, test: string, timeoutMs = 600_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while ((await s.try(test)).status !== 0) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${timeoutMs / 1000} s\n${(await s.try('tail -n 20 /root/lab.log')).stdout}`);
    await sleep(100);
  }
}

/** From a machine that has been interrupted and runs the old kernel: to the committed new one. `boots` so far. */
async function toTheGoodEnd(s: Scene, boots: number): Promise<void> {
  await s.trial();
  await s.up(boots + 1);
  await s.stage('committed');
  s.words.set(boots + 1, 'trial: verified and committed by the judge');
}

export const CUT: readonly Scenario[] = [
  {
    name: 'cut/while-initramfs',
    what: 'The power goes while the initramfs of the new kernel is made. The module indexes made before are empty afterwards, and dpkg calls it a success; the script sees and mends it.',
    start: 'prepared',
    layouts: ['root-ext4', 'xfs'],
    async play(s) {
      await inBackground(s, 'upgrade --yes');
      // By its name alone: with -f, pgrep finds the shell that asks.
      await poll(s, 'mkinitramfs', 'pgrep -x mkinitramfs > /dev/null');
      await sleep(2000);
      await s.vm.powerCut();
      s.words.set(1, 'power cut while the initramfs of the new kernel is made');
      await s.vm.powerOn();
      await s.up(2);
      s.expect('the old kernel runs', s.role(2) === 'old', s.bootLine());
      const dir = `/usr/lib/modules/${s.newKernel}`;
      const empty = await s.try(`ls ${dir} && find ${dir} -maxdepth 1 -name 'modules.*' -size 0 -printf '%f '`);
      s.told(`note  after the cut, empty in ${dir}: ${empty.stdout.split('\n').at(-1) || 'nothing'}`);
      const naive = await s.try('DEBIAN_FRONTEND=noninteractive dpkg --configure -a; echo "status $?"; dpkg --audit', 900_000);
      const sizes = (await s.try(`for f in modules.dep modules.dep.bin; do stat -c %s ${dir}/$f 2> /dev/null || echo no; done`)).stdout.trim().split('\n');
      const dep = sizes.join(' and ');
      const indexed = sizes.every((size) => Number(size) > 0);
      s.expect('dpkg --configure -a alone reports success', naive.stdout.trimEnd().endsWith('status 0'), naive.stdout.slice(-300));
      s.told(`note  after dpkg --configure -a, modules.dep and modules.dep.bin have ${dep} bytes`);
      const whole = await s.check('upgrade.modules-indexed');
      s.expect('the script does not take that for a success where it is none', indexed !== whole.startsWith('FAIL'), `${dep} bytes; ${whole}`);
      const repairs = await resume((words) => s.command(words, ANY));
      s.words.set(2, `resumed${repairs.length > 0 ? ` with ${repairs.join(', ')}` : ''}`);
      await s.expectCheck('upgrade.modules-indexed', 'the module indexes are whole at last');
      await s.expectCheck('upgrade.initramfs-complete', 'the initramfs is complete at last');
      await toTheGoodEnd(s, 2);
      await s.settled({ kernel: 'new', boots: ['old', 'old', 'new'], status: /is the default since the commit/ });
    },
  },
  {
    name: 'cut/menu-written',
    what: 'The machine is reset in the moment in which apt has written the menu that names the new kernel, before anything is flushed. It boots the old kernel and goes on.',
    start: 'prepared',
    layouts: ['root-ext4', 'xfs'],
    async play(s) {
      // The machine resets itself: the lab could not be quick enough. What is only in memory is lost, as in a power cut.
      await s.sh(`setsid bash -c 'until grep -q gnulinux-${s.newKernel}-advanced- /boot/grub/grub.cfg; do sleep 0.05; done; echo b > /proc/sysrq-trigger' < /dev/null > /dev/null 2>&1 &`);
      await inBackground(s, 'upgrade --yes');
      await s.until('the reset', () => s.vm.boots.length === 2, 900_000);
      s.words.set(1, 'reset in the moment in which apt has written the menu');
      await s.up(2);
      s.expect('the old kernel runs, by the ordinary way', s.role(2) === 'old' && s.entry(2) === 'default', s.bootLine());
      const repairs = await resume((words) => s.command(words, ANY));
      s.words.set(2, `resumed${repairs.length > 0 ? ` with ${repairs.join(', ')}` : ''}`);
      await toTheGoodEnd(s, 2);
      await s.settled({ kernel: 'new', boots: ['old', 'old', 'new'], status: /is the default since the commit/ });
    },
  },
  {
    name: 'cut/armed',
    what: 'The power goes right after the trial was armed, instead of an orderly restart. GRUB sees all of what was armed or nothing: the new kernel is started by the guarded entry, or not at all.',
    start: 'upgraded',
    layouts: ['root-ext4', 'xfs', 'uefi'],
    async play(s) {
      await s.arm();
      await s.vm.powerCut();
      s.words.set(1, 'power cut right after the trial was armed');
      await s.vm.powerOn();
      await s.up(2);
      const safe = s.role(2) === 'old' || s.entry(2) === 'trial';
      s.expect('the new kernel runs by the guarded entry, or the old one runs', safe, `${s.bootLine()}; ${s.vm.boots[1]?.cmdline ?? ''}`);
      if (s.role(2) === 'new') {
        await s.stage('committed');
        await s.settled({ kernel: 'new', boots: ['old', 'new'], status: /is the default since the commit/ });
      } else {
        await s.stage('fell-back');
        await s.settled({ kernel: 'old', boots: ['old', 'old'], status: /failed: it was not started/ });
      }
    },
  },
  {
    name: 'cut/committed',
    what: 'The power goes right after the commit. The new kernel is the default and boots again.',
    start: 'upgraded',
    layouts: ['root-ext4', 'xfs'],
    async play(s) {
      await s.trial();
      await s.up(2);
      await s.stage('committed');
      await s.vm.powerCut();
      s.words.set(2, 'trial: verified and committed by the judge; power cut right after it');
      await s.vm.powerOn();
      await s.up(3);
      await s.settled({ kernel: 'new', boots: ['old', 'new', 'new'], status: /is the default since the commit/ });
    },
  },
  {
    name: 'cut/killed-at-every-step',
    what: 'The script is killed after each of its steps and started again, through the whole upgrade. No kill changes what the machine would boot.',
    start: 'prepared',
    layouts: ['root-ext4'],
    async play(s) {
      let kills = 0;
      for (let last = ''; ; kills += 1) {
        await s.sh('rm -f /root/lab.log');
        const before = (await s.sh("grep -c '\"event\":\"step\"' /var/lib/trialboot/journal.jsonl")).trim();
        await inBackground(s, 'upgrade --yes');
        // The kill comes after as many steps as there were kills, and one more.
        const r = await s.try(
          [
            `pid=$(cat /run/lab.pid); want=$((${before} + ${kills} + 1)); n=0`,
            // tail waits for the file to change; asking again and again would take the one processor from the script.
            'tail --pid=$pid -s 1 -n +1 -F /var/lib/trialboot/journal.jsonl 2> /dev/null | while read -r line; do',
            `case $line in *'"event":"step"'*) n=$((n + 1)); [ $n -lt $want ] || { kill -9 -- -$pid; echo killed; break; } ;; esac`,
            'done',
            'sleep 0.2; pkill -9 -s $pid; tail -n 1 /root/lab.log',
          ].join('\n'),
          1_200_000,
        );
        if (!r.stdout.startsWith('killed')) break;
        last = r.stdout.trim().split('\n').at(-1) ?? '';
        const found = await s.check('rollback.default-is-old');
        const menu = await s.try("grep -c '^menuentry' /boot/grub/grub.cfg");
        if (!found.startsWith('PASS') || Number(menu.stdout) < 1) s.expect(`killed after step ${kills + 1} (${last}): the machine would still boot the old kernel`, false, found);
        // dpkg may have been killed with it; the script says how to go on.
        if ((await s.check('upgrade.packages-clean')).startsWith('FAIL upgrade')) await s.try('dpkg --configure -a', 900_000);
        if (kills > 40) throw new Error('the upgrade does not come to its end');
      }
      s.expect('the script was killed after each step of the upgrade', kills >= 15, `${kills} kills`);
      await resume((words) => s.command(words, ANY));
      s.words.set(1, `upgrade, killed ${kills} times and started again`);
      await toTheGoodEnd(s, 1);
      await s.settled({ kernel: 'new', boots: ['old', 'new'], status: /is the default since the commit/ });
    },
  },
  {
    name: 'cut/boot-full',
    what: '/boot fills up in the middle of the installation. The upgrade stops and says so; with room made, it goes on to the good end.',
    start: 'prepared',
    layouts: ['boot-ext4'],
    async play(s) {
      // Preflight has found enough room; somebody else takes it while apt unpacks.
      await inBackground(s, 'upgrade --yes');
      // A step before asks dpkg to compare versions; what is waited for is the installation's own.
      await poll(s, 'dpkg', `grep -q '"event":"begin","step":"upgrade.install"' /var/lib/trialboot/journal.jsonl && pgrep -x dpkg > /dev/null`);
      await s.try('fallocate -l "$(df --output=avail -B1 /boot | tail -n 1)" /boot/lab-filler || cat /dev/zero > /boot/lab-filler');
      await poll(s, 'the end of the upgrade', 'sh -c "! kill -0 $(cat /run/lab.pid) 2> /dev/null"', 900_000);
      const log = (await s.try('tail -n 5 /root/lab.log')).stdout;
      s.expect('the upgrade stopped, whatever apt said', /stopped: /.test(log), log);
      await s.expectCheck('rollback.default-is-old', 'the old kernel is still the default');
      await s.restart();
      await s.up(2);
      s.expect('the old kernel boots with /boot full', s.role(2) === 'old', s.bootLine());
      await s.sh('rm /boot/lab-filler');
      s.words.set(1, '/boot fills up while apt installs');
      const repairs = await resume((words) => s.command(words, ANY));
      s.words.set(2, `room made, resumed with ${repairs.join(', ') || 'nothing'}`);
      await toTheGoodEnd(s, 2);
      await s.settled({ kernel: 'new', boots: ['old', 'old', 'new'], status: /is the default since the commit/ });
    },
  },
];

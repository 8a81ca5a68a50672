/** Storage that GRUB can read and cannot write: the guard, and the way by hand. */
import type { Scenario } from './types.ts';

export const STORAGE: readonly Scenario[] = [
  {
    name: 'storage/guard',
    what: 'The one-time choice is forced where GRUB cannot forget it. The guard takes the old kernel, at every boot, until the choice is taken back.',
    start: 'upgraded',
    layouts: ['lvm', 'btrfs'],
    async play(s) {
      const armed = await s.arm();
      const line = armed.report.steps.find((x) => x.id === 'trial.armed')?.line ?? '';
      s.expect('nothing is armed by itself; the script says how to go on by hand', /by hand/.test(line), line);
      // Against the script's advice. The settle unit would take the choice back after the first boot: what GRUB does is asked here.
      await s.sh('systemctl -q disable trialboot-settle.service 2>&1; grub-reboot trialboot-trial && sync');
      for (const n of [2, 3]) {
        await s.restart();
        await s.up(n);
        s.expect(`boot ${n}: the guard refused, the old kernel runs`, s.role(n) === 'old' && s.entry(n) === 'refused', s.vm.boots[n - 1]?.cmdline ?? '');
        s.words.set(n, 'GRUB cannot write here: refused by the guard');
      }
      const env = await s.sh('cat /boot/grub/grubenv');
      s.expect('GRUB could not forget the choice: next_entry is still set', env.includes('next_entry=trialboot-trial'), env.replaceAll('#', ''));
      await s.sh('bash /var/lib/trialboot/script settle');
      await s.settled({ kernel: 'old', boots: ['old', 'old', 'old'], status: /failed: GRUB refused it: / });
      await s.restart();
      await s.up(4);
      s.expect('with the choice taken back, the next boot is an ordinary one', s.role(4) === 'old' && s.entry(4) === 'default', s.vm.boots[3]?.cmdline ?? '');
    },
  },
];

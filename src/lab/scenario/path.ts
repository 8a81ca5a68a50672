/** Trials that end well, and the way back from them. */
import { footprint } from '../lane/footprint.ts';
import type { Scene } from './scene.ts';
import type { Scenario } from './types.ts';

/** Arms, restarts into the trial, and waits until the judge has committed it: boots 1 (old) and 2 (new). */
async function judged(s: Scene): Promise<void> {
  await s.trial();
  await s.up(2);
  await s.stage('committed');
}

export const PATH: readonly Scenario[] = [
  {
    name: 'path/judged',
    what: 'The new kernel boots on trial, its judge verifies and commits it without anybody, and the boot after that stays with it.',
    start: 'upgraded',
    rhel: true,
    layouts: ['root-ext4', 'boot-ext4', 'xfs', 'uefi'],
    short: true,
    async play(s) {
      await judged(s);
      s.words.set(2, 'trial: verified and committed by the judge');
      const message = await s.sh('cat /etc/motd.d/trialboot');
      s.expect('the next login is told', message.includes('passed its trial'), message);
      const report = await s.sh('cat /var/lib/trialboot/report.json');
      s.expect('the last report is the one of the commit', /"command": "commit"/.test(report) && /"status": "(pass|warn)"/.test(report), report.slice(0, 300));
      await s.restart();
      await s.up(3);
      s.words.set(3, 'stays with the new kernel');
      await s.settled({ kernel: 'new', boots: ['old', 'new', 'new'], status: /is the default since the commit/ });
    },
  },
  {
    name: 'path/whole-way',
    what: 'Preflight, upgrade (twice: the second time changes nothing), trial, commit by the judge, and the rollback of all that: the machine is as it was.',
    start: 'prepared',
    layouts: ['root-ext4'],
    async play(s) {
      const before = await footprint(s.vm);
      await s.command('preflight');
      await s.command('upgrade --yes');
      const once = await footprint(s.vm);
      const second = await s.command('upgrade --yes');
      s.words.set(1, 'preflight, upgrade, upgrade again');
      s.expect('the second upgrade changed nothing', (await footprint(s.vm)) === once, second.report.steps.filter((x) => x.kind === 'action').map((x) => `${x.id}: ${x.line}`).join('; '));
      await judged(s);
      s.words.set(2, 'trial: verified and committed by the judge, then rollback');
      const half = await s.command('rollback --yes', [2]);
      s.expect('the rollback asks for a reboot before it removes the running kernel', half.report.stopped?.startsWith('rollback.old-running') ?? false, half.report.stopped ?? '');
      await s.restart();
      await s.up(3);
      await s.command('rollback --yes');
      s.words.set(3, 'rollback finished: the new kernel is removed');
      const after = await footprint(s.vm);
      s.expect('packages, marks, boot files, menu rule and environment are those of before', after === before, difference(before, after) || 'no difference');
      await s.restart();
      await s.up(4);
      await s.settled({ kernel: 'old', boots: ['old', 'new', 'old', 'old'], status: /^rolled back to/ });
    },
  },
  {
    name: 'path/by-hand',
    what: 'As who pastes it: no unit judges the trial; it is verified and committed by hand after the boot.',
    start: 'upgraded',
    rhel: true,
    layouts: ['root-ext4'],
    async play(s) {
      await s.trial('--skip trial.judge --skip trial.judge-ready');
      await s.up(2);
      // Only waits for the end of the start; "degraded" is for verify to judge.
      await s.sh('timeout 120 systemctl is-system-running --wait || true', 180_000);
      const units = (await s.try('ls /etc/systemd/system | grep trialboot')).stdout;
      s.expect('no unit of ours is on the machine', units === '', units);
      await s.command('verify');
      await s.command('commit --yes');
      s.words.set(2, 'trial: verified and committed by hand');
      await s.restart();
      await s.up(3);
      await s.settled({ kernel: 'new', boots: ['old', 'new', 'new'], status: /is the default since the commit/ });
    },
  },
  {
    name: 'path/nobody-logs-in',
    what: 'An attended trial that nobody verifies: when its time is up, the machine goes back by itself.',
    start: 'upgraded',
    rhel: true,
    layouts: ['root-ext4'],
    async play(s) {
      await s.trial('--attended --within 90s');
      await s.up(2);
      await s.up(3);
      s.words.set(2, 'trial: nobody verified it; time is up after 90 s');
      await s.stage('fell-back');
      await s.settled({ kernel: 'old', boots: ['old', 'new', 'old'], status: /failed: it was not committed within its time limit; running/ });
    },
  },
  {
    name: 'path/less-exposed',
    what: 'User namespaces, seven modules and io_uring are shut as the guide shows: an ordinary user is refused, also after a restart, and everything works again after the way back.',
    start: 'prepared',
    layouts: ['root-ext4'],
    async play(s) {
      const module = (await s.sh('for m in algif_aead esp4 esp6 rxrpc rds sctp tipc; do modprobe -n -q "$m" && { echo "$m"; break; }; done')).trim();
      const doors = async (open: boolean, when: string): Promise<void> => {
        for (const [what, attempt] of [
          ['a user namespace', `${NOBODY} unshare --user true`],
          // io_uring_setup(2) by its number; a descriptor, or -1.
          ['an io_uring', `${NOBODY} perl -e 'my $p = "\\0" x 120; exit(syscall(425, 8, $p) < 0)'`],
          [`the module ${module}`, `modprobe ${module}`],
        ] as const) {
          const r = await s.try(attempt);
          s.expect(`${when}: ${what} is ${open ? 'given' : 'refused'}`, (r.status === 0) === open, `status ${r.status} ${r.stderr}`);
        }
        await s.try(`modprobe -r ${module}`);
      };
      await doors(true, 'before');
      for (const step of ['harden.userns', 'harden.modules', 'harden.io-uring']) await s.command(`harden ${step} --yes`);
      await doors(false, 'set');
      s.words.set(1, 'user namespaces, modules and io_uring are shut');
      await s.restart();
      await s.up(2);
      // The settings are applied by a unit of the start.
      await s.try('timeout 120 systemctl is-system-running --wait', 180_000);
      await doors(false, 'after a restart');
      await s.command('harden harden.undo --yes');
      await doors(true, 'taken back');
      s.words.set(2, 'still shut, then taken back');
      const failed = (await s.sh('systemctl --failed --plain --no-legend')).trim();
      s.expect('no unit failed', failed === '', failed);
    },
  },
];

/** An ordinary user, without a login. */
const NOBODY = 'setpriv --reuid 65534 --regid 65534 --clear-groups';

/** Lines that only one of two texts has. */
function difference(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  return [...a.filter((l) => !b.includes(l)).map((l) => `- ${l}`), ...b.filter((l) => !a.includes(l)).map((l) => `+ ${l}`)].join('\n');
}

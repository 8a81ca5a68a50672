/** Going on with an upgrade from wherever a machine stands, by what the script says and nothing else, until the power is cut. */
import { setTimeout as sleep } from 'node:timers/promises';
import { command, type CommandRun } from '../lane/path.ts';
import { detached } from '../vm/detached.ts';
import { VmGone } from '../vm/vm.ts';
import { findings, resume } from './resume.ts';
import type { Scene } from './scene.ts';

/** How long a machine may take to be quiet after a boot, or to be judged. */
const CALM_MS = 600_000;

/** What the machine was doing: the step of the newest line of the journal, and the programs that say more. */
const DURING = `tail -n 1 /var/lib/trialboot/journal.jsonl | sed -n 's/.*"event":"\\([a-z-]*\\)"\\(,"step":"\\([a-z0-9.-]*\\)"\\)\\{0,1\\}.*/\\1 \\3/p'
pgrep -lx 'dpkg|mkinitramfs|update-initramf|depmod|grub-mkconfig|sync|apt-get|linux-run-hooks' 2> /dev/null | awk '{ print $2 }' | sort -u | xargs`;

const stepWords = (out: string): string => {
  const [step = '', programs = ''] = out.trim().split('\n');
  return `${step.replace(/^begin /, '').replace(/^step (.*)$/, 'after $1').trim() || 'before the first step'}${programs ? ` (${programs})` : ''}`.slice(0, 200);
};

/**
 * Waits until the machine has started whole and no unit of the trial works on it.
 * @param go throws when nobody wants to know any more
 * @returns the word of its stage, which may be empty
 */
async function calm(s: Scene, go: () => void): Promise<string> {
  const end = Date.now() + CALM_MS;
  for (;;) {
    go();
    try {
      const r = await detached(s.vm).exec(
        'timeout 240 systemctl is-system-running --wait > /dev/null; systemctl is-active -q trialboot-judge.service trialboot-settle.service && echo busy; cat /var/lib/trialboot/stage 2> /dev/null',
      );
      if (!r.stdout.startsWith('busy')) return r.stdout.trim();
    } catch (error) {
      // It may restart at any moment: that is what a trial does that does not pass.
      if (!(error instanceof VmGone)) throw error;
      await sleep(500);
      go();
      await s.up(s.vm.boots.length);
    }
    if (Date.now() > end) throw new Error(`the machine does not come to rest\n${(await s.status())}`);
    await sleep(500);
  }
}

/** The way of one machine until the next cut: what is being done, and since when. */
export class Way {
  readonly s: Scene;
  doing = 'upgrade';
  since = Date.now();
  readonly repairs: string[] = [];
  #over = false;

  constructor(s: Scene) {
    this.s = s;
  }

  begin(doing: string): void {
    if (doing !== this.doing) this.since = Date.now();
    this.doing = doing;
  }

  /** The power is cut: whatever goes on here must not touch the machine any more. */
  stop(): void {
    this.#over = true;
  }

  readonly #go = (): void => {
    if (this.#over) throw new Error('cut off');
  };

  readonly command = (words: string): Promise<CommandRun> => {
    this.#go();
    return command(detached(this.s.vm), words, 1_500_000);
  };

  /** Goes on until the new kernel is committed, by what the script says of the machine's stage and nothing else. */
  async toTheEnd(): Promise<void> {
    for (let tries = 0; tries < 8; tries += 1) {
      const stage = await calm(this.s, this.#go);
      this.#go();
      if (stage === 'committed') return;
      if (stage === 'installed' || stage === 'fell-back') {
        this.begin('trial');
        const boots = this.s.vm.boots.length;
        const armed = await this.command('trial --yes --skip trial.reboot');
        if (armed.status > 1 && /run upgrade again/.test(armed.report.stopped ?? '')) {
          // The power went between the last step of the upgrade and the word that it passed.
          this.begin('upgrade');
          await resume(this.command, this.repairs);
          continue;
        }
        if (armed.status > 1) throw new Error(`trial stops: ${armed.report.stopped ?? ''}\n${findings(armed)}`);
        this.#go();
        await this.s.restart();
        this.#go();
        await this.s.up(boots + 1);
      } else if (stage === '' || stage === 'prepared' || stage === 'installing') {
        this.begin('upgrade');
        await resume(this.command, this.repairs);
      } else throw new Error(`nobody knows how to go on from stage '${stage}': ${await this.s.status()}`);
    }
    throw new Error(`the machine does not come to the end: ${await this.s.status()}`);
  }

  /** What is being done now, for the record of a cut. A machine that is just restarting answers nobody. */
  async during(): Promise<string> {
    const { s } = this;
    const words = await Promise.race([
      s.try(DURING, 4000).then((r) => (r.status === 124 ? '' : stepWords(r.stdout)), () => ''),
      sleep(4000).then(() => ''),
    ]);
    return `${this.doing}: ${words || (s.role(s.vm.boots.length) === 'none' ? 'firmware or GRUB' : `${s.role(s.vm.boots.length)} kernel starting or stopping`)}`;
  }
}

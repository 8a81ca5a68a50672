/** One scenario while it runs on one machine: what it does to the machine, and what it reads back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EvidenceAssertion, EvidenceStep } from '../../model/evidence.ts';
import { Report } from '../../model/report.ts';
import { seconds } from '../../model/step.ts';
import type { Script } from '../../runbook/compile.ts';
import type { Runbook } from '../../runbook/select.ts';
import { judge } from '../../runbook/verdict.ts';
import { command, evidenceSteps, type CommandRun } from '../lane/path.ts';
import type { ExecResult } from '../system/run.ts';
import { SCRIPT_PATH } from '../lane/stage.ts';
import { VmGone, type Vm } from '../vm/vm.ts';

/** Which kernel a boot ran: the run's old one, its new one, or none, because the machine never left GRUB. */
export type Role = 'old' | 'new' | 'none';

/** How long a machine may take from a reset until its user space answers; emulated, and on a busy lab machine. */
const BOOT_MS = 420_000;

/** Lines a failed wait shows of the console. */
const TAIL = 25;

export class Scene {
  readonly vm: Vm;
  readonly runbook: Runbook;
  readonly script: Script;
  readonly oldKernel: string;
  readonly newKernel: string;
  readonly told: (line: string) => void;
  readonly assertions: EvidenceAssertion[] = [];
  readonly steps: EvidenceStep[] = [];
  /** What is said of a boot in its line of time, by its number from 1. */
  readonly words = new Map<number, string>();

  constructor(vm: Vm, runbook: Runbook, script: Script, kernels: { old: string; new: string }, told: (line: string) => void) {
    this.vm = vm;
    this.runbook = runbook;
    this.script = script;
    this.oldKernel = kernels.old;
    this.newKernel = kernels.new;
    this.told = told;
  }

  /** Notes a fact that was read back. `found` is shown whether it is as wanted or not. */
  expect(words: string, ok: boolean, found: string): void {
    this.assertions.push({ words, ok, found: found.trim().slice(0, 1000) });
    this.told(`${ok ? 'so   ' : 'NOT  '} ${words}${ok ? '' : `; found: ${found.trim().slice(0, 400)}`}`);
  }

  /**
   * Runs shell in the machine.
   * @throws Error when it ends with a status other than 0
   */
  async sh(script: string, timeoutMs = 120_000): Promise<string> {
    const r = await this.vm.exec(script, { timeoutMs });
    if (r.status !== 0) throw new Error(`in the machine, status ${r.status}: ${script}\n${r.stdout}\n${r.stderr}`);
    return r.stdout;
  }

  /** The same, whatever its status. */
  try(script: string, timeoutMs = 120_000): Promise<ExecResult> {
    return this.vm.exec(script, { timeoutMs });
  }

  /**
   * Runs a command of the script with --json, keeps its steps as evidence.
   * @param allowed exit statuses that the scenario calls for
   * @throws Error when the report is not valid or the status is another one
   */
  async command(words: string, allowed: readonly number[] = [0, 1]): Promise<CommandRun> {
    this.told(`run   ${words}`);
    const run = await command(this.vm, words, 1_500_000);
    this.steps.push(...(await evidenceSteps(this.vm, run)));
    if (!allowed.includes(run.status)) {
      const bad = run.report.steps.filter((s) => ['FAIL', 'ERROR', 'SKIP'].includes(s.result)).map((s) => `${s.result} ${s.id}: ${s.line}`);
      throw new Error(`${words} ended with ${run.status}: ${run.report.stopped ?? ''}\n${bad.join('\n')}\n${run.stderr}`);
    }
    return run;
  }

  /** Arms the trial without starting it, so that the scenario can lay its trap. */
  arm(options = ''): Promise<CommandRun> {
    return this.command(`trial --yes ${options} --skip trial.reboot`);
  }

  /** Tells the machine to restart. The next boot is waited for by the caller. */
  async restart(): Promise<void> {
    try {
      await this.sh('sync; systemctl reboot');
    } catch (error) {
      // The machine may be down before its answer is out.
      if (!(error instanceof VmGone)) throw error;
    }
  }

  /** Arms the trial and starts it, as `trial` does in one go. */
  async trial(options = ''): Promise<void> {
    await this.arm(options);
    await this.restart();
  }

  /** The role of a boot, by the release of its kernel. */
  role(n: number): Role {
    const kernel = this.vm.boots[n - 1]?.kernel;
    return kernel === this.oldKernel ? 'old' : kernel === this.newKernel ? 'new' : 'none';
  }

  /** Was this boot started by the trial entry? By its command line. */
  entry(n: number): 'default' | 'trial' | 'refused' {
    const line = this.vm.boots[n - 1]?.cmdline ?? '';
    return line.includes('trialboot.trial=') ? 'trial' : line.includes('trialboot.refused=') ? 'refused' : 'default';
  }

  /**
   * Waits until a condition on the machine's boots holds.
   * @throws Error with the end of the console when it does not in time
   */
  async until(what: string, holds: () => boolean, timeoutMs = BOOT_MS): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`${what} did not happen within ${timeoutMs / 1000} s; boots: ${this.bootLine()}\n${this.vm.serialText().split('\n').slice(-TAIL).join('\n')}`);
      await sleep(200);
    }
  }

  /** Waits until boot number n has a running kernel: the banner, long before user space. */
  async kernelUp(n: number, timeoutMs = BOOT_MS): Promise<void> {
    await this.until(`the kernel of boot ${n}`, () => this.vm.boots[n - 1]?.kernel !== undefined, timeoutMs);
    this.told(`boot  ${n}: ${this.vm.boots[n - 1]!.cause} → ${this.vm.boots[n - 1]!.kernel}`);
  }

  /** Waits until user space of boot number n answers. */
  async up(n: number, timeoutMs = BOOT_MS): Promise<void> {
    await this.until(`user space of boot ${n}`, () => this.vm.boots[n - 1]?.helloMs !== undefined, timeoutMs);
    this.told(`up    ${n}: ${this.vm.boots[n - 1]!.cause} → ${this.vm.boots[n - 1]!.kernel}`);
  }

  /**
   * Waits until the upgrade has come to a stage and no unit of the trial works any more.
   * @throws Error when it comes to the opposite end or to none, with what the host says about it
   */
  async stage(word: 'committed' | 'fell-back', timeoutMs = BOOT_MS): Promise<void> {
    const end = Date.now() + timeoutMs;
    let found = '';
    while (Date.now() < end) {
      try {
        const r = await this.try('cat /var/lib/trialboot/stage; systemctl is-active trialboot-judge.service trialboot-settle.service 2> /dev/null | sort -u | xargs');
        found = r.stdout.trim().replace('\n', ', units ');
      } catch (error) {
        // It may restart at any moment: that is what a trial does that does not pass.
        if (!(error instanceof VmGone)) throw error;
        found = 'restarting';
      }
      if (found === `${word}, units inactive`) return;
      if (/^(committed|fell-back), units inactive$/.test(found)) break;
      await sleep(1000);
    }
    const says = await this.try(`bash ${SCRIPT_PATH} status; cat /var/lib/trialboot/verdict; journalctl --no-pager -o cat -u trialboot-judge -n 40`).then((r) => r.stdout, String);
    throw new Error(`the stage did not become ${word}; it is ${found}; boots: ${this.bootLine()}\n${says}\n${this.vm.serialText().split('\n').slice(-TAIL).join('\n')}`);
  }

  bootLine(): string {
    return this.vm.boots.map((b, i) => `${i + 1} ${b.cause} ${this.role(i + 1)}${this.entry(i + 1) === 'default' ? '' : ` (${this.entry(i + 1)})`}`).join(', ');
  }

  /** Runs a check of the runbook by its text, outside the script, and gives its verdict line. */
  async check(id: string): Promise<string> {
    const step = this.runbook.steps.find((s) => s.id === id);
    if (!step) throw new Error(`there is no step ${id}`);
    const r = await this.vm.exec('exec bash -c "$TB_STEP_TEXT" < /dev/null', { env: { TB_STEP_TEXT: step.text }, timeoutMs: seconds(step.meta.timeout) * 3000 });
    const { result, line } = judge(id, r.status, r.stdout, r.timedOut);
    return `${result}: ${line}`;
  }

  async expectCheck(id: string, words: string): Promise<void> {
    const found = await this.check(id);
    this.expect(words, found.startsWith('PASS'), found);
  }

  /** The script's one line about where the host stands. */
  async status(): Promise<string> {
    return (await this.sh(`bash ${SCRIPT_PATH} status`)).split('\n')[0] ?? '';
  }

  /**
   * What must be so at the end of every scenario.
   * @param end `kernel`: the one that runs and that stays the default; `boots`: roles of all boots in order;
   *   `status`: what the script says; `cycle`: whether the journal is searched for ordering cycles
   */
  async settled(end: { kernel: 'old' | 'new'; boots: readonly Role[]; status: RegExp }): Promise<void> {
    const wanted = end.kernel === 'old' ? this.oldKernel : this.newKernel;
    const running = (await this.sh('uname -r')).trim();
    this.expect(`the ${end.kernel} kernel runs`, running === wanted, running);
    const roles = this.vm.boots.map((_, i) => this.role(i + 1));
    this.expect(`the machine booted ${end.boots.length} times: ${end.boots.join(', ')}`, roles.join() === end.boots.join(), this.bootLine());
    await this.expectCheck(end.kernel === 'old' ? 'rollback.default-is-old' : 'commit.default-is-new', `the default entry boots the ${end.kernel} kernel`);
    await this.expectCheck('rollback.disarmed', 'nothing of the trial is left: no entry, no choice, no unit');
    const packages = await this.try(`${this.#audit.script}; echo looked`);
    const odd = packages.stdout.replace(/looked\n$/, '').trim();
    // A tool that is not there finds nothing either.
    this.expect('no package is half installed', packages.stdout.endsWith('looked\n') && odd === '' && packages.stderr.trim() === '', odd || packages.stderr.trim() || this.#audit.silent);
    const status = await this.status();
    this.expect('status tells what happened', end.status.test(status), status);
    const report = await this.try(`bash ${SCRIPT_PATH} report`);
    let shape = 'valid';
    try {
      Report.parse(JSON.parse(report.stdout));
    } catch (error) {
      shape = String(error).slice(0, 300);
    }
    this.expect('the report can be read', shape === 'valid', shape);
    await this.sameAsBefore();
    const cycle = await this.try("journalctl --no-pager -o cat | grep -i 'ordering cycle' | sort -u");
    this.expect('systemd dropped no job to break an ordering cycle', cycle.stdout === '', cycle.stdout || 'the journal of all boots has none');
  }

  /** What finds packages that are not whole, by the host's own package manager. */
  get #audit(): { script: string; silent: string } {
    if (this.runbook.distro.packageManager === 'dnf') return { script: 'LC_ALL=C dnf -q check; rpm -V --nomtime --noghost $(rpm -qa "kernel*") | grep -v " [cdglr] /"', silent: 'dnf check and rpm -V are silent' };
    return { script: `dpkg --audit; dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\\n' | grep -Ev '^(ii|hi|rc|un) '`, silent: 'dpkg --audit is silent' };
  }

  /** What the host had before the installation, it has now: units, mounts, network. By the runbook's own record. */
  async sameAsBefore(): Promise<void> {
    await this.try('timeout 120 systemctl is-system-running --wait');
    const texts = ['upgrade.baseline-system', 'upgrade.baseline-network'].map((id) => this.runbook.steps.find((s) => s.id === id)!.text);
    const r = await this.vm.exec(
      [
        'export TRIALBOOT_STATE=/run/trialboot-now; rm -rf "$TRIALBOOT_STATE"',
        ...texts.map((_, i) => `bash -c "$TEXT_${i}" > /dev/null || exit 9`),
        'cd /var/lib/trialboot/baseline || exit 9',
        'now=$TRIALBOOT_STATE/baseline',
        'comm -23 units "$now/units" | sed "s/^/active before, not now: /"',
        'comm -13 failed "$now/failed" | sed "s/^/failed now, not before: /"',
        'for f in mounts nics addresses routes listeners; do comm -3 "$f" "$now/$f" | sed "s/^/$f: /"; done',
      ].join('\n'),
      { env: Object.fromEntries(texts.map((t, i) => [`TEXT_${i}`, t])), timeoutMs: 180_000 },
    );
    this.expect('units, mounts, network cards, addresses, routes and listeners are those of before', r.status === 0 && r.stdout === '', r.stdout || r.stderr || 'no difference');
  }
}

/** What a demonstration is: something done on every kernel, with what must come of it on each, typed as a reader would. */
import type { EvidenceAssertion } from '../../model/evidence.ts';
import { withoutNoise } from '../lane/evidence.ts';
import type { Vm } from '../vm/vm.ts';
import type { KernelSeries } from './kernels.ts';
import type { ProbeTree } from './tree.ts';

export interface Demo {
  /** `probe/demo-NAME`. */
  name: string;
  /** One sentence for readers. */
  what: string;
  /** Started on machines of its own, with these arguments each; absent: on the machine that the probes were asked on. */
  boots?: readonly DemoBoot[];
  play(s: Show): Promise<void>;
}

/** A start that a demonstration needs for itself. */
export interface DemoBoot {
  arguments: string;
  /** Makes the initramfs to start with; it writes to the console and switches the machine off. Absent: the machine boots as usual. */
  initrd?(tree: ProbeTree, series: KernelSeries): Promise<string>;
}

/** One demonstration while it runs on one kernel. */
export class Show {
  readonly vm: Vm;
  readonly series: KernelSeries;
  readonly release: string;
  /** Of the boot, where the demonstration has boots of its own. */
  readonly arguments: string;
  readonly assertions: EvidenceAssertion[] = [];
  #text = '';
  readonly #told: (line: string) => void;

  constructor(vm: Vm, series: KernelSeries, release: string, args: string, told: (line: string) => void) {
    this.vm = vm;
    this.series = series;
    this.release = release;
    this.arguments = args;
    this.#told = told;
  }

  /** Does this kernel have what came with 7.0? */
  get isNew(): boolean {
    return Number(this.series) >= 7;
  }

  /** Adds to what readers see. */
  note(text: string): void {
    this.#text += `${withoutNoise(text)}\n`;
  }

  /** Runs a command as root, and shows it with what it printed and, where that is not 0, its status. */
  async type(command: string, timeoutMs = 120_000): Promise<string> {
    const r = await this.vm.exec(`${command}\n`, { timeoutMs });
    const out = withoutNoise(`${r.stdout}${r.stderr}`);
    this.#text += `# ${command}\n${out === '' ? '' : `${out}\n`}${r.status === 0 ? '' : `[status ${r.status}]\n`}`;
    return `${r.stdout}${r.stderr}`;
  }

  /** Runs what a reader need not see. @throws Error when it fails */
  async prepare(script: string, timeoutMs = 120_000): Promise<string> {
    const r = await this.vm.exec(script, { timeoutMs });
    if (r.status !== 0) throw new Error(`preparing the demonstration failed (status ${r.status}): ${r.stdout}${r.stderr}`);
    return r.stdout;
  }

  /** Notes a fact that was read back. */
  expect(words: string, ok: boolean, found: string): void {
    this.assertions.push({ words: `${this.release}: ${words}`.slice(0, 300), ok, found: withoutNoise(found).slice(0, 1000) });
    this.#told(`${ok ? 'so   ' : 'NOT  '} ${words}${ok ? '' : `; found: ${found.trim().slice(0, 600)}`}`);
  }

  get transcript(): string {
    return this.#text.trimEnd().slice(0, 20_000);
  }
}

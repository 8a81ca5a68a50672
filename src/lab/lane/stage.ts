/**
 * The states of a host along the runbook, each reached by running the real script, never by writing its files by hand.
 * Fixtures start from them.
 */
import type { Stage } from '../../model/stage.ts';
import type { Script } from '../../runbook/compile.ts';
import { cachedLayer, createHost, type Host, type HostOps, type Layer } from '../host.ts';

/** Where the script lies inside a host. */
export const SCRIPT_PATH = '/root/trialboot.sh';

/** The stage whose disk a stage is made from, by a start of that disk. That of an armed host is the trial's, and the one after it the fall-back. */
const MADE_FROM: Readonly<Record<Stage, Stage | undefined>> = {
  plain: undefined,
  prepared: undefined,
  upgraded: 'prepared',
  armed: 'upgraded',
  trial: 'armed',
  'fell-back': 'trial',
  committed: 'armed',
  'rolled-back': 'upgraded',
};

/** Stages that are the end of something, met at a later start; hosts in any other go on in the start in which it was reached. */
const A_LATER_START: readonly Stage[] = ['committed', 'rolled-back'];

/** A command of the script failed while a stage was prepared. */
export class StageError extends Error {}

/** Runs a command of the script inside a host and insists on its exit status. Returns its output. */
export async function runScript(host: HostOps, command: string, allowed: number[] = [0, 1], timeoutMs = 900_000): Promise<string> {
  const r = await host.exec(`bash ${SCRIPT_PATH} ${command}`, { timeoutMs });
  if (!allowed.includes(r.status)) {
    throw new StageError(`${host.spec.id}: ${command} ended with ${r.status}\n${r.stdout}\n${r.stderr}`);
  }
  return r.stdout;
}

/** Makes hosts in any stage; each is reached once and kept as a layer. */
export class StageBuilder {
  readonly hostId: string;
  readonly script: Script;
  #layers = new Map<Stage, Promise<Layer[]>>();

  constructor(hostId: string, script: Script) {
    this.hostId = hostId;
    this.script = script;
  }

  /** A fresh host in the given stage. The caller destroys it. */
  async host(stage: Stage): Promise<Host> {
    return createHost(this.hostId, { layers: await this.#layersOf(stage), resume: !A_LATER_START.includes(stage) });
  }

  #layersOf(stage: Stage): Promise<Layer[]> {
    let layers = this.#layers.get(stage);
    if (!layers) {
      layers = this.#build(stage);
      this.#layers.set(stage, layers);
    }
    return layers;
  }

  async #build(stage: Stage): Promise<Layer[]> {
    const from = MADE_FROM[stage];
    const below = from ? await this.#layersOf(from) : [];
    const prepare = async (host: Host): Promise<void> => {
      switch (stage) {
        case 'prepared':
          await host.copy(SCRIPT_PATH, this.script.text, 0o755);
          await runScript(host, 'preflight');
          break;
        case 'upgraded':
          // A new host is a new boot, and a preflight holds for its boot only.
          await runScript(host, 'preflight');
          await runScript(host, 'upgrade --yes');
          break;
        case 'armed':
          await runScript(host, 'trial --yes --skip trial.reboot');
          break;
        case 'committed':
          await runScript(host, 'verify');
          await runScript(host, 'commit --yes');
          break;
        case 'rolled-back':
          await runScript(host, 'rollback --yes');
          break;
        case 'plain':
        case 'trial':
        case 'fell-back':
        // The start itself is all.
      }
    };
    const inputs = stage === 'plain' ? {} : { script: this.script.sha256 };
    return [await cachedLayer(this.hostId, stage, inputs, prepare, below)];
  }
}

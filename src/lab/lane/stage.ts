/**
 * The states of a host along the runbook, each reached by running the real script, never by writing its files by hand.
 * Fixtures start from them.
 */
import type { Stage } from '../../model/stage.ts';
import type { Script } from '../../runbook/compile.ts';
import { cachedLayer, createHost, type Host, type HostOps, type Layer } from '../host.ts';

/** Where the script lies inside a host. */
export const SCRIPT_PATH = '/root/trialboot.sh';

/**
 * How each stage is reached: from the disk of another stage, by a start of it, with these commands of the script. The start of an armed
 * disk is the trial, and the one after it the fall-back: nothing else is needed there.
 */
const REACHED: Readonly<Record<Stage, { from?: Stage; by: readonly string[] }>> = {
  plain: { by: [] },
  prepared: { by: ['preflight'] },
  // Another start is another boot, and a preflight holds for its boot only.
  upgraded: { from: 'prepared', by: ['preflight', 'upgrade --yes'] },
  armed: { from: 'upgraded', by: ['trial --yes --skip trial.reboot'] },
  trial: { from: 'armed', by: [] },
  'fell-back': { from: 'trial', by: [] },
  committed: { from: 'armed', by: ['verify', 'commit --yes'] },
  'rolled-back': { from: 'upgraded', by: ['rollback --yes'] },
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
    const { from, by } = REACHED[stage];
    const below = from ? await this.#layersOf(from) : [];
    const prepare = async (host: Host): Promise<void> => {
      if (stage === 'prepared') await host.copy(SCRIPT_PATH, this.script.text, 0o755);
      for (const command of by) await runScript(host, command);
    };
    const inputs = stage === 'plain' ? {} : { script: this.script.sha256 };
    return [await cachedLayer(this.hostId, stage, inputs, prepare, below)];
  }
}

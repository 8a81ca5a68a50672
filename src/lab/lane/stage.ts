/**
 * The states of a host along the runbook, each reached by running the real script, never by writing its files by hand.
 * Fixtures start from them.
 */
import type { Stage } from '../../model/stage.ts';
import type { Script } from '../../runbook/compile.ts';
import { cachedLayer, createHost, type Host, type HostOps, type Layer } from '../host.ts';

/** Where the script lies inside a host. */
export const SCRIPT_PATH = '/root/trialboot.sh';

/** Stages that are a start: a host in one of them goes on in it. Starting it anew from its disk would be the next start. */
const IN_A_START: readonly Stage[] = ['prepared', 'upgraded', 'trial', 'fell-back'];

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

/** Arms a trial; the reboot is the caller's. */
const arm = (host: HostOps): Promise<string> => runScript(host, 'trial --yes --skip trial.reboot');

/** Makes hosts in any stage; the slow parts (installation, commit, rollback) are done once and kept as layers. */
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
    const host = await createHost(this.hostId, { layers: await this.#base(stage), resume: IN_A_START.includes(stage) });
    try {
      if (stage === 'armed') await arm(host);
      return host;
    } catch (error) {
      await host.destroy();
      throw error;
    }
  }

  /** Files of a stage that are kept as a layer. Those of an armed host are not: what its steps have left in /run would be missing. */
  #base(stage: Stage): Promise<Layer[]> {
    const key = stage === 'armed' ? 'upgraded' : stage;
    let layers = this.#layers.get(key);
    if (!layers) {
      layers = this.#build(key);
      this.#layers.set(key, layers);
    }
    return layers;
  }

  async #build(stage: Stage): Promise<Layer[]> {
    if (stage === 'plain') return [];
    const below = stage === 'prepared' ? [] : await this.#base(stage === 'upgraded' ? 'prepared' : 'upgraded');
    const prepare = async (host: Host): Promise<void> => {
      if (stage === 'prepared') {
        await host.copy(SCRIPT_PATH, this.script.text, 0o755);
        await runScript(host, 'preflight');
      } else if (stage === 'upgraded') {
        // A new host is a new boot, and a preflight holds for its boot only.
        await runScript(host, 'preflight');
        await runScript(host, 'upgrade --yes');
      } else if (stage === 'trial' || stage === 'committed') {
        await arm(host);
        await host.reboot();
        if (stage === 'trial') return;
        await runScript(host, 'verify');
        await runScript(host, 'commit --yes');
      } else if (stage === 'fell-back') {
        await arm(host);
        await host.reboot();
        await host.reboot();
      } else {
        await runScript(host, 'rollback --yes');
      }
    };
    return [await cachedLayer(this.hostId, stage, { script: this.script.sha256 }, prepare, below)];
  }
}

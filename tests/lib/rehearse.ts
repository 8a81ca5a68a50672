/** What the rehearsal suites share: the compiled script of a host, and whether this machine can rehearse at all. */
import { describe } from 'vitest';
import { requirements } from '../../src/lab/host.ts';
import { compileScript, type Script } from '../../src/runbook/compile.ts';
import { runbooks } from '../../src/runbook/project.ts';
import type { Runbook } from '../../src/runbook/select.ts';
import { loadOrExit, projectVersion, readRuntime } from '../../scripts/lib/project.ts';

const { ok, missing } = await requirements();
const why = missing.map((m) => `${m.what} (${m.install})`).join('; ');

/** `describe`, or a suite skipped with the reason in its name. */
export const describeHost = (name: string, body: () => void): void => {
  if (ok) describe(name, body);
  // Skipped, not silent: the reason and the command that would mend it stand in the name.
  else describe.skip(`${name} [this machine cannot rehearse: ${why}]`, body);
};

/** The runbook and script of a host that is named like its distribution. */
export function hostScript(hostId: string): { runbook: Runbook; script: Script } {
  const runbook = runbooks(loadOrExit()).find((r) => r.distro.id === hostId);
  if (!runbook) throw new Error(`no script is generated for ${hostId}`);
  return { runbook, script: compileScript(runbook, readRuntime(), projectVersion()) };
}

/** Hosts that the suites rehearse. */
export const HOSTS = ['debian-13', 'debian-12', 'ubuntu-24.04', 'ubuntu-22.04', 'ubuntu-26.04', 'rhel-10', 'rhel-9', 'fedora-44', 'arch'] as const;

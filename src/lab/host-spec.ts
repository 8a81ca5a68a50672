/** Descriptions of hosts, as content/hosts has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yaml from 'js-yaml';
import { HostId, HostSpec, type DebianBase, isRpmShaped, type RootHostSpec } from '../model/host.ts';

const CONTENT = fileURLToPath(new URL('../../content/hosts/', import.meta.url));

/**
 * The description of a host.
 * @param hostId name of a file under content/hosts, without .yaml
 * @throws Error when there is none, or when it does not fit its schema
 */
export function readHostSpec(hostId: string): HostSpec {
  if (!HostId.safeParse(hostId).success) throw new Error(`lab: ${JSON.stringify(hostId)} is not the id of a host`);
  let text: string;
  try {
    text = readFileSync(join(CONTENT, `${hostId}.yaml`), 'utf8');
  } catch {
    throw new Error(`lab: no host ${hostId}. Mend: use one of the files under content/hosts, without .yaml`);
  }
  const spec = HostSpec.parse(yaml.load(text));
  if (spec.id !== hostId) throw new Error(`content/hosts/${hostId}.yaml: id is ${spec.id}. Mend: name the file after its id`);
  return spec;
}

/**
 * The description of a host that is a throw-away root.
 * @throws Error as {@link readHostSpec}, and when the host is a machine
 */
export function readRootSpec(hostId: string): RootHostSpec {
  const spec = readHostSpec(hostId);
  if (spec.lane === 'vm') throw new Error(`lab: ${hostId} is no rehearsal host but of lane ${spec.lane}. Mend: make it with createVm of src/lab/vm/vm.ts`);
  return spec;
}

/** GRUB's folder on a host. */
export const grubDirOf = (spec: HostSpec): string => (spec.lane === 'shaped' && isRpmShaped(spec) ? '/boot/grub2' : '/boot/grub');

/**
 * The Debian root a host is made of: a shaped host stands on another one's base, or on one of its own.
 * @throws Error when the base is itself shaped
 */
export function debianOf(spec: HostSpec): DebianBase {
  if (spec.lane !== 'shaped') return spec;
  if (typeof spec.base !== 'string') return { id: spec.id, ...spec.base };
  const base = readHostSpec(spec.base);
  if (base.lane !== 'rehearsal') throw new Error(`content/hosts/${spec.id}.yaml: base ${spec.base} is of lane ${base.lane}. Mend: name a rehearsal host`);
  return base;
}

/** The layer that makes a machine's root of its base: files of /etc, the lab's agent, and a script that is run in it. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runOnLayers } from '../layer/chroot.ts';
import { artifact, removeTree, touchArtifact } from '../system/cache.ts';
import { GUEST_FILES, guestFiles } from './settings.ts';

/** What a root is made of. */
export interface RootParts {
  /** Raised when the making changes in a way that its inputs do not show. */
  revision: number;
  /** Finished layers. */
  archive: string;
  base: string;
  /** Texts by path in the root. */
  etc: Readonly<Record<string, string>>;
  /** Bash, run as root in the root, on top of base and package source. */
  script: string;
}

/**
 * @param id name of the host
 * @returns folder whose `tree/` is the layer
 * @throws Error when the script fails; what was finished before stays in the cache
 */
export async function rootLayer(id: string, { revision, archive, base, etc, script }: RootParts): Promise<string> {
  const guest = guestFiles();
  const inputs = { revision, layers: [archive, base].map((d) => basename(d)), etc, guest, places: GUEST_FILES, script };
  const dir = await artifact(`tree-${id}`, inputs, async (temp) => {
    const upper = join(temp, 'build/upper');
    const put = (path: string, text: string, mode: number): void => {
      mkdirSync(dirname(join(upper, path)), { recursive: true, mode: 0o755 });
      writeFileSync(join(upper, path), text, { mode });
    };
    for (const [path, text] of Object.entries(etc)) put(path, text, 0o644);
    for (const [name, { to, mode }] of Object.entries(GUEST_FILES)) put(to, guest[name]!, mode);
    await runOnLayers(`making the root of ${id}`, join(temp, 'build'), [archive, base].map((d) => join(d, 'tree')), script);
    renameSync(upper, join(temp, 'tree'));
    await removeTree(join(temp, 'build'));
  });
  for (const d of [dir, archive, base]) touchArtifact(d);
  return dir;
}

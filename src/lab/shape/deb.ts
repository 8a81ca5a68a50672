/** Builds Debian packages from descriptions. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { mustRun } from '../system/run.ts';
import { contentOf, type ImageSpec } from './kernel-files.ts';

/** One package. */
export interface DebSpec {
  /** Fields of its control file (deb-control(5)); Maintainer, Architecture, Installed-Size (KiB) and Description have a value of their own if none is given. */
  control: Readonly<Record<string, string>> & { Package: string; Version: string };
  /** Content by absolute path. `link`: a symbolic link to that. `image`: a kernel's image. */
  files: Readonly<Record<string, string | Buffer | { link: string } | { image: ImageSpec }>>;
  /** Maintainer scripts and other control files, by name. */
  scripts?: Readonly<Record<string, string>>;
}

/** What stands for a file's content in a cache's key: texts and descriptions whole, a binary by its size and its beginning. */
export const fileDigest = (content: unknown): unknown => (Buffer.isBuffer(content) ? `${content.length} ${content.subarray(0, 4096).toString('base64')}` : content);

/** Name of the file dpkg-deb makes of it, with the colon of an epoch left out as apt-ftparchive has it. */
export const debFile = (spec: DebSpec): string => `${spec.control.Package}_${spec.control.Version.replace(/^\d+:/, '')}_${spec.control['Architecture'] ?? 'amd64'}.deb`;

/**
 * Builds a package.
 * @param scratch an existing folder in which a tree of that name is made and removed again
 * @param target existing folder for the file
 */
export async function buildDeb(spec: DebSpec, scratch: string, target: string): Promise<void> {
  const tree = join(scratch, spec.control.Package);
  const put = (path: string, content: string | Buffer, mode: number): void => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, content);
    chmodSync(path, mode);
  };
  const sums: string[] = [];
  for (const [path, described] of Object.entries(spec.files)) {
    const to = join(tree, path);
    if (typeof described === 'object' && 'link' in described) {
      mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
      symlinkSync(described.link, to);
    } else {
      const content = contentOf(described);
      put(to, content, 0o644);
      sums.push(`${createHash('md5').update(content).digest('hex')}  ${path.slice(1)}\n`);
    }
  }
  const { Package, Version, ...rest } = spec.control;
  const fields = { Package, Version, Architecture: 'amd64', Maintainer: 'Trialboot lab <lab@trialboot.invalid>', Section: 'kernel', Priority: 'optional', 'Installed-Size': '10', Description: 'stand-in of the lab', ...rest };
  put(join(tree, 'DEBIAN/control'), Object.entries(fields).map(([k, v]) => `${k}: ${v}\n`).join(''), 0o644);
  put(join(tree, 'DEBIAN/md5sums'), sums.join(''), 0o644);
  for (const [name, text] of Object.entries(spec.scripts ?? {})) put(join(tree, 'DEBIAN', name), text, /^(pre|post)(inst|rm)$/.test(name) ? 0o755 : 0o644);
  await mustRun(`building ${Package}`, ['dpkg-deb', '--root-owner-group', '-Zgzip', '-z1', '--build', tree, join(target, debFile(spec))]);
  rmSync(tree, { recursive: true });
}

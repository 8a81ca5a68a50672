/** Builds packages of pacman's from descriptions, with the makepkg of the host's own root. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One package. */
export interface PacmanSpec {
  name: string;
  version: string;
  /** What makepkg calls pkgrel. */
  revision: string;
  arch: 'x86_64' | 'any';
  summary: string;
  depends: readonly string[];
  provides: readonly string[];
  /** Content by absolute path. */
  files: Readonly<Record<string, string | Buffer>>;
}

/** Where a package is built. */
const folderOf = (spec: PacmanSpec): string => `/build/${spec.name}-${spec.version}-${spec.revision}`;

/** Name of the file makepkg makes of it. */
export const packageFile = (spec: PacmanSpec): string => `${spec.name}-${spec.version}-${spec.revision}-${spec.arch}.pkg.tar.zst`;

/** The text of a PKGBUILD. Pure. */
export const pkgbuild = (spec: PacmanSpec): string => {
  const list = (words: readonly string[]): string => `(${words.map((w) => `'${w}'`).join(' ')})`;
  return [
    `pkgname='${spec.name}'`,
    `pkgver='${spec.version}'`,
    `pkgrel='${spec.revision}'`,
    `pkgdesc="${spec.summary}"`,
    `arch=('${spec.arch}')`,
    "license=('MIT')",
    `depends=${list(spec.depends)}`,
    `provides=${list(spec.provides)}`,
    // The content is no program: nothing in it may be stripped or compressed again.
    "options=('!strip' '!debug' '!zipman' '!purge')",
    'package() { cp -a "$startdir/tree/." "$pkgdir/"; }',
    '',
  ].join('\n');
};

/**
 * Writes what {@link buildScript} needs below a root.
 * @param root folder that the root shows as /
 */
export function writePacmanSources(root: string, specs: readonly PacmanSpec[]): void {
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, path), content, { mode: 0o644 });
  };
  for (const spec of specs) {
    put(`${folderOf(spec)}/PKGBUILD`, pkgbuild(spec));
    for (const [path, content] of Object.entries(spec.files)) put(`${folderOf(spec)}/tree${path}`, content);
  }
}

/**
 * Builds packages and the database of a repository of them. Runs inside the root. makepkg refuses to run as root, so nobody does it.
 * @param target folder of the repository, as the root sees it
 * @param repository its name
 */
export const buildScript = (target: string, repository: string, specs: readonly PacmanSpec[]): string => `
mkdir -p ${target}
chown -R 65534:65534 /build
for dir in ${specs.map(folderOf).join(' ')}; do
	cd $dir
	HOME=$dir setpriv --reuid 65534 --regid 65534 --clear-groups env PKGEXT=.pkg.tar.zst PACKAGER='Trialboot lab <lab@trialboot.invalid>' SOURCE_DATE_EPOCH=1794823200 makepkg --nodeps --force >$dir/log 2>&1 || { cat $dir/log >&2; exit 1; }
	install -m 644 *.pkg.tar.zst ${target}/
done
cd ${target}
repo-add --quiet ${repository}.db.tar.gz *.pkg.tar.zst
`;

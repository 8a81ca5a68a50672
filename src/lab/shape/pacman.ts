/** Builds packages of pacman's from descriptions, with the makepkg of the host's own root. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentOf, type ImageSpec } from './kernel-files.ts';

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
  /** Content by absolute path. `image`: a kernel's. */
  files: Readonly<Record<string, string | Buffer | { image: ImageSpec }>>;
}

/** Packages that come out of one PKGBUILD, as Arch's linux and linux-headers do. */
type Base = readonly [PacmanSpec, ...PacmanSpec[]];

/** Packages by what they are built from: those of one version and architecture belong together, and each is built once. */
function basesOf(specs: readonly PacmanSpec[]): Base[] {
  const each = new Map(specs.map((spec) => [packageFile(spec), spec])).values();
  return [...Map.groupBy(each, (s) => `${s.version}-${s.revision}-${s.arch}`).values()] as [PacmanSpec, ...PacmanSpec[]][];
}

/** Where packages are built. */
const folderOf = ([first]: Base): string => `/build/${first.name}-${first.version}-${first.revision}`;

/** Name of the file makepkg makes of a package. */
export const packageFile = (spec: PacmanSpec): string => `${spec.name}-${spec.version}-${spec.revision}-${spec.arch}.pkg.tar.zst`;

/** The text of a PKGBUILD. Pure. */
export function pkgbuild(base: Base): string {
  const list = (words: readonly string[]): string => `(${words.map((w) => `'${w}'`).join(' ')})`;
  const [first] = base;
  return [
    `pkgbase='${first.name}'`,
    `pkgname=${list(base.map((s) => s.name))}`,
    `pkgver='${first.version}'`,
    `pkgrel='${first.revision}'`,
    `arch=('${first.arch}')`,
    "license=('MIT')",
    // The content is no program: nothing in it may be stripped or compressed again.
    "options=('!strip' '!debug' '!zipman' '!purge')",
    ...base.flatMap((spec) => [
      `package_${spec.name}() {`,
      `  pkgdesc="${spec.summary}"`,
      `  depends=${list(spec.depends)}`,
      `  provides=${list(spec.provides)}`,
      `  cp -a "$startdir/${spec.name}/." "$pkgdir/"`,
      '}',
    ]),
    '',
  ].join('\n');
}

/**
 * Writes what {@link buildScript} needs below a root.
 * @param root folder that the root shows as /
 */
export function writePacmanSources(root: string, specs: readonly PacmanSpec[]): void {
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, path), content, { mode: 0o644 });
  };
  for (const base of basesOf(specs)) {
    put(`${folderOf(base)}/PKGBUILD`, pkgbuild(base));
    for (const { name, files } of base) for (const [path, content] of Object.entries(files)) put(`${folderOf(base)}/${name}${path}`, contentOf(content));
  }
}

/**
 * Builds packages, and puts them into repositories. Runs inside the root. makepkg refuses to run as root, so nobody does it. Its look for
 * mistakes in a PKGBUILD (makepkg(8), MAKEPKG_LINT_PKGBUILD) starts some four hundred programs for each, and what is in one is fixed above.
 * @param name of the repositories
 * @param repositories what each has, by its folder as the root sees it. A package that several have is built once.
 */
export function buildScript(name: string, repositories: Readonly<Record<string, readonly PacmanSpec[]>>): string {
  const fill = ([target, its]: [string, readonly PacmanSpec[]]): string => `
mkdir -p ${target}
cp ${its.map((spec) => `/build/${packageFile(spec)}`).join(' ')} ${target}/
cd ${target}
repo-add --quiet ${name}.db.tar.gz *.pkg.tar.zst
`;
  return `
chown -R 65534:65534 /build
for dir in ${basesOf(Object.values(repositories).flat()).map(folderOf).join(' ')}; do
	cd $dir
	HOME=$dir setpriv --reuid 65534 --regid 65534 --clear-groups env MAKEPKG_LINT_PKGBUILD=0 PKGEXT=.pkg.tar.zst PACKAGER='Trialboot lab <lab@trialboot.invalid>' SOURCE_DATE_EPOCH=1794823200 makepkg --nodeps --force >$dir/log 2>&1 || { cat $dir/log >&2; exit 1; }
	install -m 644 *.pkg.tar.zst /build/
done
${Object.entries(repositories).map(fill).join('')}`;
}

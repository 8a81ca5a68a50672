/** Builds RPM packages from descriptions, with the rpmbuild of the host's own root. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentOf, type ImageSpec } from './kernel-files.ts';

/** One package. */
export interface RpmSpec {
  name: string;
  version: string;
  release: string;
  /** x86_64 if none is given. */
  arch?: 'x86_64' | 'noarch';
  summary: string;
  provides?: readonly string[];
  requires?: readonly string[];
  /** Content by absolute path. `link`: a symbolic link to that. `ghost`: owned by the package, made by somebody else. `image`: a kernel's. */
  files: Readonly<Record<string, string | Buffer | { link: string } | { ghost: true } | { image: ImageSpec }>>;
  /** Scriptlets by the name of their section: posttrans, preun and so on. */
  scripts?: Readonly<Record<string, string>>;
  /** Lines of the changelog, newest first, without the heading. */
  changelog?: readonly string[];
}

/** Where a package's content lies while it is built. */
const treeOf = (spec: RpmSpec): string => `/build/tree/${spec.name}-${spec.version}-${spec.release}`;
/** Its description for rpmbuild. */
const specFile = (spec: RpmSpec): string => `/build/specs/${spec.name}-${spec.version}-${spec.release}.spec`;

/** The text of a spec file. Pure. */
export function specText(spec: RpmSpec): string {
  const files = Object.entries(spec.files).map(([path, content]) => (typeof content === 'object' && 'ghost' in content ? `%ghost ${path}` : path.startsWith('/lib/modules/') && path.endsWith('.ko') ? `${path}.xz` : path));
  return [
    `Name: ${spec.name}`,
    `Version: ${spec.version}`,
    `Release: ${spec.release}`,
    `Summary: ${spec.summary}`,
    'License: MIT',
    ...(spec.arch === 'noarch' ? ['BuildArch: noarch'] : []),
    ...(spec.provides ?? []).map((p) => `Provides: ${p}`),
    ...(spec.requires ?? []).map((r) => `Requires: ${r}`),
    'AutoReqProv: no',
    '%description',
    spec.summary,
    '%install',
    `cp -a ${treeOf(spec)}/. %{buildroot}/`,
    'find %{buildroot} -name "*.ko" -exec xz --check=crc32 -0 {} +',
    ...Object.entries(spec.scripts ?? {}).flatMap(([section, text]) => [`%${section}`, text.trimEnd()]),
    '%files',
    ...files,
    '%changelog',
    `* Mon Nov 16 2026 Trialboot lab <lab@trialboot.invalid> - ${spec.version}-${spec.release}`,
    ...(spec.changelog ?? ['- stand-in of the lab']),
    '',
  ].join('\n');
}

/**
 * Writes what {@link BUILD} needs below a root.
 * @param root folder that the root shows as /
 */
export function writeRpmSources(root: string, specs: readonly RpmSpec[]): void {
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, path), content, { mode: 0o644 });
  };
  for (const spec of specs) {
    const tree = treeOf(spec);
    mkdirSync(join(root, tree), { recursive: true });
    const links: string[] = [];
    for (const [path, content] of Object.entries(spec.files)) {
      if (typeof content === 'object' && 'ghost' in content) continue;
      if (typeof content === 'object' && 'link' in content) links.push(`mkdir -p ${dirname(`%{buildroot}${path}`)}`, `ln -s ${content.link} %{buildroot}${path}`);
      else put(`${tree}${path}`, contentOf(content));
    }
    put(specFile(spec), specText(spec).replace('\nfind %{buildroot}', `${links.map((l) => `\n${l}`).join('')}\nfind %{buildroot}`));
  }
}

/**
 * Builds all of them, signs each with a key made for this, and makes the repository's metadata. Runs inside the root.
 * @param target folder of the repository, as the root sees it
 * @param keyFile where the public key is left
 */
export const buildScript = (target: string, keyFile: string): string => `
export HOME=/build GNUPGHOME=/build/gnupg
mkdir -p -m 700 "$GNUPGHOME" ${target}/Packages ${keyFile.replace(/\/[^/]*$/, '')}
gpg --batch --quiet --passphrase '' --quick-generate-key 'Trialboot lab <lab@trialboot.invalid>' rsa2048 sign never
gpg --batch --armor --export lab@trialboot.invalid >${keyFile}
for spec in /build/specs/*.spec; do
	rpmbuild -bb --quiet --nodeps --target x86_64 --define '_topdir /build/top' --define 'debug_package %{nil}' --define '__os_install_post %{nil}' --define '_build_id_links none' --define '_binary_payload w1.gzdio' "$spec" >/build/log 2>&1 || { cat /build/log >&2; exit 1; }
done
find /build/top/RPMS -name '*.rpm' -exec mv -t ${target}/Packages {} +
rpmsign --addsign --define '_gpg_name lab@trialboot.invalid' --define '__gpg /usr/bin/gpg' ${target}/Packages/*.rpm >/build/log 2>&1 || { cat /build/log >&2; exit 1; }
createrepo_c --quiet ${target}
gpgconf --kill all
rm -rf /build
`;

import type { Script } from './compile.ts';

/** The shape of /api/v1/scripts.json and of manifest.json beside the scripts. */
export const manifest = (scripts: Script[]) => ({
  format_version: 1 as const,
  scripts: scripts.map(({ distro, file, sha256, bytes, version, steps }) => ({ distro, file, sha256, bytes, version, steps })),
});

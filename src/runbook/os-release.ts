/** Which release a host is, by its /etc/os-release: the rule of the scripts' own guard (src/shell/guard.sh). Pure. */
import type { ScriptDistro } from './select.ts';

export interface OsRelease {
  id: string;
  version: string;
  /** PRETTY_NAME. */
  name: string;
}

/** Reads the three lines that count; what is missing is empty. */
export function parseOsRelease(text: string): OsRelease {
  const value = (key: string): string => (new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '').replace(/^(["'])(.*)\1$/, '$2');
  return { id: value('ID'), version: value('VERSION_ID'), name: value('PRETTY_NAME') };
}

/** The distribution of a list that a host is; a minor release (10.2) is of its major one (10), and one that rolls has no releases. */
export const distroOf = (os: OsRelease, distros: readonly ScriptDistro[]): ScriptDistro | undefined =>
  distros.find(
    ({ osRelease: { ID, VERSION_ID } }) =>
      os.id !== '' && [ID].flat().includes(os.id) && (VERSION_ID === undefined || os.version === VERSION_ID || os.version.startsWith(`${VERSION_ID}.`)),
  );

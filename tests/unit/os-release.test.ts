/** The lab must recognise a release as the scripts do. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadLenient, ROOT } from '../../scripts/lib/project.ts';
import { distroOf, parseOsRelease } from '../../src/runbook/os-release.ts';
import { runbooks } from '../../src/runbook/project.ts';
import type { ScriptDistro } from '../../src/runbook/select.ts';

const distros = runbooks(loadLenient()).map((r) => r.distro);
const like = (id: string, ID: string | string[], VERSION_ID?: string): ScriptDistro => ({ ...distros[0]!, id, osRelease: { ID, ...(VERSION_ID === undefined ? {} : { VERSION_ID }) } });
const SOME = [like('debian-13', 'debian', '13'), like('ubuntu-24.04', 'ubuntu', '24.04'), like('rhel-10', ['rhel', 'almalinux', 'rocky'], '10'), like('arch', 'arch')];

const CASES: [string, string | undefined][] = [
  ['PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n', 'debian-13'],
  ['NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n', 'ubuntu-24.04'],
  ['ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="10.2"\n', 'rhel-10'],
  ['ID="rocky"\nVERSION_ID="100"\n', undefined],
  ['ID=debian\nVERSION_ID="12"\n', undefined],
  ['ID_LIKE=debian\nVERSION_ID="13"\n', undefined],
  ['ID=ubuntu\nVERSION_ID="24.040"\n', undefined],
  ['ID=debian\n', undefined],
  // One that rolls has no release, or the day of its image.
  ['NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n', 'arch'],
  ['ID=arch\nVERSION_ID=20261101.0\n', 'arch'],
  ['ID=archarm\n', undefined],
  ['', undefined],
];

describe('which release a host is', () => {
  test.each(CASES)('%j', (text, id) => expect(distroOf(parseOsRelease(text), SOME)?.id).toBe(id));

  test('every release with a script is recognised by its own values', () => {
    for (const d of distros) {
      for (const id of [d.osRelease.ID].flat()) expect(distroOf({ id, version: d.osRelease.VERSION_ID ?? '', name: '' }, distros)).toBe(d);
    }
  });

  test("the scripts' guard says the same", () => {
    const dir = mkdtempSync(join(tmpdir(), 'trialboot-os-'));
    try {
      const file = join(dir, 'os-release');
      const guard = readFileSync(join(ROOT, 'src/shell/guard.sh'), 'utf8').replaceAll('/etc/os-release', file);
      for (const [text] of CASES) {
        writeFileSync(file, text);
        const byGuard = SOME.filter((d) => {
          const settings = `TB_OS_ID='${[d.osRelease.ID].flat().join(' ')}' TB_OS_VERSION='${d.osRelease.VERSION_ID ?? ''}' TB_DISTRO_NAME=x`;
          const script = `${guard}\ntb_end() { exit "$1"; }\n${settings}\ntb_guard_distro`;
          try {
            execFileSync('bash', ['-c', script]);
            return true;
          } catch {
            return false;
          }
        });
        expect(byGuard.map((d) => d.id).join(), text).toBe(distroOf(parseOsRelease(text), SOME)?.id ?? '');
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

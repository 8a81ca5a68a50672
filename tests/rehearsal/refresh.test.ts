/** `npm run refresh -- debian` against the live indexes, on a copy of the content: twice in a row, the second time without a difference. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { findMirror } from '../../src/lab/layer/mirror.ts';
import { dayOf } from '../../src/model/freshness.ts';

/** The mirror that this machine's apt uses, if it answers. */
const reachable = await findMirror()
  .then(({ archive }) => fetch(`${archive}/dists/trixie/InRelease`, { method: 'HEAD', signal: AbortSignal.timeout(20_000) }))
  .then((r) => r.ok)
  .catch(() => false);

test.skipIf(!reachable)('the Debian rows follow the live index, and a second run finds nothing to do', () => {
  const root = mkdtempSync(join(tmpdir(), 'trialboot-refresh-live-'));
  try {
    cpSync(join(ROOT, 'content/distros'), join(root, 'content/distros'), { recursive: true });
    const file = join(root, 'content/distros/debian-13.mdx');
    // Rows as they were long ago, so that there is something to do on every day.
    const old = readFileSync(file, 'utf8').replace(/^ {4}version: .*$/gm, '    version: 6.12.1-1').replace(/^ {4}checked: .*$/gm, '    checked: 2025-08-09');
    writeFileSync(file, old);
    const run = () => spawnSync(process.execPath, [join(ROOT, 'scripts/refresh.ts'), 'debian', '--content', root], { encoding: 'utf8' });
    const first = run();
    expect(first.status, first.stdout + first.stderr).toBeLessThanOrEqual(1);
    const now = readFileSync(file, 'utf8');
    const versions = [...now.matchAll(/^ {4}version: (.*)$/gm)].map((m) => m[1]!);
    expect(versions[0]).toMatch(/^6\.12\.\d{2,}-\d+$/);
    expect(versions[1]).toMatch(/^\d+\.\d+\.\d+-\d+~bpo13\+\d+$/);
    // The run may have passed midnight.
    const days = [dayOf(new Date()), dayOf(new Date(Date.now() - 3_600_000))];
    expect(days).toContain(/^ {4}checked: (.*)$/m.exec(now)?.[1]);
    expect(now.split('\n---\n')[1]).toBe(old.split('\n---\n')[1]);
    expect(first.stdout).toContain(`6.12.1-1 → ${versions[0]}`);
    const second = run();
    expect(second.stdout).toMatch(/^no difference$/m);
    expect(readFileSync(file, 'utf8')).toBe(now);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

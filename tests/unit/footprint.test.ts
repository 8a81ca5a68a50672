/** What a rollback may leave different, and what it may not. */
import { describe, expect, test } from 'vitest';
import { differences, footprint, lostMetapackages } from '../../src/lab/lane/footprint.ts';
import { readHostSpec } from '../../src/lab/host-spec.ts';

const BEFORE = `ii  linux-generic 1.0
ii  linux-image-1-generic 1.0
ii  sudo 1.9
-- manual
linux-generic
sudo
-- boot
vmlinuz-1
-- env
`;
const LOST = ['linux-generic'];
const AFTER = BEFORE.replace('ii  linux-generic 1.0\n', '').replace('linux-generic\nsudo', 'linux-image-1-generic\nsudo');

describe('two footprints of a host', () => {
  test('are the same', () => {
    expect(differences(BEFORE, BEFORE, [])).toEqual([]);
  });
  test('differ by the metapackage that could not come back, and by the mark of what it kept', () => {
    expect(differences(BEFORE, AFTER, LOST)).toEqual([]);
    expect(differences(BEFORE, AFTER, [])).toEqual(['- ii  linux-generic 1.0', '- linux-generic', '+ linux-image-1-generic']);
  });
  test.each([
    ['a kernel that is left', AFTER.replace('vmlinuz-1', 'vmlinuz-1\nvmlinuz-2'), ['+ vmlinuz-2']],
    ['a package that went along', AFTER.replace('ii  sudo 1.9\n', ''), ['- ii  sudo 1.9']],
    ['another version', AFTER.replace('sudo 1.9', 'sudo 2.0'), ['- ii  sudo 1.9', '+ ii  sudo 2.0']],
    ['a mark on what is no kernel', AFTER.replace('\nsudo\n--', '\nsudo\ncurl\n--'), ['+ curl']],
    ['a metapackage that is still there', BEFORE.replace('linux-generic 1.0', 'linux-generic 2.0'), ['+ ii  linux-generic 2.0', '+ linux-generic']],
    ['a saved entry', AFTER.replace('-- env\n', '-- env\nsaved_entry=1\n'), ['+ saved_entry=1']],
    ['a section that is missing', AFTER.replace('-- env\n', ''), ['- env']],
  ])('show %s', (_, after, lines) => {
    expect(differences(BEFORE, after, LOST)).toEqual(lines);
  });
});

test('only a host whose archive drops packages loses metapackages', () => {
  expect(lostMetapackages(readHostSpec('ubuntu-26.04'))).toEqual(['linux-generic', 'linux-headers-generic', 'linux-image-generic']);
  expect(lostMetapackages(readHostSpec('ubuntu-24.04'))).toEqual([]);
  expect(lostMetapackages(readHostSpec('debian-13'))).toEqual([]);
});

test('a host that tells nothing has no footprint: two of nothing would be alike', async () => {
  const telling = (stdout: string) => footprint({ spec: readHostSpec('debian-13'), exec: () => Promise.resolve({ status: 0, stdout, stderr: '', timedOut: false, ms: 1 }) });
  expect(await telling(BEFORE)).toBe(BEFORE);
  await expect(telling('')).rejects.toThrow('does not tell');
  await expect(telling(BEFORE.replace(/^ii .*\n/gm, ''))).rejects.toThrow('does not tell');
  await expect(telling(BEFORE.replace('vmlinuz-1\n', ''))).rejects.toThrow('does not tell');
});

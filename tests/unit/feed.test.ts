import { describe, expect, test } from 'vitest';
import { atomFeed, uuidOf } from '../../src/facts/feed.ts';
import { readContent } from '../../src/model/read.ts';

const ENTRY = { id: 'one', title: 'A & B <c>', date: '2026-11-01', text: 'He said "no" & left.', href: '/upgrade/debian-13/#trial.arm' };

describe('the feed of changes', () => {
  test('newest first; its date is that of the newest', () => {
    const feed = atomFeed([ENTRY, { ...ENTRY, id: 'two', date: '2026-11-20', title: 'Newer' }]);
    expect(feed.match(/<title>[^<]*/g)).toEqual(['<title>Trialboot: changes', '<title>Newer', '<title>A &amp; B &lt;c&gt;']);
    expect(feed.match(/<updated>[^<]*/g)).toEqual(['<updated>2026-11-20T00:00:00Z', '<updated>2026-11-20T00:00:00Z', '<updated>2026-11-01T00:00:00Z']);
  });
  test('what stands between the tags is escaped', () => {
    expect(atomFeed([ENTRY])).toContain('<summary>He said &quot;no&quot; &amp; left.</summary>');
  });
  test('an entry keeps its name whatever else changes, and no two share one', () => {
    expect(uuidOf('trialboot/changes/one')).toBe(uuidOf('trialboot/changes/one'));
    expect(uuidOf('a')).not.toBe(uuidOf('b'));
    expect(uuidOf('a')).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
  test('without entries there is no feed', () => {
    expect(() => atomFeed([])).toThrow(/no entries under content\/changes/);
  });
  test('the changes of the site can be read', () => {
    const { changes } = readContent(process.cwd());
    expect(changes.length).toBeGreaterThan(3);
    for (const c of changes) expect(c.id.startsWith(String(c.data.date)), `${c.file} begins with its date`).toBe(true);
  });
});

/** The Atom feed of changes (RFC 4287). Pure. */
import { createHash } from 'node:crypto';

export interface FeedEntry {
  /** Name of the entry's file: what it is known by, for ever. */
  id: string;
  title: string;
  /** A day. */
  date: string;
  text: string;
  /** From the root of the site. */
  href: string;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A name that is the same wherever the site lives: a UUID of version 8 (RFC 9562) out of the words. */
export function uuidOf(words: string): string {
  const hex = [...createHash('sha256').update(words).digest('hex').slice(0, 32)];
  hex[12] = '8';
  hex[16] = '89ab'[Number.parseInt(hex[16]!, 16) & 3]!;
  const h = hex.join('');
  return `urn:uuid:${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/**
 * The feed. Links are paths: where the site lives is not known here, and a reader takes them relative to the feed (RFC 4287, 2).
 * @throws Error when there is no entry: a feed has a date
 */
export function atomFeed(entries: readonly FeedEntry[]): string {
  const newest = [...entries].sort((a, b) => b.date.localeCompare(a.date) || a.id.localeCompare(b.id));
  if (newest.length === 0) throw new Error('feed: no entries under content/changes');
  const at = (day: string): string => `${day}T00:00:00Z`;
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <id>${uuidOf('trialboot/feed')}</id>
  <title>Trialboot: changes</title>
  <subtitle>Kernels that moved on, claims that were corrected, runbooks that are new.</subtitle>
  <author><name>Trialboot</name></author>
  <updated>${at(newest[0]!.date)}</updated>
  <link rel="self" type="application/atom+xml" href="/feed.xml"/>
  <link rel="alternate" type="text/html" href="/changes/"/>
${newest
  .map(
    (e) => `  <entry>
    <id>${uuidOf(`trialboot/changes/${e.id}`)}</id>
    <title>${escaped(e.title)}</title>
    <updated>${at(e.date)}</updated>
    <link rel="alternate" type="text/html" href="${escaped(e.href)}"/>
    <summary>${escaped(e.text)}</summary>
  </entry>
`,
  )
  .join('')}</feed>
`;
}

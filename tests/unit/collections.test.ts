/** What reads content/ outside Astro, and Astro's own collections, must see the same entries; and every reference must resolve. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stepIdOf } from '../../src/model/id.ts';
import { readContent } from '../../src/model/read.ts';
import { ROOT } from '../../scripts/lib/project.ts';
import { builtSite } from '../browser/built-site.ts';

describe('the collections and the reader', () => {
  const content = readContent(ROOT);
  test('every entry of one is in the other, with the same data', async () => {
    const dir = await builtSite('plain');
    const api = (name: string): Record<string, { id: string }[]> => JSON.parse(readFileSync(join(dir, 'api/v1', `${name}.json`), 'utf8'));
    const steps = api('steps')['steps'] as unknown as { id: string; title: string; kind: string; privilege: string; distros: string[] }[];
    const read = content.steps.map((s) => ({ id: stepIdOf(s.id), title: s.data.title, kind: s.data.kind, privilege: s.data.privilege }));
    const key = (s: { id: string }): string => s.id;
    const whole = (s: { id: string; title: string; kind: string }): string => JSON.stringify(s);
    expect(steps.map(({ id, title, kind, privilege }) => ({ id, title, kind, privilege })).sort((a, b) => whole(a).localeCompare(whole(b)))).toEqual(
      read.sort((a, b) => whole(a).localeCompare(whole(b))),
    );
    expect(api('distros')['distros']!.map(key).sort()).toEqual(content.distros.map(key).sort());
    expect(api('evidence')['runs']!.length).toBe(content.evidence.length);
  });
  test('references between collections resolve: hosts to distributions, evidence to hosts, probes to steps', () => {
    const distros = new Set(content.distros.map((d) => d.id));
    const hosts = new Set(content.hosts.map((h) => h.id));
    const steps = new Set(content.steps.map((s) => stepIdOf(s.id)));
    expect(content.hosts.filter((h) => !distros.has(h.data.distro)).map((h) => h.file)).toEqual([]);
    expect(content.hosts.filter((h) => h.id !== h.data.id).map((h) => h.file)).toEqual([]);
    expect(content.evidence.filter((e) => !hosts.has(e.data.host) || !distros.has(e.data.distro)).map((e) => e.file)).toEqual([]);
    expect(content.features.filter((f) => typeof f.data.probe === 'string' && !steps.has(f.data.probe)).map((f) => f.file)).toEqual([]);
    expect(content.problems).toEqual([]);
  });
});

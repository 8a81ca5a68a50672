/** The documents under /api/v1/ that hold facts about kernels, as pure functions of the content. Their schemas: src/model/api.ts. */
import type { ApiDocument } from '../model/api.ts';
import type { Source } from '../model/source.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import { sourceWords } from './source-words.ts';

type Named<T> = T & { id: string };
type ApiSource = ApiDocument<'vulnerabilities'>['vulnerabilities'][number]['packaged'][number]['evidence'][number];

export const apiSource = (s: Source): ApiSource => ({
  kind: 'source' in s ? 'citation' : 'file' in s ? 'source' : 'kernel' in s ? 'configuration' : 'run',
  words: sourceWords(s),
  checked: s.checked,
});

const evidenced = <T extends { evidence: Source[] }>(items: readonly T[]) => items.map((i) => ({ ...i, evidence: i.evidence.map(apiSource) }));

export const vulnerabilitiesDocument = (all: readonly Named<Vulnerability>[]): ApiDocument<'vulnerabilities'> => ({
  format_version: 1,
  vulnerabilities: [...all]
    .sort((a, b) => a.cve.localeCompare(b.cve))
    .map(({ id, name, cve, what, fix, inSevenZero, upstream, packaged, mitigation, reviewed }) => ({
      id, name, cve, what, fix, inSevenZero, upstream: evidenced(upstream), packaged: evidenced(packaged), mitigation: evidenced(mitigation), reviewed,
    })),
});

/** The documents under /api/v1/ that hold facts about kernels, as pure functions of the content. Their schemas: src/model/api.ts. */
import type { ApiDocument } from '../model/api.ts';
import type { FeatureMeta } from '../model/feature.ts';
import type { MeasuredKernel } from '../model/kernel.ts';
import type { SeriesMeta } from '../model/series.ts';
import type { Source } from '../model/source.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import { compareSeries } from './matrix.ts';
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

type Cell = ApiDocument<'features'>['features'][number]['matrix'][number];

/** @param cells the cells of a note, by its id, in the order of the matrix */
export const featuresDocument = (notes: readonly Named<FeatureMeta>[], cells: (id: string) => Cell[]): ApiDocument<'features'> => ({
  format_version: 1,
  features: [...notes]
    .sort((a, b) => a.id.localeCompare(b.id))
    .map((n) => ({
      id: n.id,
      title: n.title,
      area: n.area,
      kind: n.kind,
      summary: n.summary,
      concerns: n.concerns,
      since: n.since,
      kconfig: n.kconfig,
      drivers: n.drivers,
      default: n.default,
      switches: n.switches,
      oneWay: n.oneWay,
      before: n.before,
      after: n.after,
      upstream: { ...n.upstream, evidence: n.upstream.evidence.map(apiSource) },
      userspace: n.userspace.map((u) => ({ package: u.package, min: u.min ?? null, what: u.what, evidence: u.evidence.map(apiSource) })),
      probe: typeof n.probe === 'string' ? n.probe : null,
      claims: n.claims.map((c) => ({ claim: c.claim, verdict: c.verdict, reality: c.reality, check: c.check ?? null, evidence: c.evidence.map(apiSource) })),
      matrix: cells(n.id),
      reviewed: n.reviewed,
    })),
});

export const kernelsDocument = (kernels: readonly MeasuredKernel[]): ApiDocument<'kernels'> => ({
  format_version: 1,
  kernels: [...kernels]
    .sort((a, b) => a.release.localeCompare(b.release, 'en', { numeric: true }))
    .map(({ format_version: _form, ...k }) => ({ ...k, partial: k.partial ?? null })),
});

export const seriesDocument = (series: readonly SeriesMeta[]): ApiDocument<'series'> => ({
  format_version: 1,
  series: [...series].sort((a, b) => compareSeries(a.series, b.series)).map((s) => ({ ...s, note: s.note ?? null, asOf: s.asOf ?? null })),
});

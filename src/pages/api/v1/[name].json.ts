import type { APIRoute, GetStaticPaths } from 'astro';
import { getCollection } from 'astro:content';
import { featuresDocument, kernelsDocument, seriesDocument, vulnerabilitiesDocument } from '../../../facts/api.ts';
import { API, type ApiName } from '../../../model/api.ts';
import { distrosDocument, evidenceDocument, stepsDocument } from '../../../runbook/api.ts';
import { features } from '../../_features.ts';
import { site } from '../../_site.ts';

export const getStaticPaths = (() => Object.keys(API).map((name) => ({ params: { name } }))) satisfies GetStaticPaths;

/** Each document passes its own published schema before it is written. */
export const GET: APIRoute = async ({ params }) => {
  const { steps, runbooks, runs, distros, scripts } = await site();
  const documents = {
    steps: () => stepsDocument(steps, runbooks, runs),
    distros: () => distrosDocument(distros),
    scripts: () => scripts,
    evidence: () => evidenceDocument(runs),
    features: async () => {
      const { notes, columns, cell } = await features();
      return featuresDocument(notes.map((n) => ({ id: n.id, ...n.data })), (id) => {
        const note = notes.find((n) => n.id === id)!;
        return columns.map((column) => {
          const { value, how, source, checked } = cell(note, column);
          return { distro: column.distro, kernel: column.release ?? column.series, value, how, source: how === 'unknown' ? null : source, checked: checked ?? null };
        });
      });
    },
    kernels: async () => kernelsDocument((await getCollection('kernels')).map((e) => e.data)),
    series: async () => seriesDocument((await getCollection('series')).map((e) => e.data)),
    vulnerabilities: async () => vulnerabilitiesDocument((await getCollection('vulnerabilities')).map((e) => ({ id: e.id, ...e.data }))),
  };
  const name = params['name'] as ApiName;
  return new Response(`${JSON.stringify(API[name].parse(await documents[name]()))}\n`);
};

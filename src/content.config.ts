import { glob } from 'astro/loaders';
import { defineCollection } from 'astro:content';
import { Change } from './model/change.ts';
import { Checklist } from './model/checklist.ts';
import { Corrections } from './model/correction.ts';
import { DistroMeta } from './model/distro.ts';
import { EvidenceRun } from './model/evidence.ts';
import { FeatureMeta } from './model/feature.ts';
import { GuideMeta } from './model/guide.ts';
import { HostSpec } from './model/host.ts';
import { MeasuredKernel } from './model/kernel.ts';
import { stepKeyOfPath } from './model/read.ts';
import { PhaseMeta } from './model/runbook.ts';
import { SeriesMeta } from './model/series.ts';
import { StepMeta } from './model/step.ts';
import { MeasuredUserspace } from './model/userspace.ts';
import { Vulnerability } from './model/vulnerability.ts';

const withoutExtension = (path: string): string => path.replace(/\.[a-z]+$/, '');

export const collections = {
  runbooks: defineCollection({
    loader: glob({ base: 'content/runbooks', pattern: '*.mdx' }),
    schema: PhaseMeta,
  }),
  steps: defineCollection({
    loader: glob({
      base: 'content/steps',
      pattern: '**/*.mdx',
      generateId: ({ entry }) => stepKeyOfPath(withoutExtension(entry)),
    }),
    schema: StepMeta,
  }),
  distros: defineCollection({
    loader: glob({ base: 'content/distros', pattern: '*.mdx', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: DistroMeta,
  }),
  features: defineCollection({
    loader: glob({ base: 'content/features', pattern: '*.mdx', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: FeatureMeta,
  }),
  guide: defineCollection({
    loader: glob({ base: 'content/guide', pattern: '*.mdx', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: GuideMeta,
  }),
  checklists: defineCollection({
    loader: glob({ base: 'content/checklists', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: Checklist,
  }),
  corrections: defineCollection({
    loader: glob({ base: 'content/corrections', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: Corrections,
  }),
  changes: defineCollection({
    loader: glob({ base: 'content/changes', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: Change,
  }),
  hosts: defineCollection({
    loader: glob({ base: 'content/hosts', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: HostSpec,
  }),
  series: defineCollection({
    loader: glob({ base: 'content/series', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: SeriesMeta,
  }),
  kernels: defineCollection({
    loader: glob({ base: 'content/kernels', pattern: '*.json', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: MeasuredKernel,
  }),
  userspace: defineCollection({
    loader: glob({ base: 'content/userspace', pattern: '*.json', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: MeasuredUserspace,
  }),
  vulnerabilities: defineCollection({
    loader: glob({ base: 'content/vulnerabilities', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: Vulnerability,
  }),
  evidence: defineCollection({
    loader: glob({ base: 'content/evidence', pattern: '**/*.json', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: EvidenceRun,
  }),
};

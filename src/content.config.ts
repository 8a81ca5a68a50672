import { glob } from 'astro/loaders';
import { defineCollection } from 'astro:content';
import { Change } from './model/change.ts';
import { Checklist } from './model/checklist.ts';
import { DistroMeta } from './model/distro.ts';
import { EvidenceRun } from './model/evidence.ts';
import { FeatureMeta } from './model/feature.ts';
import { GuideMeta } from './model/guide.ts';
import { HostSpec } from './model/host.ts';
import { stepKeyOfPath } from './model/read.ts';
import { PhaseMeta } from './model/runbook.ts';
import { StepMeta } from './model/step.ts';
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
  changes: defineCollection({
    loader: glob({ base: 'content/changes', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: Change,
  }),
  hosts: defineCollection({
    loader: glob({ base: 'content/hosts', pattern: '*.yaml', generateId: ({ entry }) => withoutExtension(entry) }),
    schema: HostSpec,
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

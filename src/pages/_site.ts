/**
 * What all pages are made of: the collections, understood by the same functions that compile the scripts, and the
 * manifest of the scripts as they lie in public/.
 */
import { existsSync, readFileSync } from 'node:fs';
import { publicDir } from 'astro:config/server';
import { type CollectionEntry, getCollection } from 'astro:content';
import type { ApiDocument } from '../model/api.ts';
import type { HostSpec } from '../model/host.ts';
import { formatProblem } from '../model/problem.ts';
import type { Run } from '../runbook/badge.ts';
import { type Distro, type Runbook, scripted, selectRunbook } from '../runbook/select.ts';
import { type Step, toStep } from '../runbook/step.ts';

export interface Site {
  steps: Step[];
  distros: Distro[];
  runbooks: Runbook[];
  hosts: HostSpec[];
  /** Newest first. */
  runs: Run[];
  scripts: ApiDocument<'scripts'>;
  /** The entries themselves, for their prose. */
  entries: {
    /** By the step's key. */
    step: Map<string, CollectionEntry<'steps'>>;
    phase: Map<string, CollectionEntry<'runbooks'>>;
    distro: Map<string, CollectionEntry<'distros'>>;
  };
}

function stepOf(entry: CollectionEntry<'steps'>): Step {
  const file = entry.filePath ?? entry.id;
  const { step, problems } = toStep({ key: entry.id, meta: entry.data, body: entry.body ?? '', file, bodyLine: 1 });
  if (!step || problems.length > 0) throw new Error(`${problems.map(formatProblem).join('\n')}\nRun npm run lint:content for line numbers.`);
  return step;
}

/** The manifest beside the scripts. Throws if it is missing or speaks of other texts than the pages would show. */
function readManifest(runbooks: Runbook[]): Site['scripts'] {
  const file = new URL('scripts/manifest.json', publicDir);
  if (!existsSync(file)) throw new Error('public/scripts/manifest.json is missing; build with npm run build, which writes the scripts first');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Site['scripts'];
  for (const { distro, steps } of runbooks) {
    const script = manifest.scripts.find((s) => s.distro === distro.id);
    const inScript = script?.steps.map((s) => `${s.id} ${s.sha256}`).join('\n');
    if (inScript !== steps.map((s) => `${s.id} ${s.sha256}`).join('\n')) {
      throw new Error(`public/scripts holds other steps for ${distro.id} than content/; build with npm run build, which writes the scripts first`);
    }
  }
  const order = runbooks.map((r) => r.distro.id);
  return { ...manifest, scripts: [...manifest.scripts].sort((a, b) => order.indexOf(a.distro) - order.indexOf(b.distro)) };
}

async function load(): Promise<Site> {
  const [steps, phases, distroEntries, hosts, evidence] = await Promise.all([
    getCollection('steps'),
    getCollection('runbooks'),
    getCollection('distros'),
    getCollection('hosts'),
    getCollection('evidence'),
  ]);
  const understood = steps.map(stepOf);
  // Newest release first: debian-13 before debian-12.
  const distros = distroEntries
    .map((d) => ({ id: d.id, ...d.data }))
    .sort((a, b) => a.family.localeCompare(b.family) || b.id.localeCompare(a.id, 'en', { numeric: true }));
  const runbooks = scripted(distros).map((d) => selectRunbook(d, phases.map((p) => p.data), understood));
  return {
    steps: understood,
    distros,
    runbooks,
    hosts: hosts.map((h) => h.data),
    runs: evidence.map((e) => ({ id: e.id, ...e.data })).sort((a, b) => b.date.localeCompare(a.date) || a.id.localeCompare(b.id)),
    scripts: readManifest(runbooks),
    entries: {
      step: new Map(steps.map((e) => [e.id, e])),
      phase: new Map(phases.map((e) => [e.data.phase, e])),
      distro: new Map(distroEntries.map((e) => [e.id, e])),
    },
  };
}

let loaded: Promise<Site> | undefined;
/** The site's data, read once a build. In `astro dev` content changes, so there it is read for every page. */
export function site(): Promise<Site> {
  if (import.meta.env.DEV) return load();
  loaded ??= load();
  return loaded;
}

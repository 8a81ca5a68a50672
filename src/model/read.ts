/**
 * Reads content/ outside Astro, with the very schemas the collections use. The only file besides Astro's loaders that
 * knows where content lies on disk.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import yaml from 'js-yaml';
import type { z } from 'astro/zod';
import type { Problem } from './problem.ts';
import { Change } from './change.ts';
import { Checklist } from './checklist.ts';
import { Corrections } from './correction.ts';
import { DistroMeta } from './distro.ts';
import { EvidenceRun } from './evidence.ts';
import { FeatureMeta } from './feature.ts';
import { GuideMeta } from './guide.ts';
import { HostSpec } from './host.ts';
import { MeasuredKernel } from './kernel.ts';
import { PhaseMeta } from './runbook.ts';
import { SeriesMeta } from './series.ts';
import { StepMeta } from './step.ts';
import { MeasuredUserspace } from './userspace.ts';
import { Vulnerability } from './vulnerability.ts';

/** A content file is prose and a short text; anything larger is a mistake (a pasted log, a binary). Evidence is data. */
export const MAX_BYTES = { mdx: 64 * 1024, yaml: 64 * 1024, json: 2 * 1024 * 1024 } as const;

/** One entry: validated front matter (or data) and the rest of the file. */
export interface Entry<T> {
  id: string;
  data: T;
  body: string;
  file: string;
  bodyLine: number;
}

/** Everything under content/. */
export interface Content {
  steps: Entry<StepMeta>[];
  phases: Entry<PhaseMeta>[];
  distros: Entry<DistroMeta>[];
  features: Entry<FeatureMeta>[];
  guide: Entry<GuideMeta>[];
  checklists: Entry<Checklist>[];
  corrections: Entry<Corrections>[];
  hosts: Entry<HostSpec>[];
  kernels: Entry<MeasuredKernel>[];
  userspace: Entry<MeasuredUserspace>[];
  changes: Entry<Change>[];
  vulnerabilities: Entry<Vulnerability>[];
  series: Entry<SeriesMeta>[];
  evidence: Entry<EvidenceRun>[];
  problems: Problem[];
}

const walk = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((e) => (e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)]));

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

type Format = keyof typeof MAX_BYTES;

class BadContent extends Error {
  readonly line: number;
  readonly rule: string;
  readonly mend: string;
  constructor(rule: string, line: number, message: string, mend: string) {
    super(message);
    this.rule = rule;
    this.line = line;
    this.mend = mend;
  }
}

/** Text of a content file. Throws BadContent for what no parser should be given. */
function readText(path: string, format: Format): string {
  const { size } = statSync(path);
  const limit = MAX_BYTES[format];
  if (size > limit) {
    throw new BadContent('too-large', 0, `${size} bytes; a .${format} file of content/ has at most ${limit}`, 'keep logs and data out of content/');
  }
  const bytes = readFileSync(path);
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    throw new BadContent('nul', lineAt(bytes.toString('latin1'), nul), 'a NUL byte', 'save the file as plain UTF-8 text');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BadContent('not-utf8', 0, 'not valid UTF-8', 'save the file as UTF-8');
  }
  if (text.startsWith('\uFEFF')) throw new BadContent('bom', 1, 'a byte order mark', 'save the file without BOM');
  const cr = text.indexOf('\r');
  if (cr >= 0) throw new BadContent('crlf', lineAt(text, cr), 'a carriage return (CRLF line ends)', 'save the file with LF line ends');
  return text;
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

function parseYaml(text: string, firstLine: number): unknown {
  try {
    return yaml.load(text);
  } catch (error) {
    if (error instanceof yaml.YAMLException) {
      const line = firstLine + (error.mark?.line ?? 0);
      throw new BadContent('yaml', line, `broken YAML: ${error.reason}`, 'check indentation, quotes and colons around this line');
    }
    throw error;
  }
}

function splitFrontMatter(text: string): { yaml: string; body: string; bodyLine: number } {
  const lines = text.split('\n');
  if (lines[0] !== '---') throw new BadContent('front-matter', 1, 'no front matter', 'begin the file with --- and its keys');
  const end = lines.indexOf('---', 1);
  if (end < 0) throw new BadContent('front-matter', 1, 'the front matter is never closed', 'add --- alone on a line after the keys');
  return { yaml: lines.slice(1, end).join('\n'), body: lines.slice(end + 1).join('\n'), bodyLine: end + 2 };
}

/** Line of the key an issue speaks of: the deepest key of its path that stands at the start of a line. */
function lineOfPath(source: string, firstLine: number, path: readonly PropertyKey[]): number {
  const lines = source.split('\n');
  let from = 0;
  let found = 0;
  for (const key of path) {
    if (typeof key !== 'string') continue;
    const at = lines.findIndex((l, i) => i >= from && l.trimStart().replace(/^- /, '').startsWith(`${key}:`));
    if (at < 0) break;
    found = at;
    from = at;
  }
  return firstLine + found;
}

function validate<T>(schema: z.ZodType<T>, data: unknown, source: string, firstLine: number): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [...issue.path, ...unknown];
  const where = path.map(String).join('.') || '(top level)';
  throw new BadContent(
    unknown.length > 0 ? 'unknown-key' : 'schema',
    lineOfPath(source, firstLine, path),
    `field ${where}: ${issue.message}`,
    unknown.length > 0
      ? `remove or correct ${unknown.join(', ')}; the known keys stand in src/model`
      : 'give the field the form its schema in src/model asks for',
  );
}

function readCollection<T>(
  root: string,
  folder: string,
  format: Format,
  schema: z.ZodType<T>,
  toId: (path: string) => string,
  problems: Problem[],
): Entry<T>[] {
  const dir = join(root, 'content', folder);
  if (!exists(dir)) return [];
  const entries: Entry<T>[] = [];
  const seen = new Map<string, string>();
  for (const path of walk(dir)) {
    const file = relative(root, path).split(sep).join('/');
    if (!path.endsWith(`.${format}`)) {
      problems.push({ file, line: 0, rule: 'file-type', message: `not a .${format} file`, mend: `content/${folder} holds .${format} files only` });
      continue;
    }
    try {
      const text = readText(path, format);
      const parts = format === 'mdx' ? splitFrontMatter(text) : { yaml: text, body: '', bodyLine: 1 };
      const firstLine = format === 'mdx' ? 2 : 1;
      const data = validate(schema, parseYaml(parts.yaml, firstLine), parts.yaml, firstLine);
      const id = toId(relative(dir, path).split(sep).join('/').slice(0, -format.length - 1));
      const other = seen.get(id);
      if (other) throw new BadContent('duplicate-id', 0, `the id ${id} is taken by ${other}`, 'rename one of the two files');
      seen.set(id, file);
      entries.push({ id, data, body: parts.body, file, bodyLine: parts.bodyLine });
    } catch (error) {
      if (!(error instanceof BadContent)) throw error;
      problems.push({ file, line: error.line, rule: error.rule, message: error.message, mend: error.mend });
    }
  }
  return entries;
}

/** `preflight/boot-space` → `preflight.boot-space`, `trial/arm@bls` → `trial.arm@bls`. Shared with the collection's loader so that both agree. */
export const stepKeyOfPath = (path: string): string => path.replaceAll('/', '.').toLowerCase();

/**
 * Reads and validates everything under `content/`. Never throws for bad content: each mistake is a problem, and the
 * file that has it is left out.
 * @param root the project's folder
 */
export function readContent(root: string): Content {
  const problems: Problem[] = [];
  return {
    steps: readCollection(root, 'steps', 'mdx', StepMeta, stepKeyOfPath, problems),
    phases: readCollection(root, 'runbooks', 'mdx', PhaseMeta, (p) => basename(p), problems),
    distros: readCollection(root, 'distros', 'mdx', DistroMeta, (p) => p, problems),
    features: readCollection(root, 'features', 'mdx', FeatureMeta, (p) => p, problems),
    guide: readCollection(root, 'guide', 'mdx', GuideMeta, (p) => p, problems),
    checklists: readCollection(root, 'checklists', 'yaml', Checklist, (p) => p, problems),
    corrections: readCollection(root, 'corrections', 'yaml', Corrections, (p) => p, problems),
    hosts: readCollection(root, 'hosts', 'yaml', HostSpec, (p) => p, problems),
    kernels: readCollection(root, 'kernels', 'json', MeasuredKernel, (p) => p, problems),
    userspace: readCollection(root, 'userspace', 'json', MeasuredUserspace, (p) => p, problems),
    changes: readCollection(root, 'changes', 'yaml', Change, (p) => p, problems),
    vulnerabilities: readCollection(root, 'vulnerabilities', 'yaml', Vulnerability, (p) => p, problems),
    series: readCollection(root, 'series', 'yaml', SeriesMeta, (p) => p, problems),
    evidence: readCollection(root, 'evidence', 'json', EvidenceRun, (p) => p, problems),
    problems,
  };
}

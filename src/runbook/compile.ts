import { seconds } from '../model/step.ts';
import { bootChain } from './boot-chain.ts';
import { digest } from './digest.ts';
import type { Runbook } from './select.ts';
import type { Step } from './step.ts';

/** Ends a step's text within a script. A text that holds this line is refused. */
export const END_OF_STEP = 'TB_END_OF_STEP';

/** The runtime, in the order in which it is spliced in. File names under src/shell. */
export const RUNTIME = ['ui', 'json', 'state', 'guard', 'step', 'phase', 'report', 'judge', 'commands', 'main'] as const;
export type Runtime = Record<(typeof RUNTIME)[number], string>;

/** A compiled script and what the manifest says about it. */
export interface Script {
  distro: string;
  file: string;
  text: string;
  sha256: string;
  bytes: number;
  version: string;
  steps: { id: string; sha256: string; phase: string; kind: string }[];
}

/** A word in single quotes, safe for bash. */
export const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The step as it stands in a script: its attributes, then its text, byte for byte. Throws if the text cannot stand there. */
export function compileStep(step: Step): string {
  const { id, meta, text } = step;
  if (text.split('\n').includes(END_OF_STEP)) {
    throw new Error(`${step.file}: the text holds the line ${END_OF_STEP}, which ends a step in the script; rename it`);
  }
  const attributes: [string, string | undefined][] = [
    ['PHASE', id.slice(0, id.indexOf('.'))],
    ['KIND', meta.kind],
    ['GATE', meta.kind === 'check' ? meta.gate : undefined],
    ['TIMEOUT', String(seconds(meta.timeout))],
    ['TITLE', meta.title],
    ['SHA', step.sha256],
    ['NEEDS', meta.needs.length > 0 ? meta.needs.join(' ') : undefined],
    ['OUTCOME', meta.kind === 'action' ? meta.outcome : undefined],
    ['DONE_WHEN', meta.kind === 'action' ? meta.doneWhen : undefined],
    ['NAMES', meta.kind === 'vars' ? meta.names.join(' ') : undefined],
    ['HINT', 'remedy' in meta ? meta.remedy?.hint : undefined],
    ['REMEDY', 'remedy' in meta ? meta.remedy?.step : undefined],
  ];
  const lines = attributes
    .filter((a): a is [string, string] => a[1] !== undefined)
    .map(([name, value]) => `TB_${name}['${id}']=${quote(value)}`);
  return [`# step ${id}`, ...lines, `tb_define ${id} << '${END_OF_STEP}'`, text, END_OF_STEP, ''].join('\n');
}

/**
 * The version of a script: the project's, then eight digits of a hash over the steps and the runtime, so that two
 * scripts with the same version are the same script.
 */
export function scriptVersion(project: string, runbook: Runbook, runtime: Runtime): string {
  const parts = [...RUNTIME.map((name) => runtime[name]), ...runbook.steps.map(compileStep), JSON.stringify(runbook.distro)];
  return `${project}+${digest(parts.join('\0')).slice(0, 8)}`;
}

/**
 * Compiles a runbook into one self-contained bash script. Pure: the same inputs give the same bytes.
 * @param project version of the project, from package.json
 */
export function compileScript(runbook: Runbook, runtime: Runtime, project: string): Script {
  const { distro } = runbook;
  const chain = bootChain(distro);
  const file = `trialboot-${distro.id}.sh`;
  const version = scriptVersion(project, runbook, runtime);
  const maintainers = [...new Set(distro.kernels.filter((k) => k.series === distro.toSeries).map((k) => k.maintainedBy))];
  const text = [
    '#!/usr/bin/env bash',
    `# ${file}: kernel upgrade with a trial boot for ${distro.name}. Version ${version}.`,
    '#',
    '# Generated from the steps that the site shows; each stands below byte for byte. Needs nothing but what a minimal',
    `# ${distro.name} server has. Begin with:  bash ${file} preflight   (it looks and changes nothing)`,
    '# Code: MIT. Texts of the steps: CC BY 4.0.',
    '#',
    "# shellcheck disable=SC2034,SC2016  # attributes only some steps have; remedies that show a command",
    "if [ -z \"${BASH_VERSION:-}\" ]; then printf 'trialboot: run this with bash\\n' >&2; exit 3; fi",
    '',
    `TB_DISTRO=${quote(distro.id)}`,
    `TB_DISTRO_NAME=${quote(distro.name)}`,
    `TB_OS_ID=${quote([distro.osRelease.ID].flat().join(' '))}`,
    `TB_OS_VERSION=${quote(distro.osRelease.VERSION_ID ?? '')}`,
    `TB_VERSION=${quote(version)}`,
    `TB_FROM_TO=${quote(`From ${distro.from} to ${distro.to}.`)}`,
    `TB_MANAGER=${quote(chain.manager)}`,
    `TB_GRUB_DIR=${quote(chain.grubDir)}`,
    `TB_IMAGE=${quote(chain.image)}`,
    `TB_INITRD=${quote(chain.initrd)}`,
    `TB_IMAGE_PACKAGE=${quote(chain.imagePackage)}`,
    `TB_MAINTAINER=${quote(maintainers.join('; '))}`,
    '',
    'TB_IDS=()',
    'declare -A TB_PHASE TB_KIND TB_GATE TB_TIMEOUT TB_TITLE TB_SHA TB_NEEDS TB_OUTCOME TB_DONE_WHEN TB_NAMES TB_HINT',
    'declare -A TB_REMEDY TB_TEXT TB_LAST TB_JUDGED TB_ACCEPT TB_COUNT',
    '',
    ...RUNTIME.map((name) => runtime[name].trimEnd() + '\n'),
    '# The steps.',
    '',
    ...runbook.steps.map(compileStep),
    'tb_main "$@"',
    '',
  ].join('\n');
  return {
    distro: distro.id,
    file,
    text,
    sha256: digest(text),
    bytes: Buffer.byteLength(text, 'utf8'),
    version,
    steps: runbook.steps.map((s) => ({
      id: s.id,
      sha256: s.sha256,
      phase: s.id.slice(0, s.id.indexOf('.')),
      kind: s.meta.kind,
    })),
  };
}

/** The text of a step, read back out of a script's bytes. Undefined if the script has no such step. */
export function stepTextInScript(script: string, id: string): string | undefined {
  const open = `\ntb_define ${id} << '${END_OF_STEP}'\n`;
  const from = script.indexOf(open);
  if (from < 0) return undefined;
  const start = from + open.length;
  const end = script.indexOf(`\n${END_OF_STEP}\n`, start);
  return end < 0 ? undefined : script.slice(start, end);
}

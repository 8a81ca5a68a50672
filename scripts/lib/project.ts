/** What every entry point needs: the project's folder, its content, its runtime. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatProblem } from '../../src/model/problem.ts';
import { readContent } from '../../src/model/read.ts';
import { STAGES } from '../../src/model/stage.ts';
import { RUNTIME, type Runtime } from '../../src/runbook/compile.ts';
import { type Project, understand } from '../../src/runbook/project.ts';

/** The project's folder. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Names of all fixtures: the lab's stages and the files in tests/fixtures/hosts. */
export function fixtureNames(root = ROOT): Set<string> {
  const files = readdirSync(join(root, 'tests/fixtures/hosts')).filter((f) => f.endsWith('.sh'));
  return new Set([...STAGES, ...files.map((f) => f.slice(0, -3))]);
}

/** Version of the project, from package.json. */
export const projectVersion = (root = ROOT): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

/** The bash runtime, file by file. */
export function readRuntime(root = ROOT): Runtime {
  return Object.fromEntries(
    RUNTIME.map((name) => [name, readFileSync(join(root, 'src/shell', `${name}.sh`), 'utf8')]),
  ) as Runtime;
}

/** Reads the content for trying things out: problems are counted, not fatal. `npm run lint:content` lists them. */
export function loadLenient(root = ROOT): Project {
  const project = understand(readContent(root), fixtureNames(root));
  if (project.problems.length > 0) {
    console.error(`content/ has ${project.problems.length} problems (npm run lint:content lists them); going on`);
  }
  return project;
}

/** Reads and lints the content. Prints every problem and ends the process with 1 if there is one. */
export function loadOrExit(root = ROOT): Project {
  const project = understand(readContent(root), fixtureNames(root));
  if (project.problems.length > 0) {
    for (const p of project.problems) console.error(formatProblem(p));
    console.error(`\n${project.problems.length} problem${project.problems.length === 1 ? '' : 's'} in content/; nothing was written.`);
    process.exit(1);
  }
  return project;
}

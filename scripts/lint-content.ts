/** `npm run lint:content`: the step contract, over every file of content/, then ShellCheck and the shell parser over every text and script. */
import { compileScript } from '../src/runbook/compile.ts';
import { runbooks } from '../src/runbook/project.ts';
import { formatProblem } from '../src/model/problem.ts';
import { loadOrExit, projectVersion, readRuntime } from './lib/project.ts';
import { checkShell, shellcheckName } from './lib/shellcheck.ts';

const project = loadOrExit();
const runtime = readRuntime();
const scripts = runbooks(project).map((r) => compileScript(r, runtime, projectVersion()));
const units = [
  ...project.steps.map((s) => ({ file: s.file, firstLine: s.textLine, text: `${s.text}\n`, fence: true })),
  ...scripts.map((s) => ({ file: `public/scripts/${s.file}`, firstLine: 1, text: s.text, fence: false })),
];
const problems = await checkShell(units);
for (const p of problems) console.error(formatProblem(p));
console.log(
  `content: ${project.steps.length} steps, ${project.phases.length} phases, ${project.distros.length} distributions; ` +
    `${units.length} shell texts through ${await shellcheckName()} and the shell parser: ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;

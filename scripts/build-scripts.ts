/** `npm run scripts`: compiles content/ into public/scripts (one script a distribution, SHA256SUMS, manifest.json) and public/schemas. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'astro/zod';
import { Report } from '../src/model/report.ts';
import { compileScript } from '../src/runbook/compile.ts';
import { manifest } from '../src/runbook/manifest.ts';
import { runbooks } from '../src/runbook/project.ts';
import { loadOrExit, projectVersion, readRuntime, ROOT } from './lib/project.ts';

const project = loadOrExit();
const runtime = readRuntime();
const scripts = runbooks(project).map((r) => compileScript(r, runtime, projectVersion()));

/** Writes a set of files into an emptied folder; each file is whole or absent. */
function writeFolder(folder: string, files: Record<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.new`), text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 });
    renameSync(join(folder, `${name}.new`), join(folder, name));
  }
}

writeFolder(join(ROOT, 'public/scripts'), {
  ...Object.fromEntries(scripts.map((s) => [s.file, s.text])),
  SHA256SUMS: scripts.map((s) => `${s.sha256}  ${s.file}\n`).join(''),
  'manifest.json': `${JSON.stringify(manifest(scripts), null, 2)}\n`,
});
writeFolder(join(ROOT, 'public/schemas'), {
  'report-v1.json': `${JSON.stringify(z.toJSONSchema(Report, { io: 'output' }), null, 2)}\n`,
});
for (const s of scripts) console.log(`public/scripts/${s.file}  ${s.version}  ${s.steps.length} steps  ${s.bytes} bytes  sha256 ${s.sha256}`);

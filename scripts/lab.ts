/** `npm run lab -- …`: machines to try things on. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { readContent } from '../src/model/read.ts';
import { cacheDir, pruneCache } from '../src/lab/system/cache.ts';
import { Phase, PHASES } from '../src/model/id.ts';
import { fixtureCases, readFixture, runCases } from '../src/lab/lane/fixture.ts';
import { createHost, listHosts, reapHosts, requirements } from '../src/lab/host.ts';
import { PASTE_CONFIGURATIONS, RECORD_LANES, recordHost } from '../src/lab/lane/record.ts';
import { runPastePath } from '../src/lab/lane/paste-path.ts';
import { runPath } from '../src/lab/lane/path.ts';
import { SCENARIOS } from '../src/lab/scenario/list.ts';
import { makeCloudImage } from '../src/lab/vm/cloud-image.ts';
import { SCRIPT_PATH, StageBuilder } from '../src/lab/lane/stage.ts';
import { isStage, STAGES } from '../src/model/stage.ts';
import { compileScript, type Script } from '../src/runbook/compile.ts';
import { runbooks } from '../src/runbook/project.ts';
import type { Runbook } from '../src/runbook/select.ts';
import { runScenarios, runSoak, VM_HOST, vmShell } from './lib/scenarios.ts';
import { runProbes } from './lib/probes.ts';
import { loadLenient, projectVersion, readRuntime, ROOT } from './lib/project.ts';

const HELP = `usage: npm run lab -- COMMAND

  hosts                          the hosts described in content/hosts
  shell HOST [--stage STAGE]     a root shell on a fresh host; it is thrown away afterwards
                                 stages: ${STAGES.join(' ')}
        [--fixture NAME]         … after a fixture of tests/fixtures/hosts
        [--layout L]             on a virtual machine (stages plain, prepared, upgraded), which you may restart
        [--image FILE]           … whose disk is a copy of a cloud image ([--distro ID] [--internet], as for run)
  fixtures HOST [STEP…]          each check against all its fixtures (--jobs N, default 2)
  path HOST                      the whole script: preflight to commit, and back
  paste HOST                     the whole runbook by pasting, in every terminal configuration
  record HOST… [--lane LANE]     run all of the above, or one lane (path, way-back, paste, housekeeping, harden, repair, fixture), and write content/evidence
        [--phase PHASE]          … of the lane fixture only the checks of a phase, as a run of its own
  run SCENARIO… | short | all    scenarios on virtual machines that really boot, with a line for each and its CPU seconds
        [--layout L] [--record]  one storage layout only; write content/evidence
        [--image FILE]           on a copy of a cloud image (any that has cloud-init) instead of the host's own disks, with the script of
                                 its own distribution (it is asked; or --distro ID)
        [--internet]             … whose machines reach the network, for the packages of a distribution the lab has none of
        [--host HOST]            on another host of the lane vm (rhel-10-vm)
        [--keep]                 afterwards a shell on the machine, as the scenario left it
  scenarios                      their names, layouts and what they do
  soak --cuts N --seed S         at least N power cuts at random instants over the whole way, several on each machine; one that was
                                 ended goes on where it was (--record writes the evidence)
  probe [NAME…]                  asks booted kernels what they have, by every probe, and shows the demonstrations; NAME: a probe, demo-NAME,
                                 probes, demos
        [--kernel 6.12|7.0|7.3]  these only (may be repeated); 7.0 comes from the folder that TRIALBOOT_KERNELS names
        [--record]               writes content/evidence
  make-image FILE                a small Debian cloud image to try --image with
  list                           hosts that exist on this machine now
  reap                           remove hosts whose owner is gone
  prune [--days N]               remove what the cache holds and nobody used for N days (default 14); it is rebuilt when it is wanted`;

/** Ends with one line on stderr. */
function fail(message: string): never {
  console.error(`lab: ${message}`);
  process.exit(2);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    stage: { type: 'string' },
    fixture: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    lane: { type: 'string' },
    phase: { type: 'string' },
    layout: { type: 'string' },
    image: { type: 'string' },
    host: { type: 'string' },
    distro: { type: 'string' },
    internet: { type: 'boolean' },
    record: { type: 'boolean' },
    keep: { type: 'boolean' },
    kernel: { type: 'string', multiple: true },
    cuts: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '14' },
    help: { type: 'boolean', short: 'h' },
  },
});
const [command, hostId, ...rest] = positionals;

function forHost(id: string | undefined): { runbook: Runbook; script: Script; hostId: string } {
  const content = readContent(ROOT);
  const host = content.hosts.find((h) => h.id === id);
  if (!host) fail(`no host '${id ?? ''}'; content/hosts has: ${content.hosts.map((h) => h.id).join(', ')}`);
  const runbook = runbooks(loadLenient()).find((r) => r.distro.id === host.data.distro);
  if (!runbook) fail(`no script is generated for ${host.data.distro}`);
  return { runbook, script: compileScript(runbook, readRuntime(), projectVersion()), hostId: host.id };
}

const isVmHost = (id: string): boolean => readContent(ROOT).hosts.some((h) => h.id === id && h.data.lane === 'vm');

async function mustRehearse(): Promise<void> {
  const { ok, missing } = await requirements();
  if (!ok) fail(`this machine cannot rehearse:\n${missing.map((m) => `  ${m.what}: ${m.install}`).join('\n')}`);
}

async function fixtures(): Promise<number> {
  const { runbook, script } = forHost(hostId);
  const cases = fixtureCases(runbook, rest);
  if (cases.length === 0) fail(`no check of ${hostId} matches ${rest.join(' ')}`);
  const stages = new StageBuilder(hostId!, script);
  const outcomes = await runCases(ROOT, stages, runbook, cases, Number(values.jobs), (o, done) => {
    const mark = o.actual === o.expected ? 'ok  ' : 'NOT ';
    console.log(`${mark} ${done}/${cases.length} ${o.step.id} on ${o.fixture}: expected ${o.expected}, got ${o.actual}: ${o.line}`);
    if (o.actual !== o.expected && o.stderr) console.log(o.stderr.replace(/^/gm, '     | '));
  });
  const wrong = outcomes.filter((o) => o.actual !== o.expected).length;
  console.log(`${outcomes.length - wrong} as expected, ${wrong} not`);
  return wrong > 0 ? 1 : 0;
}

async function shell(): Promise<number> {
  const { script } = forHost(hostId);
  const fixture = values.fixture ? readFixture(ROOT, values.fixture) : undefined;
  const stage = fixture?.stage ?? values.stage ?? 'plain';
  if (!isStage(stage)) fail(`no stage '${stage}'; there are ${STAGES.join(', ')}`);
  const host = stage === 'plain' ? await createHost(hostId!) : await new StageBuilder(hostId!, script).host(stage);
  try {
    await host.copy(SCRIPT_PATH, script.text, 0o755);
    if (fixture?.script) {
      const r = await host.exec(`set -e\n${fixture.script}`);
      if (r.status !== 0) fail(`the fixture ended with ${r.status}\n${r.stderr}`);
    }
    console.error(`lab: ${hostId} (${stage}), pid ${host.pid}; the script is ${SCRIPT_PATH}; leave with exit`);
    const [file, ...args] = host.argv({ env: { TERM: process.env['TERM'] ?? 'dumb' } }, ['bash', '--login', '-i']);
    return spawnSync(file!, args, { stdio: 'inherit' }).status ?? 1;
  } finally {
    await host.destroy();
  }
}

async function main(): Promise<number> {
  if (values.help || command === undefined) {
    console.log(HELP);
    return command === undefined && !values.help ? 2 : 0;
  }
  switch (command) {
    case 'hosts':
      for (const h of readContent(ROOT).hosts) console.log(`${h.id.padEnd(14)} ${h.data.title}`);
      return 0;
    case 'scenarios':
      for (const x of SCENARIOS) console.log(`${x.short ? '*' : ' '} ${x.name.padEnd(28)} ${x.layouts.join(' ')}\n    ${x.what}`);
      console.log('* part of npm test');
      return 0;
    case 'run':
      return runScenarios(ROOT, [hostId, ...rest].filter((x) => x !== undefined), values);
    case 'soak':
      return runSoak(ROOT, { ...values, cuts: Number(values.cuts), seed: Number(values.seed) });
    case 'probe':
      return runProbes(ROOT, [hostId, ...rest].filter((x) => x !== undefined), values);
    case 'make-image':
      if (hostId === undefined) fail('make-image needs a file to write');
      await makeCloudImage(VM_HOST, hostId);
      console.log(`wrote ${hostId}`);
      return 0;
    case 'list':
      for (const h of await listHosts()) console.log(JSON.stringify(h));
      return 0;
    case 'reap':
      console.log(`${await reapHosts()} removed`);
      return 0;
    case 'prune': {
      const days = Number(values.days);
      if (!(days >= 0)) fail(`--days takes a number of days, not ${values.days}`);
      const removed = await pruneCache(days);
      for (const name of removed) console.log(name);
      console.log(`${removed.length} removed from ${cacheDir()}`);
      return 0;
    }
    case 'fixtures':
      await mustRehearse();
      return fixtures();
    case 'shell':
      if (hostId !== undefined && isVmHost(hostId)) return vmShell({ ...values, host: hostId });
      if (hostId === undefined && values.image !== undefined) return vmShell(values);
      if (values.image !== undefined) fail(`--image is for virtual machines, and ${hostId} is none: leave the host away`);
      await mustRehearse();
      return shell();
    case 'path': {
      await mustRehearse();
      const { script } = forHost(hostId);
      const run = await runPath(hostId!, script, (line) => console.log(line));
      for (const f of run.faults) console.log(`NOT: ${f}`);
      const [before, after] = [run.before.split('\n'), run.after.split('\n')];
      for (const line of before.filter((l) => !after.includes(l))) console.log(`- ${line}`);
      for (const line of after.filter((l) => !before.includes(l))) console.log(`+ ${line}`);
      console.log(`${run.kernelBefore} → ${run.kernelAfter} and back in ${(run.ms / 1000).toFixed(1)} s, ${run.faults.length} faults`);
      return run.faults.length > 0 ? 1 : 0;
    }
    case 'paste': {
      await mustRehearse();
      const { runbook } = forHost(hostId);
      let faults = 0;
      for (const options of PASTE_CONFIGURATIONS) {
        const run = await runPastePath(hostId!, runbook, options, (line) => console.log(line));
        for (const f of run.faults) console.log(`NOT: ${f}`);
        console.log(`${JSON.stringify(options)}: ${run.steps.length} texts in ${(run.ms / 1000).toFixed(1)} s, ${run.faults.length} faults`);
        faults += run.faults.length;
      }
      return faults > 0 ? 1 : 0;
    }
    case 'record': {
      await mustRehearse();
      const ids = [hostId, ...rest].filter((x): x is string => x !== undefined);
      if (ids.length === 0) fail('record needs a host');
      const lanes = RECORD_LANES.filter((l) => values.lane === undefined || l === values.lane);
      if (lanes.length === 0) fail(`no lane '${values.lane}'; there are ${RECORD_LANES.join(', ')}`);
      const phase = Phase.safeParse(values.phase).data;
      if (values.phase !== undefined && (phase === undefined || values.lane !== 'fixture')) fail(phase === undefined ? `no phase '${values.phase}'; there are ${PHASES.join(', ')}` : '--phase belongs to --lane fixture');
      for (const id of ids) {
        const { runbook, script } = forHost(id);
        await recordHost(ROOT, id, runbook, script, lanes, (line) => console.log(`${id}: ${line}`), phase);
      }
      return 0;
    }
    default:
      return fail(`unknown command '${command}'; see --help`);
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});

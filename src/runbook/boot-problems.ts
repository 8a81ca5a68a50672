/** What a run on a virtual machine says that cannot be so, or leaves out. Shapes are the schema's work; this is sense. */
import type { EvidenceBoot, EvidenceRun } from '../model/evidence.ts';

/** A rule's short name and what is wrong, in words. */
export type Finding = [rule: string, message: string];

/** Each boot's own numbers, and its place after the boot before. */
function orderFindings(boots: EvidenceBoot[]): Finding[] {
  return boots.flatMap((boot, i): Finding[] => {
    const before = boots[i - 1];
    const after = boots[i + 1];
    const name = `boot ${i + 1}`;
    const found: Finding[] = [];
    if (!before && boot.atMs !== 0) found.push(['evidence-boot-order', `${name} is the first power-on and begins at ${boot.atMs} ms, not at 0`]);
    if (before && boot.atMs < (before.endMs ?? before.upMs ?? before.atMs)) found.push(['evidence-boot-order', `${name} begins at ${boot.atMs} ms, before boot ${i} was over`]);
    if (boot.upMs !== null && boot.upMs < boot.atMs) found.push(['evidence-boot-order', `${name} was up at ${boot.upMs} ms, before it began`]);
    if (boot.endMs !== null && boot.endMs < (boot.upMs ?? boot.atMs)) found.push(['evidence-boot-order', `${name} ended at ${boot.endMs} ms, before it was up or began`]);
    if (after && boot.endMs === null) found.push(['evidence-boot-order', `${name} has no end, but boot ${i + 2} follows it`]);
    return found;
  });
}

/** Does the cause of a boot fit what came before it? */
function causeFindings(boots: EvidenceBoot[]): Finding[] {
  return boots.flatMap((boot, i): Finding[] => {
    const before = boots[i - 1];
    const bad = (words: string): Finding[] => [['evidence-boot-cause', `boot ${i + 1} was caused by ${boot.cause}, ${words}`]];
    // A machine restored from a snapshot has a past that the run does not carry.
    if (!before) return boot.cause === 'power-on' || boot.upMs === 0 ? [] : bad('but nothing was before it');
    if (boot.cause === 'power-on' && before.upMs === null) return bad(`but boot ${i} never came up, so nothing could switch the machine off in order`);
    const needsKernel = boot.cause === 'panic' || boot.cause === 'watchdog';
    if (needsKernel && before.role === 'none') return bad(`but boot ${i} started no kernel`);
    return [];
  });
}

/** Do role, release and entry of each boot agree? */
function roleFindings(boots: EvidenceBoot[]): Finding[] {
  const found = boots.flatMap((boot, i): Finding[] => {
    const bad = (words: string): Finding[] => [['evidence-boot-role', `boot ${i + 1} ${words}`]];
    if ((boot.role === 'none') !== (boot.kernel === '')) return bad(`has the role ${boot.role} and the kernel "${boot.kernel}"`);
    if (boot.role === 'none' && boot.upMs !== null) return bad('started no kernel, yet user space answered');
    if (boot.entry === 'trial' && boot.role === 'old') return bad('is the trial entry with the old kernel: that is a refusal of its guard');
    if (boot.entry === 'refused' && boot.role === 'new') return bad('was refused by the guard, yet ran the new kernel');
    return [];
  });
  const both = boots.find((b) => b.role === 'old' && boots.some((o) => o.role === 'new' && o.kernel === b.kernel));
  if (both) found.push(['evidence-boot-role', `${both.kernel} is named as the old kernel and as the new one`]);
  return found;
}

/** A run that says `pass` must have earned it. */
function passFindings(run: EvidenceRun): Finding[] {
  if (run.result !== 'pass') return [];
  const found: Finding[] = [];
  const wrong = (run.assertions ?? []).filter((a) => !a.ok);
  if (wrong.length > 0) found.push(['evidence-assertion', `passed, but it is not so: ${wrong.map((a) => `${a.words} (found: ${a.found})`).join('; ')}`]);
  const cuts = (run.cuts ?? []).filter((c) => !c.ok || c.booted === '');
  if (cuts.length > 0) found.push(['evidence-cut', `passed, but these cuts did not end well: ${cuts.map((c) => c.n).join(', ')}`]);
  if (run.lane !== 'vm') return found;
  if ((run.assertions ?? []).length === 0) found.push(['evidence-assertion', 'passed, but nothing was read back: it has no assertion']);
  if (run.boots?.at(-1)?.upMs === null) found.push(['evidence-boot-lost', 'passed, but user space of the last boot never answered']);
  return found;
}

/**
 * Rules about real boots.
 * - A run of the vm lane has boots, a layout and an accel; no other lane has boots, because nothing boots there.
 * - Boots stand in the order of time, and each has a cause that fits the end of the one before.
 * - `pass` only if at least one fact was read back and all were as they must be, every cut ended well, and the machine is up.
 * - `kernelAfter` is the kernel of the last boot.
 * @returns rule and words for each; the caller adds file and mend
 */
export function bootFindings(run: EvidenceRun): Finding[] {
  const boots = run.boots ?? [];
  const found: Finding[] = [];
  if (run.lane === 'vm') {
    const missing = [boots.length === 0 && 'boots', run.layout === undefined && 'layout', run.accel === undefined && 'accel'].filter((w) => w !== false);
    if (missing.length > 0) found.push(['evidence-vm-incomplete', `a run on a virtual machine without ${missing.join(', ')}`]);
  } else if (boots.length > 0) {
    found.push(['evidence-not-booted', `has boots, but nothing boots in the lane ${run.lane}`]);
  }
  found.push(...orderFindings(boots), ...causeFindings(boots), ...roleFindings(boots), ...passFindings(run));
  const last = boots.at(-1);
  if (last && last.kernel !== run.kernelAfter) {
    found.push(['evidence-kernel-after', `names ${run.kernelAfter || 'nothing'} as the kernel after it, but the last boot ran ${last.kernel || 'no kernel'}`]);
  }
  return found;
}

/** A made-up run, for tests. */
import type { EvidenceRun } from '../../src/model/evidence.ts';

/** A run with the fields that a test does not care about filled in. */
export function sampleRun(part: Partial<EvidenceRun> & Pick<EvidenceRun, 'scenario' | 'steps'>): EvidenceRun {
  return {
    format_version: 1,
    host: 'debian-13',
    distro: 'debian-13',
    lane: part.scenario.startsWith('paste/') ? 'paste' : 'rehearsal',
    date: '2026-11-20T21:30:00Z',
    result: 'pass',
    kernelBefore: '6.12.57+deb13-cloud-amd64',
    kernelAfter: '7.3.4+deb13-cloud-amd64',
    cpuSeconds: 12.5,
    real: ['Sample: a package manager that does not exist.'],
    standIn: ['Sample: everything, `uname` too.'],
    tools: { bash: '5.2.37' },
    ...part,
  };
}

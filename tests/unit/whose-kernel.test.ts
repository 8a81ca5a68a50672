/** Whose kernel it is, over names that real machines print. */
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { whoseKernel } from '../../src/facts/whose-kernel.ts';
import { readContent } from '../../src/model/read.ts';

const content = readContent(ROOT);
const distros = content.distros.map((d) => ({ id: d.id, ...d.data }));
const ends = Object.fromEntries(content.series.map((s) => [s.data.series, s.data.endOfLife]));

test.each([
  ['6.12.118+deb13-amd64', 'Debian 13', '2028-08-09'],
  ['6.12.118+deb13-cloud-amd64', 'Debian 13', '2028-08-09'],
  ['6.12.118+deb13-rt-amd64', 'Debian 13', '2028-08-09'],
  ['7.3.4+deb13-amd64', 'Debian 13', 'the next series replaces it'],
  ['6.12.117+deb12-amd64', 'Debian 12', '2028-06-30'],
  ['6.1.0-56-amd64', 'Debian 12', '2028-06-30'],
  ['6.12.9-1~bpo12+1-amd64', 'Debian, in a form', 'unknown'],
  ['6.10.11+bpo-amd64', 'Debian, in a form', 'unknown'],
  ['7.0.0-38-generic', 'Canonical', '2031-04-30'],
  ['6.8.0-138-generic', 'Canonical', '2029-05-31'],
  ['6.17.0-1010-aws', 'Canonical', 'unknown'],
  ['4.18.0-553.el8_10.x86_64', 'Red Hat', '2029-05-31'],
  ['5.14.0-687.5.3.el9_8.x86_64', 'Red Hat', '2032-05-31'],
  ['6.12.0-211.7.3.el10_2.x86_64', 'Red Hat', '2035-05-31'],
  ['7.1.13-200.fc44.x86_64', 'Fedora', 'the next series replaces it'],
  ['6.12.0-204.92.4.4.3.el10uek.x86_64', 'Oracle', 'unknown'],
  ['7.1.9-1.el9.elrepo.x86_64', 'ELRepo', 'as long as upstream'],
  ['7.2.11-arch1-1', 'Arch', 'the next series replaces it'],
  ['6.18.57-2-lts', 'Arch Linux (linux-lts) or Alpine', 'the next series replaces it'],
  ['7.2.11-zen1-1-zen', 'Arch', 'the next series replaces it'],
  ['7.0.2-6-pve', 'Proxmox', 'unknown'],
  ['7.1.8-1-default', 'SUSE', 'the next series replaces it'],
  ['6.12.0-160000.5-default', 'SUSE', '2030-11-30'],
  ['6.1.155-176.282.amzn2023.x86_64', 'Amazon', 'unknown'],
  ['6.18.54-0-virt', 'Alpine', '2028-06-01'],
  ['6.18.54-0-lts', 'Arch Linux (linux-lts) or Alpine', ''],
  ['7.0.14', 'upstream', '2026-06-27'],
  ['5.15.216', 'upstream', '2026-12-31'],
  ['5.4.300', 'upstream', 'not announced'],
  ['7.3.0-rc7', 'upstream', 'maintained'],
  ['6.6.87.2-microsoft-standard-WSL2', 'Microsoft', 'unknown'],
  ['6.12.0-frankenstein', 'unknown', 'unknown'],
])('%s', (release, distributor, until) => {
  const found = whoseKernel(release, distros, ends)!;
  expect(found.distributor).toContain(distributor);
  expect(found.until).toContain(until);
  expect(found.tracker.url).toMatch(/^https:/);
});

test('the name is found in a whole line of uname -a, and nothing in other words', () => {
  expect(whoseKernel('Linux host 6.12.118+deb13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.12.118-1', distros, ends)?.distributor).toBe('Debian 13');
  expect(whoseKernel('hello', distros, ends)).toBeUndefined();
  expect(whoseKernel('', distros, ends)).toBeUndefined();
});

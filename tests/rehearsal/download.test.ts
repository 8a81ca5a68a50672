/**
 * What a reader does: downloads the script from the running site, checks its sum, and upgrades a host with it. It is the script, byte
 * for byte, that path.test.ts runs on every host; so here only the first host of each package manager is upgraded.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { createHost } from '../../src/lab/host.ts';
import { readHostSpec } from '../../src/lab/host-spec.ts';
import { isArchShaped, isRpmShaped } from '../../src/model/host.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';
import { siteDuringTests } from '../lib/served-site.ts';

const site = siteDuringTests('plain');

const download = async (path: string): Promise<string> => {
  const r = await fetch(site.origin + path);
  expect(r.status, path).toBe(200);
  return r.text();
};

const managerOf = (hostId: string): string => hostScript(hostId).runbook.distro.packageManager;
const UPGRADED = HOSTS.filter((id, i) => HOSTS.findIndex((other) => managerOf(other) === managerOf(id)) === i);

describeHost('the script of the running site', () => {
  test.each(HOSTS.filter((id) => !UPGRADED.includes(id)))('is the one that is rehearsed on %s', async (hostId) => {
    expect(await download(`/scripts/trialboot-${hostId}.sh`)).toBe(hostScript(hostId).script.text);
  });

  test.each(UPGRADED)('looks at %s, upgrades it, and reports as the published schema says', async (hostId) => {
    const name = `trialboot-${hostId}.sh`;
    const [script, sums, schema] = await Promise.all([`/scripts/${name}`, '/scripts/SHA256SUMS', '/schemas/report-v1.json'].map(download));
    expect(script).toBe(hostScript(hostId).script.text);
    const validate = new Ajv2020({ validateFormats: false, allErrors: true }).compile(JSON.parse(schema!) as object);
    const host = await createHost(hostId);
    try {
      await host.copy(`/root/${name}`, script!);
      await host.copy('/root/SHA256SUMS', sums!);
      const sum = await host.exec('cd /root && sha256sum -c --ignore-missing SHA256SUMS');
      expect(sum.stdout).toBe(`${name}: OK\n`);
      // A sum that nobody could fail would prove nothing.
      await host.copy(`/root/${name}`, `${script!}\n`);
      expect((await host.exec('cd /root && sha256sum -c --ignore-missing SHA256SUMS')).stdout).toBe(`${name}: FAILED\n`);
      await host.copy(`/root/${name}`, script!);

      for (const words of ['preflight', 'upgrade --yes']) {
        const r = await host.exec(`bash /root/${name} ${words} --json`);
        expect(r.status, `${words}\n${r.stderr}`).toBeLessThanOrEqual(1);
        const report = JSON.parse(r.stdout) as { command: string; exit_status: number; steps: { id: string; result: string }[] };
        expect(validate(report), validate.errors?.map((e) => `${e.instancePath} ${e.message}`).join('; ')).toBe(true);
        expect(report).toMatchObject({ command: words.split(' ')[0], exit_status: r.status });
        const { exit_status, ...without } = report;
        expect(validate(without), `a report without exit_status ${exit_status}`).toBe(false);
      }
      const spec = readHostSpec(hostId);
      const rpm = spec.lane === 'shaped' && isRpmShaped(spec);
      const arch = spec.lane === 'shaped' && isArchShaped(spec);
      const packages = spec.kernels.new.packages.join(' ');
      const states = arch ? `pacman -Q ${packages} | grep -c -v '^$'; pacman -Qu ${packages} >&2` : rpm ? `rpm -q --qf '%{NAME}\\n' ${packages} | sort | uniq -c | awk '{ print $1 }' | sort -u` : `dpkg-query -W -f '\${db:Status-Abbrev}\\n' ${packages} | sort -u`;
      const installed = await host.exec(`${states}; uname -r; cat /var/lib/trialboot/kernel.new; ls /boot`);
      const [state, running, release, ...boot] = installed.stdout.trim().split('\n');
      // On the RHEL family the new kernel stands beside the old one: two of each package. pacman has one, and nothing newer for it.
      expect(state).toBe(arch ? String(spec.kernels.new.packages.length) : rpm ? '2' : 'ii ');
      expect(arch ? installed.stderr : '').toBe('');
      expect(release).not.toBe(running);
      // On Arch files in /boot are named after the package.
      const [fresh, old] = arch ? ['linux', 'linux-lts'] : [release, running];
      expect(boot).toEqual(expect.arrayContaining([`vmlinuz-${fresh}`, arch || rpm ? `initramfs-${fresh}.img` : `initrd.img-${fresh}`, `vmlinuz-${old}`]));
    } finally {
      await host.destroy();
    }
  }, 900_000);
});

/**
 * What a reader does: downloads the script from the running site, checks its sum, and upgrades a host with it. It is the script, byte
 * for byte, that path.test.ts runs on every host; so here the first host of each package manager is looked at, and the first one upgraded.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { createHost } from '../../src/lab/host.ts';
import { readHostSpec } from '../../src/lab/host-spec.ts';
import type { RehearsalHostSpec } from '../../src/model/host.ts';
import { describeHost, HOSTS, hostScript } from '../lib/rehearse.ts';
import { siteDuringTests } from '../lib/served-site.ts';

const site = siteDuringTests('plain');

const download = async (path: string): Promise<string> => {
  const r = await fetch(site.origin + path);
  expect(r.status, path).toBe(200);
  return r.text();
};

const managerOf = (hostId: string): string => hostScript(hostId).runbook.distro.packageManager;
const LOOKED_AT = HOSTS.filter((id, i) => HOSTS.findIndex((other) => managerOf(other) === managerOf(id)) === i);

describeHost('the script of the running site', () => {
  test.each(HOSTS.filter((id) => !LOOKED_AT.includes(id)))('is the one that is rehearsed on %s', async (hostId) => {
    expect(await download(`/scripts/trialboot-${hostId}.sh`)).toBe(hostScript(hostId).script.text);
  });

  test.each(LOOKED_AT)('looks at %s, upgrades the first one, and reports as the published schema says', async (hostId) => {
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

      const upgraded = hostId === HOSTS[0];
      for (const words of upgraded ? ['preflight', 'upgrade --yes'] : ['preflight']) {
        const r = await host.exec(`bash /root/${name} ${words} --json`);
        expect(r.status, `${words}\n${r.stderr}`).toBeLessThanOrEqual(1);
        const report = JSON.parse(r.stdout) as { command: string; exit_status: number; steps: { id: string; result: string }[] };
        expect(validate(report), validate.errors?.map((e) => `${e.instancePath} ${e.message}`).join('; ')).toBe(true);
        expect(report).toMatchObject({ command: words.split(' ')[0], exit_status: r.status });
        const { exit_status, ...without } = report;
        expect(validate(without), `a report without exit_status ${exit_status}`).toBe(false);
      }
      if (!upgraded) return;
      const packages = (readHostSpec(hostId) as RehearsalHostSpec).kernels.new.packages.join(' ');
      const installed = await host.exec(`dpkg-query -W -f '\${db:Status-Abbrev}\\n' ${packages} | sort -u; uname -r; cat /var/lib/trialboot/kernel.new; ls /boot`);
      const [state, running, release, ...boot] = installed.stdout.trim().split('\n');
      expect(state).toBe('ii ');
      expect(release).not.toBe(running);
      expect(boot).toEqual(expect.arrayContaining([`vmlinuz-${release}`, `initrd.img-${release}`, `vmlinuz-${running}`]));
    } finally {
      await host.destroy();
    }
  }, 900_000);
});

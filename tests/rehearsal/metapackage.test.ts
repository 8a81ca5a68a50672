/** What becomes of a metapackage that was upgraded in place, when the new kernel goes. */
import { afterEach, expect, test } from 'vitest';
import type { Host } from '../../src/lab/host.ts';
import { command } from '../../src/lab/lane/path.ts';
import { StageBuilder } from '../../src/lab/lane/stage.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

const HOST = 'ubuntu-22.04';

/** Shell that makes a package with nothing in it. */
const deb = (name: string, version: string, depends: string): string =>
  `mkdir -p /srv/more/tree/DEBIAN && printf '%s\\n' 'Package: ${name}' "Version: ${version}" 'Architecture: amd64' 'Maintainer: Nobody <nobody@localhost>' "Depends: ${depends}" 'Description: made by a test' > /srv/more/tree/DEBIAN/control && dpkg-deb -b /srv/more/tree /srv/more/${name}.deb > /dev/null`;

// The archive's older metapackages, made from what the plan says they were.
const OLDER = [
  'set -e; old=$(uname -r); was=$(sed -n "s/^Inst linux-image-generic \\[\\([^]]*\\)\\].*/\\1/p" /var/lib/trialboot/plan)',
  deb('linux-image-generic', '$was', 'linux-image-$old, linux-firmware'),
  deb('linux-headers-generic', '$was', 'linux-headers-$old'),
  deb('linux-generic', '$was', 'linux-image-generic (= $was), linux-headers-generic (= $was)'),
  'cd /srv/more && rm -r tree && apt-ftparchive packages . > Packages',
  "echo 'deb [trusted=yes] copy:/srv/more ./' > /etc/apt/sources.list.d/more.list && apt-get update",
].join('\n');

describeHost('a metapackage that was upgraded in place', () => {
  const { script } = hostScript(HOST);
  const stages = new StageBuilder(HOST, script);
  let host: Host;
  afterEach(async () => host?.destroy());
  const sh = async (text: string): Promise<string> => {
    const r = await host.exec(text);
    expect(r.status, r.stdout + r.stderr).toBe(0);
    return r.stdout;
  };

  test('comes back in its older version where the archive still has that', async () => {
    host = await stages.host('upgraded');
    const old = host.boots[0]!.kernel;
    await sh(OLDER);
    const back = await command(host, 'rollback --yes');
    expect(back.status, JSON.stringify(back.report.steps.filter((s) => !['PASS', 'DONE'].includes(s.result)))).toBe(0);
    const was = (await sh(`sed -n 's/^Inst linux-image-generic .\\([^]]*\\). .*/\\1/p' /var/lib/trialboot/plan`)).trim();
    expect(await sh(`dpkg-query -W -f '\${db:Status-Abbrev}\${Package} \${Version}\\n' linux-generic linux-headers-generic linux-image-generic`)).toBe(
      ['linux-generic', 'linux-headers-generic', 'linux-image-generic'].map((p) => `ii ${p} ${was}\n`).join(''),
    );
    expect(await sh(`apt-mark showauto linux-image-${old} linux-modules-${old}`)).toBe(`linux-image-${old}\nlinux-modules-${old}\n`);
    expect(back.report.steps.find((s) => s.id === 'rollback.metapackage')?.line).toBe(`linux-image-generic follows the series of ${old}`);
  });

  test('goes with the new kernel where it does not, and no clean-up takes the old one or its firmware', async () => {
    host = await stages.host('rolled-back');
    const old = host.boots[0]!.kernel;
    expect(await sh('apt-get -s autoremove --purge | grep -c "^Purg linux" || true')).toBe('0\n');
    expect(await sh(`dpkg-query -W -f '\${db:Status-Abbrev}\${Package}\\n' linux-firmware linux-image-${old} linux-headers-${old}`)).toMatch(/^(ii \S+\n){3}$/);
    expect((await host.exec('dpkg-query -W linux-generic')).status).not.toBe(0);
  });

  test('stays, and so does the new kernel, if something else than a kernel would have to go too', async () => {
    host = await stages.host('upgraded');
    const old = host.boots[0]!.kernel;
    await sh(`set -e; new=$(cat /var/lib/trialboot/kernel.new)\n${deb('appliance', '1.0', 'linux-image-$new')}\ndpkg -i /srv/more/appliance.deb`);
    const back = await command(host, 'rollback --yes');
    expect(back.status).toBe(3);
    expect(await sh('cat /var/lib/trialboot/log/rollback.remove-new.log')).toContain('would have to go too: appliance');
    await sh('dpkg-query -W "linux-image-$(cat /var/lib/trialboot/kernel.new)" appliance linux-generic');
    expect((await host.reboot()).kernel).toBe(old);
  });
});

/** What is different where dracut builds the initramfs: an interrupted build is mended, and it takes the trial's second initrd. */
import { expect, test } from 'vitest';
import { command } from '../../src/lab/lane/path.ts';
import { SCRIPT_PATH, StageBuilder } from '../../src/lab/lane/stage.ts';
import { describeHost, hostScript } from '../lib/rehearse.ts';

const HOST = 'ubuntu-26.04';

// In a file: pgrep must not find its own command line.
const KILL = `bash ${SCRIPT_PATH} upgrade --yes > /root/log 2>&1 &
for i in $(seq 1200); do pgrep -x dracut-install > /dev/null && break; sleep 0.1; done
# dracut-install runs many times, for moments; dracut itself from the beginning of the build to its end.
pgrep -x dracut > /dev/null || exit 9
pkill -9 -f trialboot.sh; pkill -9 -x apt-get; pkill -9 -x dpkg; pkill -9 -x dracut; pkill -9 -x dracut-install
sleep 0.3
`;

// The kernel unpacks both files into one tree, and each of dracut's stages reads its settings first. Here the device is a file.
const UNPACK = `set -e
mkdir /root/initramfs && cd /root/initramfs
lsinitrd --unpack "/boot/initrd.img-$(cat /var/lib/trialboot/kernel.new)"
before=$(find . | sort)
cpio -idmu --quiet -F /boot/trialboot.cpio
echo "lost: $(printf '%s\\n' "$before" | while read -r f; do [ -e "$f" ] || [ -h "$f" ] || echo "$f"; done)"
readlink usr/lib/dracut/hooks lib
rm -r dev && mkdir -p dev run && : > dev/null && : > dev/kmsg && : > dev/watchdog0
printf '. /lib/dracut-lib.sh\\nsource_conf /etc/conf.d\\necho went on\\n' > stage.sh
`;

describeHost('dracut', () => {
  const { script } = hostScript(HOST);

  test('is killed while it builds: the old kernel is the default, the repair and a second run finish it', async () => {
    const host = await new StageBuilder(HOST, script).host('prepared');
    try {
      await host.copy('/root/kill.sh', KILL);
      const killed = await host.exec('bash /root/kill.sh');
      expect(killed.status, killed.stderr).toBe(0);
      const old = host.boots[0]!.kernel;
      expect((await host.powerCycle()).kernel).toBe(old);
      // A power cut can leave the index empty too; dpkg does not see it.
      await host.exec(': > "/usr/lib/modules/$(cat /var/lib/trialboot/kernel.new)/modules.dep"');
      const again = await host.exec(`bash ${SCRIPT_PATH} preflight`);
      expect(again.status).toBe(2);
      expect(again.stdout).toContain('repair repair.configure-packages');
      const mended = await host.exec(`bash ${SCRIPT_PATH} repair repair.configure-packages --yes`);
      expect(mended.status, mended.stdout + mended.stderr).toBe(0);
      expect((await command(host, 'preflight')).status).toBeLessThanOrEqual(1);
      expect((await command(host, 'upgrade --yes')).status).toBeLessThanOrEqual(1);
      expect((await host.reboot()).kernel).toBe(old);
    } finally {
      await host.destroy();
    }
  });

  test('reads the settings of the second initrd once, loses none of its own files to it, and goes on if the device is taken', async () => {
    const host = await new StageBuilder(HOST, script).host('armed');
    try {
      const unpacked = await host.exec(UNPACK);
      expect(unpacked.status, unpacked.stderr).toBe(0);
      expect(unpacked.stdout).toBe('lost: \n../../../var/lib/dracut/hooks\nusr/lib\n');
      const stage = 'cd /root/initramfs && chroot . /bin/sh /stage.sh 2> /dev/null; cat dev/kmsg';
      const armed = 'went on\ntrialboot: softdog armed\n';
      expect((await host.exec(stage)).stdout).toBe(armed);
      expect((await host.exec(stage)).stdout).toBe(armed);
      await host.exec('cd /root/initramfs && rm dev/watchdog0 && mkdir dev/watchdog0 && rmdir run/trialboot-armed && : > dev/kmsg');
      expect((await host.exec(stage)).stdout).toBe('went on\n');
    } finally {
      await host.destroy();
    }
  });
});

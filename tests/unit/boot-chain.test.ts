/** Where the scripts look for a kernel's files. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/project.ts';
import { bootChain } from '../../src/runbook/boot-chain.ts';

test.each([
  ['apt', 'grub', '/boot/grub', '/boot/vmlinuz-RELEASE', '/boot/initrd.img-RELEASE'],
  ['dnf', 'grub-bls', '/boot/grub2', '/boot/vmlinuz-RELEASE', '/boot/initramfs-RELEASE.img'],
  ['pacman', 'grub', '/boot/grub', '/boot/vmlinuz-PKGBASE', '/boot/initramfs-PKGBASE.img'],
] as const)('%s', (packageManager, loader, grubDir, image, initrd) => {
  expect(bootChain({ packageManager, loader })).toMatchObject({ grubDir, image, initrd, manager: packageManager });
});

const guard = readFileSync(join(ROOT, 'src/shell/guard.sh'), 'utf8');

/** What the scripts make of a name for a release whose package is called linux-lts. */
const path = (name: string, release: string): string => {
  const text = guard.replaceAll('/usr/lib/modules/$2/pkgbase', '$2.pkgbase');
  return execFileSync('bash', ['-c', `cd "$(mktemp -d)" && echo linux-lts > 6.18.57-2-lts.pkgbase\n${text}\ntb_boot_path "$0" "$1"; printf %s "$REPLY"`, name, release], { encoding: 'utf8' });
};

test('a name holds the release, or the name of the package that the modules tell', () => {
  expect(path('/boot/vmlinuz-RELEASE', '7.3.4+deb13-amd64')).toBe('/boot/vmlinuz-7.3.4+deb13-amd64');
  expect(path('/boot/initramfs-PKGBASE.img', '6.18.57-2-lts')).toBe('/boot/initramfs-linux-lts.img');
  // Without its modules nothing names the package, and no file has that name.
  expect(path('/boot/vmlinuz-PKGBASE', '7.2.11-arch1-1')).toBe('/boot/vmlinuz-unknown');
});

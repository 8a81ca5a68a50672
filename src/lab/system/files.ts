/** Writes many small files at once. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Fills a folder, which is emptied first.
 * @param files name and content; a name that ends in / is an empty folder. The kernel log is for root alone.
 */
export function writeFiles(dir: string, files: Iterable<readonly [string, string | Uint8Array]>): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const [name, content] of files) {
    const path = join(dir, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, content, { mode: name === 'dmesg' ? 0o600 : 0o644 });
  }
}

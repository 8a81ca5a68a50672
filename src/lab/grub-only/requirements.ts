/** Can this machine run the GRUB-only tier? Asked before tests, so that they are skipped with a reason instead of failing. */
import { requirements as rehearsal, type Requirements } from '../system/requirements.ts';
import { run } from '../system/run.ts';
import { QEMU } from './run.ts';

/** What rehearsal hosts need, and QEMU: everything else is taken from the host's own release. Changes nothing. */
export async function requirements(): Promise<Requirements> {
  const { missing } = await rehearsal();
  try {
    await run([QEMU, '--version'], { timeoutMs: 20_000 });
  } catch {
    missing.push({ what: `the program ${QEMU}`, install: 'apt-get install --no-install-recommends qemu-system-x86 seabios' });
  }
  return { ok: missing.length === 0, missing };
}

/** The signature of an archive's InRelease file. */
import { existsSync } from 'node:fs';
import { BadInput, AGAIN } from '../../facts/bad-input.ts';
import { run } from '../system/run.ts';

/**
 * The text that a good signature covers, and nothing that stands around it.
 * @param file an InRelease file
 * @param keyring keys that are believed
 * @throws BadInput when no key of the ring signed it, or when one signature is bad
 */
export async function signedText(file: string, keyring: string): Promise<string> {
  if (!existsSync(keyring)) throw new Error(`no keyring ${keyring}. Mend: install the package that has it (debian-archive-keyring, ubuntu-keyring), or name one with --keyring.`);
  const r = await run(['gpgv', '--status-fd', '2', '--keyring', keyring, '--output', '-', file], { timeoutMs: 30_000 }).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}. Mend: install gpgv.`);
  });
  // Its status is not 0 as soon as one of several keys is unknown, which is usual: Debian signs with old and new keys.
  const said = [...r.stderr.matchAll(/^\[GNUPG:\] (\w+)/gm)].map((m) => m[1]!);
  const bad = said.find((w) => ['BADSIG', 'EXPSIG', 'EXPKEYSIG', 'REVKEYSIG', 'UNEXPECTED', 'FAILURE'].includes(w));
  if (bad || r.timedOut) throw new BadInput(file, 'signature', `it is not good (gpgv: ${bad ?? 'out of time'})`, `do not use the file; ${AGAIN}`);
  if (!said.includes('VALIDSIG')) {
    const why = said.includes('NO_PUBKEY') ? `none of the keys that signed it is in ${keyring}` : 'there is none';
    throw new BadInput(file, 'signature', why, `do not use the file; ${AGAIN}, or update the package with the keyring`);
  }
  return r.stdout;
}

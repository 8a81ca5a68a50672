/** A start of a host as text, so that a host can be made later in the midst of it. Pure. */
import type { Start } from './firmware.ts';

/** What is kept of a start that came up. */
export type KeptStart = Pick<Start, 'record' | 'lab'>;

/** As JSON; files in base64, because some are no text. */
export function keptText({ record, lab }: KeptStart): string {
  const files = [...lab].map(([name, content]) => [name, Buffer.from(content as Uint8Array).toString('base64')]);
  return `${JSON.stringify({ record, lab: files })}\n`;
}

/** The reverse of {@link keptText}. @throws SyntaxError when the text is not whole */
export function readKept(text: string): KeptStart {
  const { record, lab } = JSON.parse(text) as { record: KeptStart['record']; lab: [string, string][] };
  return { record, lab: new Map(lab.map(([name, content]) => [name, Buffer.from(content, 'base64')])) };
}

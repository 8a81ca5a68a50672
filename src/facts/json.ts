/** JSON of somebody else's, read by a schema. */
import type { z } from 'astro/zod';
import { AGAIN, BadInput } from './bad-input.ts';

/**
 * Parses and validates.
 * @param schema takes the fields that are read, and lets others be
 * @throws BadInput with the path of the field to blame
 */
export function parseJson<T>(text: string, file: string, schema: z.ZodType<T>): T {
  if (text.trim() === '') throw new BadInput(file, 'whole file', 'it is empty', AGAIN);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new BadInput(file, /^\s*</.test(text) ? 'line 1' : 'whole file', `no JSON (${error instanceof Error ? error.message : String(error)})`, AGAIN);
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new BadInput(file, issue.path.map(String).join('.') || 'whole file', issue.message, 'see whether the format has changed; its schema here stands in src/facts');
}

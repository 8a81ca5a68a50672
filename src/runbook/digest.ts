import { createHash } from 'node:crypto';

/** SHA-256 of a step's text as a reader copies it: UTF-8, no newline at the end. Lower-case hex. */
export const digest = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Puts new values into YAML and leaves every other byte of the file as it is: comments, quotes, the order of the keys, the body. */
import yaml from 'js-yaml';
import { isNode, isPair, isMap, isScalar, parseDocument, stringify, type Scalar } from 'yaml';

/** A value to set, by its path; `undefined` takes the key out. */
export interface Edit {
  path: readonly (string | number)[];
  value: string | undefined;
}

/** Where the YAML lies in a file: all of it, or between the lines of its front matter. */
function yamlPart(text: string, file: string): { from: number; to: number } {
  if (!text.startsWith('---\n')) return { from: 0, to: text.length };
  const end = text.indexOf('\n---\n', 3);
  if (end < 0) throw new Error(`${file}:1: the front matter is never closed. Mend: add --- alone on a line after the keys.`);
  return { from: 4, to: end + 1 };
}

/** A value as it is written, on one line. @param flow inside { } or [ ], where commas and brackets need quotes */
function written(value: string, old: Scalar | undefined, flow: boolean): string {
  if (old?.type === 'QUOTE_DOUBLE') return JSON.stringify(value);
  const plain = stringify(value, { lineWidth: 0, blockQuote: false }).trimEnd();
  return flow && /[,[\]{}]/.test(value) && !/^["']/.test(plain) ? JSON.stringify(value) : plain;
}

const isObject = (value: unknown): value is Record<string | number, unknown> => typeof value === 'object' && value !== null && !(value instanceof Date);

/** Days as text, whichever way YAML reads them, so that data can be compared. */
const comparable = (value: unknown): string => JSON.stringify(value, (_, v: unknown) => (typeof v === 'string' && /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/.test(v) ? v.slice(0, 10) : v));

function withEdits(data: unknown, edits: readonly Edit[]): unknown {
  const copy = structuredClone(data);
  for (const { path, value } of edits) {
    let at: unknown = copy;
    for (const key of path.slice(0, -1)) at = isObject(at) ? at[key] : undefined;
    if (!isObject(at)) continue;
    if (value === undefined) delete at[path.at(-1)!];
    else at[path.at(-1)!] = value;
  }
  return copy;
}

/**
 * The text with the values set.
 * @param file name for errors
 * @throws Error when a path is not there, or when what comes out does not say what was to be said
 */
export function splice(text: string, edits: readonly Edit[], file: string): string {
  const { from, to } = yamlPart(text, file);
  const source = text.slice(from, to);
  const document = parseDocument(source);
  if (document.errors.length > 0) throw new Error(`${file}: broken YAML: ${document.errors[0]!.message}. Mend: npm run lint:content names the line.`);
  const cuts = edits.map(({ path, value }) => {
    const where = path.join('.');
    const parent = document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find((p) => isPair(p) && isScalar(p.key) && p.key.value === path.at(-1)) : undefined;
    const key = pair?.key;
    const old = pair?.value;
    if (!isMap(parent) || !isNode(key) || !key.range || !isScalar(old) || !old.range) {
      throw new Error(`${file}: there is no single value ${where}. Mend: write the key, with any value, and refresh again.`);
    }
    if (value !== undefined) return { from: old.range[0], to: old.range[1], words: written(value, old, parent.flow === true) + (/^[>|]/.test(source.slice(old.range[0])) ? '\n' : '') };
    if (parent.flow || parent.items.length === 1 || source[key.range[0] - 1] === '-') throw new Error(`${file}: ${where} cannot be taken out. Mend: give it a line of its own.`);
    const lineStart = source.lastIndexOf('\n', key.range[0]) + 1;
    if (source.slice(lineStart, key.range[0]).trim() !== '') throw new Error(`${file}: ${where} shares its line. Mend: give it a line of its own.`);
    const lineEnd = source.indexOf('\n', old.range[1] - 1);
    return { from: lineStart, to: lineEnd < 0 ? source.length : lineEnd + 1, words: '' };
  });
  let result = source;
  for (const cut of cuts.sort((a, b) => b.from - a.from)) result = result.slice(0, cut.from) + cut.words + result.slice(cut.to);
  // Read back by the parser that the site uses, which is another one.
  if (comparable(yaml.load(result)) !== comparable(withEdits(yaml.load(source), edits))) {
    throw new Error(`${file}: the values cannot be set without changing others. Mend: set them by hand: ${edits.map((e) => `${e.path.join('.')}: ${e.value ?? '(none)'}`).join(', ')}.`);
  }
  return text.slice(0, from) + result + text.slice(to);
}

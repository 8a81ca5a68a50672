/** As much XML as the metadata of RPM repositories is written in: elements, attributes, text. No DTD, so no entities of its own. */
import { AGAIN, BadInput } from './bad-input.ts';

/** What is told of a file, piece by piece. `path`: names of the open elements, the outermost first. */
export interface XmlEvents {
  open?(name: string, attributes: ReadonlyMap<string, string>, path: readonly string[]): void;
  text?(words: string, path: readonly string[]): void;
  close?(name: string, path: readonly string[]): void;
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const TAG = /(?:[^"'<>]|"[^"]*"|'[^']*')*>/y;

/**
 * Goes through a file once.
 * @throws BadInput with the line for what is not well-formed, and for a file that ends too early
 */
export function walkXml(text: string, file: string, on: XmlEvents): void {
  const path: string[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let rooted = false;
  const fail = (what: string, where = at): never => {
    let line = 1;
    for (let i = text.indexOf('\n'); i >= 0 && i < where; i = text.indexOf('\n', i + 1)) line += 1;
    throw new BadInput(file, `line ${line}`, what, AGAIN);
  };
  const plain = (words: string): string =>
    words.includes('&')
      ? words.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));?/g, (whole, hex?: string, decimal?: string, name?: string) => {
          const code = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : undefined;
          if (!whole.endsWith(';') || (name && NAMED[name] === undefined) || (code !== undefined && code > 0x10ffff)) return fail(`'${whole}' stands for nothing`);
          return code === undefined ? NAMED[name!]! : String.fromCodePoint(code);
        })
      : words;
  const upTo = (mark: string, from: number): number => {
    const end = text.indexOf(mark, from);
    return end < 0 ? fail(`'${text.slice(at, at + 20).trim()}' has no end: the file ends too early`) : end;
  };
  if (text.trim() === '') throw new BadInput(file, 'whole file', 'it is empty', AGAIN);
  while (at < text.length) {
    if (text[at] !== '<') {
      const next = text.indexOf('<', at);
      const words = text.slice(at, next < 0 ? text.length : next);
      if (path.length === 0 && words.trim() !== '') fail('text outside of the elements: this is no XML file');
      if (path.length > 0 && words.trim() !== '') {
        const told = plain(words);
        on.text?.(told, path);
      }
      at = next < 0 ? text.length : next;
    } else if (text.startsWith('<!--', at)) at = upTo('-->', at + 4) + 3;
    else if (text.startsWith('<?', at)) at = upTo('?>', at + 2) + 2;
    else if (text.startsWith('<![CDATA[', at)) {
      const end = upTo(']]>', at + 9);
      on.text?.(text.slice(at + 9, end), path);
      at = end + 3;
    } else if (text.startsWith('<!', at)) fail('a document type: metadata has none, and it could name files of this machine');
    else {
      // A > may stand in the value of an attribute.
      TAG.lastIndex = at + 1;
      if (!TAG.test(text)) upTo('>', at + 1);
      const end = TAG.lastIndex > 0 ? TAG.lastIndex - 1 : fail(`'${text.slice(at, at + 20).trim()}' is no element`);
      const tag = text.slice(at + 1, end);
      if (tag.startsWith('/')) {
        const name = tag.slice(1).trim();
        if (path.at(-1) !== name) fail(`</${name}> closes ${path.length > 0 ? `<${path.at(-1)!}>` : 'nothing'}`);
        on.close?.(name, path);
        path.pop();
      } else {
        const empty = tag.endsWith('/');
        const m = /^([A-Za-z_][\w:.-]*)((?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*$/.exec(empty ? tag.slice(0, -1) : tag) ?? fail(`<${tag.slice(0, 30)}> is no element`);
        if (path.length === 0 && rooted) fail('a second outermost element');
        rooted = true;
        const attributes = new Map([...m[2]!.matchAll(/([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map((a) => [a[1]!, plain(a[2] ?? a[3]!)] as const));
        path.push(m[1]!);
        on.open?.(m[1]!, attributes, path);
        if (empty) {
          on.close?.(m[1]!, path);
          path.pop();
        }
      }
      at = end + 1;
    }
  }
  if (path.length > 0) fail(`<${path.at(-1)!}> is never closed: the file ends too early`);
  if (!rooted) fail('no element at all: this is no XML file', 0);
}

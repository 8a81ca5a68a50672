/**
 * Reads GRUB's script language, as far as grub.cfg files use it. Pure: text in, commands out. What the commands do stands
 * in menu.ts.
 */

/** A piece of a word: literal text, or the value of a variable. */
export type Piece = { text: string } | { variable: string; quoted: boolean };
/** One word of a command. */
export interface Word {
  pieces: Piece[];
  /** Written with quotes: it stays a word even when it is empty. */
  quoted: boolean;
}

export type Node =
  | { kind: 'command'; words: Word[]; block?: Node[]; line: number }
  | { kind: 'not'; command: Node }
  | { kind: 'if'; branches: { test: Node[]; body: Node[] }[]; otherwise: Node[] }
  | { kind: 'for'; variable: string; words: Word[]; body: Node[] }
  | { kind: 'while'; until: boolean; test: Node[]; body: Node[] }
  | { kind: 'function'; name: string; body: Node[] };

/** The text is not GRUB script. */
export class GrubSyntaxError extends Error {
  constructor(file: string, line: number, what: string) {
    super(`${file}:${line}: ${what}`);
    this.name = 'GrubSyntaxError';
  }
}

/** `at` and `to`: where the token stands in the text. */
type Token = { line: number; at: number; to: number } & ({ kind: 'word'; word: Word } | { kind: 'end' | 'open' | 'close' });

const isBlank = (c: string): boolean => c === ' ' || c === '\t' || c === '\r';
const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let i = 0;
  const variableAt = (quoted: boolean): Piece | undefined => {
    const rest = text.slice(i + 1);
    const braced = /^\{([A-Za-z0-9_?@*#]+)\}/.exec(rest);
    if (braced) {
      i += 1 + braced[0].length;
      return { variable: braced[1]!, quoted };
    }
    const plain = NAME.exec(rest)?.[0] ?? /^(?:[0-9]+|[?@*#])/.exec(rest)?.[0];
    if (!plain) return undefined;
    i += 1 + plain.length;
    return { variable: plain, quoted };
  };
  while (i < text.length) {
    const c = text[i]!;
    if (c === '\n') {
      tokens.push({ kind: 'end', line, at: i, to: i + 1 });
      line += 1;
      i += 1;
    } else if (isBlank(c)) i += 1;
    else if (c === '\\' && text[i + 1] === '\n') {
      line += 1;
      i += 2;
    } else if (c === ';') {
      tokens.push({ kind: 'end', line, at: i, to: i + 1 });
      i += 1;
    } else if (c === '#') {
      while (i < text.length && text[i] !== '\n') i += 1;
    } else if (c === '{' || c === '}') {
      tokens.push({ kind: c === '{' ? 'open' : 'close', line, at: i, to: i + 1 });
      i += 1;
    } else if (c === '&' || c === '|' || c === '<' || c === '>') {
      // Reserved: GRUB has no pipes and no && lists. A > inside a word belongs to the word.
      throw new GrubSyntaxError(file, line, `GRUB script has no ${c} here`);
    } else {
      const word: Word = { pieces: [], quoted: false };
      const start = line;
      const begin = i;
      let literal = '';
      const flush = (): void => {
        if (literal !== '') word.pieces.push({ text: literal });
        literal = '';
      };
      while (i < text.length) {
        const d = text[i]!;
        if (d === '\n' || isBlank(d) || d === ';' || d === '{' || d === '}' || d === '&' || d === '|' || d === '<' || d === '>') break;
        if (d === '\\') {
          if (text[i + 1] === '\n') line += 1;
          else literal += text[i + 1] ?? '';
          i += 2;
        } else if (d === "'") {
          const end = text.indexOf("'", i + 1);
          if (end < 0) throw new GrubSyntaxError(file, start, "a ' is never closed");
          literal += text.slice(i + 1, end);
          line += text.slice(i, end).split('\n').length - 1;
          word.quoted = true;
          i = end + 1;
        } else if (d === '"') {
          word.quoted = true;
          i += 1;
          for (;;) {
            const q = text[i];
            if (q === undefined) throw new GrubSyntaxError(file, start, 'a " is never closed');
            if (q === '"') break;
            if (q === '\n') line += 1;
            if (q === '\\' && /["$\\]/.test(text[i + 1] ?? '')) {
              literal += text[i + 1];
              i += 2;
            } else if (q === '$') {
              const before = i;
              const piece = variableAt(true);
              if (piece) {
                const name = piece;
                flush();
                word.pieces.push(name);
              } else {
                i = before + 1;
                literal += '$';
              }
            } else {
              literal += q;
              i += 1;
            }
          }
          i += 1;
        } else if (d === '$') {
          const before = i;
          const piece = variableAt(false);
          if (piece) {
            flush();
            word.pieces.push(piece);
          } else {
            i = before + 1;
            literal += '$';
          }
        } else {
          literal += d;
          i += 1;
        }
      }
      flush();
      tokens.push({ kind: 'word', word, line: start, at: begin, to: i });
    }
  }
  tokens.push({ kind: 'end', line, at: i, to: i });
  return tokens;
}

/** Where things stand in a script's text: for tools that change it without touching the rest. */
export interface Places {
  /** Each command with its words, from `at` to `to`. */
  commands: { words: readonly Word[]; at: number; to: number }[];
  /** The closing braces of menuentry bodies. */
  entryEnds: number[];
}

/** The word's text when it is plain and unquoted: only such words can be keywords. */
export const plainWord = (w: Word): string | undefined => {
  if (w.quoted) return undefined;
  if (w.pieces.length !== 1) return undefined;
  const piece = w.pieces[0]!;
  return 'text' in piece ? piece.text : undefined;
};

/**
 * Parses a GRUB script.
 * @param text content of grub.cfg or custom.cfg
 * @param file its name, for errors
 * @param places filled with where things stand, when given
 * @throws GrubSyntaxError, as GRUB itself would refuse the file
 */
export function parseGrubScript(text: string, file: string, places?: Places): Node[] {
  const tokens = tokenize(text, file);
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  const lineNow = (): number => peek()?.line ?? tokens.at(-1)?.line ?? 0;
  const fail = (what: string): never => {
    throw new GrubSyntaxError(file, lineNow(), what);
  };
  const skipEnds = (): void => {
    while (peek()?.kind === 'end') at += 1;
  };
  const keyword = (): string | undefined => {
    const t = peek();
    return t?.kind === 'word' ? plainWord(t.word) : undefined;
  };
  const take = (word: string): void => {
    skipEnds();
    if (keyword() !== word) fail(`expected ${word}`);
    at += 1;
  };

  const list = (stops: readonly string[]): Node[] => {
    const nodes: Node[] = [];
    for (;;) {
      skipEnds();
      const t = peek();
      if (!t) {
        if (stops.length > 0) fail(`the file ends before ${stops.join(' or ')}`);
        return nodes;
      }
      if (t.kind === 'close') {
        if (!stops.includes('}')) fail('a } without its {');
        return nodes;
      }
      if (t.kind === 'open') fail('a { without a command');
      const word = keyword();
      if (word !== undefined && stops.includes(word)) return nodes;
      nodes.push(statement());
    }
  };

  const block = (): Node[] => {
    if (peek()?.kind !== 'open') fail('expected {');
    at += 1;
    const body = list(['}']);
    at += 1;
    return body;
  };

  const statement = (): Node => {
    const word = keyword();
    if (word === '!') {
      at += 1;
      return { kind: 'not', command: statement() };
    }
    if (word === 'if') {
      at += 1;
      const branches = [];
      let otherwise: Node[] = [];
      let test = list(['then']);
      take('then');
      branches.push({ test, body: list(['elif', 'else', 'fi']) });
      while (keyword() === 'elif') {
        at += 1;
        test = list(['then']);
        take('then');
        branches.push({ test, body: list(['elif', 'else', 'fi']) });
      }
      if (keyword() === 'else') {
        at += 1;
        otherwise = list(['fi']);
      }
      take('fi');
      return { kind: 'if', branches, otherwise };
    }
    if (word === 'for') {
      at += 1;
      const variable = keyword() ?? fail('expected the name of a variable');
      at += 1;
      take('in');
      const words: Word[] = [];
      for (let t = peek(); t?.kind === 'word'; t = peek()) {
        words.push(t.word);
        at += 1;
      }
      take('do');
      const body = list(['done']);
      take('done');
      return { kind: 'for', variable, words, body };
    }
    if (word === 'while' || word === 'until') {
      at += 1;
      const test = list(['do']);
      take('do');
      const body = list(['done']);
      take('done');
      return { kind: 'while', until: word === 'until', test, body };
    }
    if (word === 'function') {
      at += 1;
      const name = keyword() ?? fail('expected the name of a function');
      at += 1;
      skipEnds();
      return { kind: 'function', name, body: block() };
    }
    const line = lineNow();
    const begin = peek()?.at ?? 0;
    let end = begin;
    const words: Word[] = [];
    for (;;) {
      const t = peek();
      if (t?.kind !== 'word') break;
      words.push(t.word);
      end = t.to;
      at += 1;
    }
    places?.commands.push({ words, at: begin, to: end });
    const command: Node = { kind: 'command', words, line };
    // The body of menuentry and submenu is kept for later.
    if (peek()?.kind !== 'open') return command;
    const body = block();
    if (plainWord(words[0]!) === 'menuentry') places?.entryEnds.push(tokens[at - 1]!.at);
    return { ...command, block: body };
  };

  const nodes = list([]);
  return nodes;
}

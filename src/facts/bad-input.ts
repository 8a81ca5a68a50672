/** A file of somebody else's that is not what it should be: truncated, of another type, changed on the way. */
export class BadInput extends Error {
  readonly file: string;
  /** `line 12`, `package 3`, `releases[0].eolFrom`; `whole file` if none is to blame alone. */
  readonly place: string;
  readonly mend: string;
  constructor(file: string, place: string, what: string, mend: string) {
    super(`${file}: ${place}: ${what}. Mend: ${mend}.`);
    this.name = 'BadInput';
    this.file = file;
    this.place = place;
    this.mend = mend;
  }
}

/** What helps against nearly all damage. */
export const AGAIN = 'fetch the file again; if it stays so, the mirror or what lies between is broken';

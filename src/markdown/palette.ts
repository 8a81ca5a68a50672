/**
 * The colours of code, as classes. Shiki colours with the light theme; each of its colours gets a class, and
 * src/styles/code.css gives that class the light and the dark theme's colour. This works because the two themes are made
 * from one table: where the light one has a certain colour, the dark one always has the same other colour
 * (tests/unit/palette.test.ts proves it for the themes as installed).
 *
 * The usual way, two colours in the style of each token, makes pages half as long again and needs inline styles.
 */
export const THEMES = { light: 'github-light-default', dark: 'github-dark-default' } as const;

/** Light colour, in lower case → class. The colour of plain text has no class. */
export const TOKEN_CLASS: Record<string, string> = {
  '#1f2328': '',
  '#6e7781': 'tc', // comment
  '#57606a': 'tb', // bracket
  '#cf222e': 'tk', // keyword
  '#0550ae': 'tn', // constant, built-in
  '#953800': 'tv', // variable
  '#8250df': 'tf', // function
  '#116329': 'tg', // tag, inserted
  '#0a3069': 'ts', // string
  '#82071e': 'te', // error, deleted
};

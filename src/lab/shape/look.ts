/** How a root is made to look like a distribution. Pure. */

/** Files by path, and shell that runs inside after they are in place. */
export interface Look {
  hostname: string;
  etc: Readonly<Record<string, string>>;
  setup: string;
}

/** Assignments as in os-release(5): quoted where they have to be. */
export const keys = (values: Readonly<Record<string, string>>): string => Object.entries(values).map(([k, v]) => (/^[a-z]+$/.test(v) ? `${k}=${v}\n` : `${k}="${v}"\n`)).join('');

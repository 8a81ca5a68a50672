/**
 * A product of endoflife.date. Both forms of its API are read: v0 (/api/PRODUCT.json, a bare list) and v1
 * (/api/v1/products/PRODUCT/).
 */
import { z } from 'astro/zod';
import { parseJson } from './json.ts';

/** A day; `unknown` if it has ended and nobody says when; `current` if no end is set. */
export type End = string;

/** A release of a product, in the words of both forms. */
export interface LifecycleRelease {
  name: string;
  released: string;
  /** End of active support; undefined if the product has no such stage. */
  eoas: End | undefined;
  /** End of (security) support. */
  eol: End;
  /** End of extended support; undefined if the product has no such stage. */
  eoes: End | undefined;
  lts: boolean;
  latest: string | undefined;
}

const day = z.iso.date('no date of the form YYYY-MM-DD');
/** v0: a day, or whether it has been reached. */
const StageV0 = z.union([day, z.boolean()]);
const V0 = z
  .array(
    z.object({
      cycle: z.union([z.string().min(1), z.number()]),
      releaseDate: day,
      support: StageV0.optional(),
      eol: StageV0,
      extendedSupport: StageV0.optional(),
      lts: z.union([z.boolean(), day]).default(false),
      latest: z.string().optional(),
    }),
  )
  .min(1, 'no release at all');

const V1 = z.object({
  schema_version: z.string().regex(/^1\./, 'a version of the schema that is not read here'),
  result: z.object({
    name: z.string(),
    releases: z
      .array(
        z.object({
          name: z.string().min(1),
          releaseDate: day,
          isLts: z.boolean(),
          isEoas: z.boolean().optional(),
          eoasFrom: day.nullish(),
          isEol: z.boolean(),
          eolFrom: day.nullable(),
          isEoes: z.boolean().nullish(),
          eoesFrom: day.nullish(),
          latest: z.object({ name: z.string() }).nullish(),
        }),
      )
      .min(1, 'no release at all'),
  }),
});

const stageV0 = (value: string | boolean): End => (typeof value === 'string' ? value : value ? 'unknown' : 'current');
const stageV1 = (from: string | null | undefined, reached: boolean | null | undefined): End | undefined =>
  from ?? (reached === true ? 'unknown' : reached === false ? 'current' : undefined);

/**
 * The releases of a product, in the order of the file.
 * @throws BadInput
 */
export function parseEndOfLife(text: string, file: string): LifecycleRelease[] {
  // A list is v0; everything else has to be v1, which then says what is wrong with it.
  if (text.trimStart().startsWith('[')) {
    return parseJson(text, file, V0).map((r) => ({
      name: String(r.cycle),
      released: r.releaseDate,
      eoas: r.support === undefined ? undefined : stageV0(r.support),
      eol: stageV0(r.eol),
      eoes: r.extendedSupport === undefined ? undefined : stageV0(r.extendedSupport),
      lts: r.lts !== false,
      latest: r.latest,
    }));
  }
  return parseJson(text, file, V1).result.releases.map((r) => ({
    name: r.name,
    released: r.releaseDate,
    eoas: stageV1(r.eoasFrom, r.isEoas),
    eol: stageV1(r.eolFrom, r.isEol)!,
    eoes: stageV1(r.eoesFrom, r.isEoes),
    lts: r.isLts,
    latest: r.latest?.name,
  }));
}

import { z } from 'astro/zod';
import { Day, Phase } from './id.ts';

const Item = z.strictObject({
  /** Under this name the tick is kept in the reader's browser: do not rename it. */
  id: z.string().regex(/^[a-z]+(-[a-z]+)*$/, 'a short name in kebab-case'),
  /** `code` in backticks is shown as such. */
  text: z.string().min(20).max(400),
  /** A page of this site that says how. */
  href: z.string().regex(/^\/[a-z0-9/-]*\/(#[a-z0-9-]+)?$/, 'a path of this site: /guide/rollback/').optional(),
});

const Section = z
  .strictObject({
    title: z.string().min(4).max(60),
    /** What the reader does with the section, in a sentence; `code` as in the items. */
    note: z.string().min(20).max(300).optional(),
    items: z.array(Item).default([]),
    /** The runbook's phase that belongs here; its command of the script is shown. */
    phase: Phase.optional(),
    /** Name each check of the phase; otherwise the phase is one line, its promise. */
    checks: z.boolean().default(false),
  })
  .refine((s) => s.items.length > 0 || s.phase !== undefined, 'a section has items, a phase, or both');

/** A list to print and tick. */
export const Checklist = z
  .strictObject({ title: z.string(), summary: z.string().min(30).max(300), sections: z.array(Section).min(1), reviewed: Day })
  .refine((c) => {
    const ids = c.sections.flatMap((s) => s.items.map((i) => i.id));
    return new Set(ids).size === ids.length;
  }, 'two items have the same id; each tick needs one of its own');
export type Checklist = z.infer<typeof Checklist>;

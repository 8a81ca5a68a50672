/** Small content made for tests. */
import type { StepMeta } from '../../src/model/step.ts';
import { StepMeta as StepSchema } from '../../src/model/step.ts';
import { stepIdOf } from '../../src/model/id.ts';
import { digest } from '../../src/runbook/digest.ts';
import type { Step } from '../../src/runbook/step.ts';

export const checkMeta = (extra: Record<string, unknown> = {}): StepMeta =>
  StepSchema.parse({
    kind: 'check',
    title: 'A check for tests',
    gate: 'block',
    remedy: { hint: 'Do what a test would do.' },
    fixtures: { plain: 'PASS', red: 'FAIL', 'blind-x': 'SKIP' },
    reviewed: '2026-11-23',
    ...extra,
  });

export const actionMeta = (extra: Record<string, unknown> = {}): StepMeta =>
  StepSchema.parse({
    kind: 'action',
    title: 'An action for tests',
    effects: ['state'],
    outcome: 'preflight.good',
    undo: { none: 'A test leaves nothing behind to undo.' },
    reviewed: '2026-11-23',
    ...extra,
  });

export const step = (id: string, text: string, meta: StepMeta = checkMeta()): Step => ({
  key: id,
  id: stepIdOf(id),
  meta,
  text,
  sha256: digest(text),
  file: `content/steps/${id.replace('.', '/')}.mdx`,
  textLine: 10,
});

/** A text that follows every rule. */
export const goodCheck = (id: string): string =>
  `if [ -e /boot ]; then echo "PASS ${id}: there"\nelse echo "FAIL ${id}: not there"; false; fi`;

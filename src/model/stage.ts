/** The states of a host along the runbook. Fixtures start from them, and each is a fixture itself. */
export const STAGES = ['plain', 'prepared', 'upgraded', 'armed', 'trial', 'fell-back', 'committed', 'rolled-back'] as const;
export type Stage = (typeof STAGES)[number];

/** What a host in such a state is, for readers. */
export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  plain: 'The host as installed, running its old kernel; nothing of ours on it.',
  prepared: 'After a preflight: target and plan are recorded.',
  upgraded: 'The new kernel is installed; the old one runs and is the default.',
  armed: 'The trial is armed; the old kernel still runs.',
  trial: 'The new kernel runs, on trial.',
  'fell-back': 'The trial is over without a commit; the old kernel runs again.',
  committed: 'The new kernel runs and is the default.',
  'rolled-back': 'After a rollback.',
};

export const isStage = (name: string): name is Stage => (STAGES as readonly string[]).includes(name);

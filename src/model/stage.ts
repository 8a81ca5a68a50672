/** The states of a host along the runbook. Fixtures start from them, and each is a fixture itself. */
export const STAGES = ['plain', 'prepared', 'upgraded', 'armed', 'trial', 'fell-back', 'committed', 'rolled-back'] as const;
export type Stage = (typeof STAGES)[number];

export const isStage = (name: string): name is Stage => (STAGES as readonly string[]).includes(name);

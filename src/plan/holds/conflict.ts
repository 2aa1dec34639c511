import type { Hold } from './hold.ts';

/** What the policies contradict each other about is left alone. */
export const conflict: Hold = {
  reason: 'Conflict',
  prepare: () => (change) =>
    change.finding.verdict === 'Conflict'
      ? { message: `the policies contradict each other, so it is left alone: ${change.finding.because}` }
      : undefined,
};

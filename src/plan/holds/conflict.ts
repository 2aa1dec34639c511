import type { Hold } from './hold.ts';

/** The operator doesn't decide between policies that contradict each other. */
export const conflict: Hold = {
  reason: 'Conflict',
  meaning: 'Policies of equal priority contradict each other. The message names them.',
  endsWhen: 'One of them has a higher `priority`, an entry is removed, or an exception applies.',
  appliesToReverts: true,
  prepare: () => (change) =>
    change.finding.verdict === 'Conflict'
      ? { message: `policies contradict each other, so no change is made: ${change.finding.because}` }
      : undefined,
};

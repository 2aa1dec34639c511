import type { Hold } from './hold.ts';

/** A suspended policy changes nothing. */
export const suspended: Hold = {
  reason: 'Suspended',
  prepare: (_, { policy }) =>
    policy.suspend ? () => ({ message: 'the policy is suspended; set spec.suspend: false to go on' }) : undefined,
};

import type { Hold } from './hold.ts';

/** An Audit policy only reports. */
export const audit: Hold = {
  reason: 'Audit',
  prepare:
    (_, { policy }) =>
    () =>
      policy.enforcement === 'Audit'
        ? { message: 'the policy only reports; set spec.enforcement: Enforce to act' }
        : undefined,
};

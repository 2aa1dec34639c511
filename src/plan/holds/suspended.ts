import type { Hold } from './hold.ts';

/** The operator makes no changes for a suspended policy. */
export const suspended: Hold = {
  reason: 'Suspended',
  meaning: '`spec.suspend` of the policy is true.',
  endsWhen: '`spec.suspend` is false, for example, after `kubectl wsap resume`.',
  appliesToReverts: true,
  prepare: (_, { policy }) =>
    policy.suspend
      ? () => ({ message: 'the policy is suspended; to resume it, set spec.suspend to false' })
      : undefined,
};

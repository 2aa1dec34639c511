import type { Hold } from './hold.ts';

/** Limits the disassociations of all policies of a fleet within one hour. */
export const quotaExhausted: Hold = {
  reason: 'HourlyLimitReached',
  meaning: 'The fleet reached `maxDisassociationsPerHour`.',
  endsWhen: 'The time in the message, or the limit is raised.',
  prepare: (_, { quota, now }) => {
    if (quota.limit === undefined) {
      return undefined;
    }
    let remaining = quota.left(now);
    const message = `the fleet reached its limit of ${quota.limit} disassociations per hour (spec.maxDisassociationsPerHour)`;
    const held = { message, until: quota.replenishesAt(now) };
    return ({ action }) => (action !== 'Disassociate' || remaining-- > 0 ? undefined : held);
  },
};

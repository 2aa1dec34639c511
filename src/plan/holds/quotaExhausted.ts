import { quotaMessage } from '../quota.ts';
import type { Hold } from './hold.ts';

/** A fleet loses no more applications within an hour than its WorkspaceFleet says, whatever policies ask for. */
export const quotaExhausted: Hold = {
  reason: 'HourlyLimitReached',
  prepare: (_, { quota, now }) => {
    if (quota.limit === undefined) {
      return undefined;
    }
    let left = quota.left(now);
    const held = quotaMessage(quota, now);
    return ({ action }) => (action !== 'Disassociate' || left-- > 0 ? undefined : held);
  },
};

import { hourlyLimitMessage } from '../hourlyLimit.ts';
import type { Hold } from './hold.ts';

/** A fleet loses no more applications within an hour than its WorkspaceFleet says, whatever policies ask for. */
export const hourlyLimitReached: Hold = {
  reason: 'HourlyLimitReached',
  prepare: (_, { hourly, now }) => {
    if (hourly.limit === undefined) {
      return undefined;
    }
    let left = hourly.left(now);
    const held = hourlyLimitMessage(hourly, now);
    return ({ action }) => (action !== 'Disassociate' || left-- > 0 ? undefined : held);
  },
};

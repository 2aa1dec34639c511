import { formatMinute } from '../../clock.ts';
import { windowState } from '../window.ts';
import type { Hold } from './hold.ts';

/** Changes are made while one of the policy's windows is open. */
export const outsideMaintenanceWindow: Hold = {
  reason: 'OutsideMaintenanceWindow',
  prepare: (_, { policy, now }) => {
    const { isOpen, nextOpening } = windowState(policy.maintenanceWindows, now);
    if (isOpen) {
      return undefined;
    }
    const when = nextOpening === undefined ? 'never opens again' : `opens at ${formatMinute(nextOpening)}`;
    return () => ({ message: `no maintenance window is open; the next ${when}`, until: nextOpening });
  },
};

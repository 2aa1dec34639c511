import { formatMinute } from '../../clock.ts';
import { windowState } from '../window.ts';
import type { Hold } from './hold.ts';

/** The operator makes changes only while a maintenance window of the policy is open. */
export const outsideMaintenanceWindow: Hold = {
  reason: 'OutsideMaintenanceWindow',
  meaning: 'No maintenance window is open.',
  endsWhen: 'The next window opens.',
  prepare: (_, { policy, now }) => {
    const { isOpen, nextOpening } = windowState(policy.maintenanceWindows, now);
    if (isOpen) {
      return undefined;
    }
    const next = nextOpening === undefined ? 'none opens again' : `the next one opens at ${formatMinute(nextOpening)}`;
    return () => ({ message: `no maintenance window is open; ${next}`, until: nextOpening });
  },
};

import { formatMinute } from '../../clock.ts';
import { windowState } from '../window.ts';
import type { Hold } from './hold.ts';

/** The operator starts changes only while a maintenance window of the policy is open. */
export const outsideMaintenanceWindow: Hold = {
  reason: 'OutsideMaintenanceWindow',
  meaning: 'No maintenance window is open.',
  endsWhen: 'The next window opens.',
  prepare: (_, { policy, now, isCompleting }) => {
    const { isOpen, nextOpening } = windowState(policy.maintenanceWindows, now);
    if (isOpen) {
      return undefined;
    }
    const next = nextOpening === undefined ? 'none opens again' : `the next one opens at ${formatMinute(nextOpening)}`;
    const held = { message: `no maintenance window is open; ${next}`, until: nextOpening };
    return ({ action }) => (isCompleting && action === 'Deploy' ? undefined : held);
  },
};

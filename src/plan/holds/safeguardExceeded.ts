import { formatShare, shareOf } from '../../policy/share.ts';
import { affectedWorkspaces } from '../plan.ts';
import type { Hold } from './hold.ts';

/** Over the limit nothing of a plan is done: a subset of it would be arbitrary. */
export const safeguardExceeded: Hold = {
  reason: 'SafeguardExceeded',
  prepare: (plan, { policy }) => {
    const affected = affectedWorkspaces(plan);
    const limit = shareOf(policy.maxAffectedWorkspaces, plan.selected.length);
    if (affected <= limit) {
      return () => undefined;
    }
    const share =
      'percent' in policy.maxAffectedWorkspaces
        ? ` (${formatShare(policy.maxAffectedWorkspaces)} of ${plan.selected.length})`
        : '';
    const message =
      `the plan takes something from ${affected} WorkSpaces, and at most ${limit}${share} are allowed; nothing of it is done; ` +
      'if it is right, raise spec.safeguards.maxAffectedWorkspaces';
    return () => ({ message });
  },
};

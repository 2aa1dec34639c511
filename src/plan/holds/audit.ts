import type { Hold } from './hold.ts';
import { exceededMessage } from './safeguardExceeded.ts';

/** An Audit policy only reports, also what a safeguard would say to it. */
export const audit: Hold = {
  reason: 'Audit',
  prepare: (plan, { policy, approval }) => {
    if (policy.enforcement !== 'Audit') {
      return undefined;
    }
    const exceeded = exceededMessage(plan, policy, approval);
    const more = exceeded === undefined ? '' : `, which maxAffectedWorkspaces would refuse: ${exceeded}`;
    const message = `the policy only reports; set spec.enforcement: Enforce to act${more}`;
    return () => ({ message });
  },
};

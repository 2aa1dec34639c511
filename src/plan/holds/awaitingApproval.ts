import { approveCommandLine } from '../../policy/annotations.ts';
import { isApproved } from '../approval.ts';
import type { Hold } from './hold.ts';
import { exceededMessage } from './safeguardExceeded.ts';

/** With `enforcement: Approve` a person says yes to each plan before any of it is done. */
export const awaitingApproval: Hold = {
  reason: 'AwaitingApproval',
  prepare: (plan, { policy, approval }) => {
    const { proposed } = approval;
    if (policy.enforcement !== 'Approve' || proposed === undefined) {
      return undefined;
    }
    const exceeded = exceededMessage(plan, policy, approval);
    const more = exceeded === undefined ? '' : `; beyond maxAffectedWorkspaces, ${exceeded}`;
    const message = `the plan ${proposed.id} waits for a person; to approve it: ${approveCommandLine(policy, proposed.id)}${more}`;
    return ({ finding }) => (isApproved(finding, approval) ? undefined : { message });
  },
};

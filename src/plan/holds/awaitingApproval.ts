import { approveCommandLine } from '../../policy/annotations.ts';
import { isApproved } from '../approval.ts';
import type { Hold } from './hold.ts';
import { exceededMessage } from './safeguardExceeded.ts';

/** With `enforcement: Approve`, each plan requires an approval before the operator applies it. */
export const awaitingApproval: Hold = {
  reason: 'AwaitingApproval',
  meaning: '`spec.enforcement` is `Approve`, and the plan is not approved.',
  endsWhen: 'You approve the plan.',
  prepare: (plan, { policy, approval }) => {
    const { proposed } = approval;
    if (policy.enforcement !== 'Approve') {
      return undefined;
    }
    if (proposed === undefined) {
      return ({ finding }) => (isApproved(finding, approval) ? undefined : { message: UNREAD_TAGS });
    }
    const exceeded = exceededMessage(plan, policy, approval);
    const warning = exceeded === undefined ? '' : `; ${exceeded} (spec.safeguards.maxAffectedWorkspaces)`;
    const message = `the plan ${proposed.id} requires approval; to approve it, run: ${approveCommandLine(policy, proposed.id)}${warning}`;
    return ({ finding }) => (isApproved(finding, approval) ? undefined : { message });
  },
};

const UNREAD_TAGS =
  'the plan requires approval; the operator proposes it after it has read the AWS tags of the WorkSpaces';

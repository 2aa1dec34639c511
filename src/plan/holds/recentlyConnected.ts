import { formatDuration } from '../../policy/duration.ts';
import { waitsForUsers } from '../../policy/policy.ts';
import type { Hold } from './hold.ts';
import { openWork } from './userConnected.ts';

/** A user who was disconnected a moment ago may have open documents, which a deployment would discard. */
export const recentlyConnected: Hold = {
  reason: 'RecentlyConnected',
  meaning:
    'The user was connected within `rollout.disconnectedFor`. Documents may still be open, also on a stopped WorkSpace, which may hibernate.',
  endsWhen: 'The time in the message, unless the user connects again.',
  prepare:
    (_, { policy, now }) =>
    ({ finding: { workspace } }) => {
      const work = waitsForUsers(policy) ? openWork(workspace, policy, now) : undefined;
      return work?.kind === 'Recent'
        ? {
            message: `the user was connected less than ${formatDuration(policy.disconnectedFor)} ago (spec.rollout.disconnectedFor), and may have open documents`,
            until: work.until,
          }
        : undefined;
    },
};

import { formatMinute } from '../../clock.ts';
import type { Workspace } from '../../fleet/model.ts';
import { type OpenWork, openWorkOn } from '../../fleet/openWork.ts';
import { type Policy, waitsForUsers } from '../../policy/policy.ts';
import type { Hold } from './hold.ts';

/** A deployment ends the session of the user, so the operator starts no change while a user is or may be connected. */
export const userConnected: Hold = {
  reason: 'UserConnected',
  meaning:
    "A user is connected, or the operator can't rule it out: AWS doesn't report the connection, hasn't checked it for 30 minutes, or can't see it because the running mode of the WorkSpace is `MANUAL`. A deployment would end the session.",
  endsWhen: 'The user disconnects, or `rollout.userSessions` is `Interrupt`.',
  prepare:
    (_, { policy, now }) =>
    ({ finding: { workspace } }) => {
      const work = waitsForUsers(policy) ? openWork(workspace, policy, now) : undefined;
      return work === undefined || work.kind === 'Recent' ? undefined : { message: connectedMessage(work, workspace) };
    },
};

/** Returns why a user may have open work on a WorkSpace, as far as its connection is known. */
export function openWork(workspace: Workspace, policy: Policy, now: Date): OpenWork | undefined {
  const { connection } = workspace;
  // An Audit policy reads no connections, so an unreported one says nothing.
  const isRead = policy.enforcement === 'Audit' ? connection?.connectionState !== undefined : connection !== undefined;
  return isRead || workspace.runningMode === 'MANUAL' ? openWorkOn(workspace, policy.disconnectedFor, now) : undefined;
}

/** Returns the message for a change that waits for a user. */
function connectedMessage(work: Exclude<OpenWork, { kind: 'Recent' }>, { connection }: Workspace): string {
  const otherwise = 'so a user may be connected, and a deployment would end the session';
  switch (work.kind) {
    case 'Connected':
      return 'the user is connected, and a deployment would end the session; the change waits until the user disconnects';
    case 'Unobserved':
      return `the running mode is MANUAL, and AWS can't see clients of other vendors, ${otherwise}; to deploy anyway, set spec.rollout.userSessions: Interrupt`;
    case 'Outdated':
      return `AWS last checked the connection at ${formatMinute(work.checkedAt)}, ${otherwise}; the change waits for the next check`;
    case 'Unreported':
      return `AWS doesn't report whether the user is connected (${connection?.connectionState ?? 'no state'}), ${otherwise}`;
  }
}

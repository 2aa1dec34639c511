import { mayBeConnected } from '../../fleet/states.ts';
import { waitsForUsers } from '../../policy/policy.ts';
import type { Hold } from './hold.ts';

/** A deployment ends the session of the user, so the operator starts no change while a user is connected. */
export const userConnected: Hold = {
  reason: 'UserConnected',
  meaning: "A user is connected, or AWS doesn't report the connection. A deployment would end the session.",
  endsWhen: 'The user disconnects, or `rollout.userSessions` is `Interrupt`.',
  prepare:
    (_, { policy }) =>
    ({ finding: { workspace } }) => {
      const { connection } = workspace;
      // An Audit policy reads no connections, so an unreported one says nothing.
      const isKnown =
        policy.enforcement === 'Audit' ? connection?.connectionState !== undefined : connection !== undefined;
      return waitsForUsers(policy) && isKnown && mayBeConnected(workspace)
        ? { message: connectedMessage(workspace.connection?.connectionState) }
        : undefined;
    },
};

/** Returns the message for a deployment that waits for a user. */
function connectedMessage(connectionState: string | undefined): string {
  return connectionState === 'CONNECTED'
    ? 'the user is connected, and a deployment would end the session; the change waits until the user disconnects'
    : `AWS doesn't report whether the user is connected (${connectionState ?? 'no state'}), and a deployment would end the session`;
}

import { mayBeConnected } from '../../fleet/states.ts';
import { waitsForUsers } from '../../policy/policy.ts';
import type { Hold } from './hold.ts';

/** A deployment ends the session of the WorkSpace's user, so it waits until nobody is connected, and nothing is begun before. */
export const userConnected: Hold = {
  reason: 'UserConnected',
  prepare:
    (_, { policy }) =>
    ({ finding: { workspace } }) => {
      const isKnown = workspace.connection !== undefined;
      return waitsForUsers(policy) && isKnown && mayBeConnected(workspace)
        ? { message: connectedMessage(workspace.connection?.connectionState) }
        : undefined;
    },
};

/** Says why a deployment waits for a user. */
export function connectedMessage(connectionState: string | undefined): string {
  return connectionState === 'CONNECTED'
    ? 'the user is connected, and the deployment would end the session; waits until they disconnect'
    : `AWS doesn't know whether the user is connected (${connectionState ?? 'no answer'}), and the deployment would end the session`;
}

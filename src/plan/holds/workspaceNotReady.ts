import { isDeployable } from '../../fleet/states.ts';
import type { Hold } from './hold.ts';

/** A deployment requires a WorkSpace that is AVAILABLE or STOPPED. The operator starts no change that it can't deploy. */
export const workspaceNotReady: Hold = {
  reason: 'WorkspaceNotReady',
  meaning: 'The state of the WorkSpace permits no deployment.',
  endsWhen: 'The WorkSpace is `AVAILABLE` or `STOPPED`.',
  prepare: () => (change) => {
    const { state } = change.finding.workspace;
    return isDeployable(state) ? undefined : { message: notReadyMessage(state) };
  },
};

/** Returns the message for a change that waits for the state of its WorkSpace. */
function notReadyMessage(state: string | undefined): string {
  return `the WorkSpace is ${state ?? 'in an unknown state'}; the change waits until it is AVAILABLE or STOPPED`;
}

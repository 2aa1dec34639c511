import { isDeployable } from '../../fleet/states.ts';
import type { Hold } from './hold.ts';

/** Deploying needs a WorkSpace that is AVAILABLE or STOPPED, and a removal isn't begun that couldn't be carried on. */
export const workspaceNotReady: Hold = {
  reason: 'WorkspaceNotReady',
  prepare: () => (change) => {
    const { state } = change.finding.workspace;
    return isDeployable(state) ? undefined : { message: notReadyMessage(state) };
  },
};

export function notReadyMessage(state: string | undefined): string {
  return `the WorkSpace is ${state ?? 'in no known state'}; waits until it is AVAILABLE or STOPPED`;
}

import type { Simulator } from '../../../src/simulator/start.ts';
import type { Removed } from './removed.ts';

/**
 * Installs an application like an administrator in the AWS console, which the operator learns only from an event. Returns a function that
 * returns the time from the event until the application is disassociated, in milliseconds. The time is undefined before.
 */
export function installManually(
  { simulated, calls }: Pick<Simulator, 'simulated' | 'calls'>,
  { workspaceID, applicationID }: Pick<Removed, 'workspaceID' | 'applicationID'>,
): () => number | undefined {
  const before = new Set(calls.list());
  const installedAt = Date.now();
  simulated.putAssociation(workspaceID, applicationID);
  return () => {
    const call = calls.list().find((one) => {
      const { WorkspaceId, ApplicationId } = (one.input ?? {}) as { WorkspaceId?: string; ApplicationId?: string };
      return (
        one.operation === 'DisassociateWorkspaceApplication' &&
        one.done &&
        WorkspaceId === workspaceID &&
        ApplicationId === applicationID &&
        !before.has(one)
      );
    });
    return call && Date.parse(call.time) - installedAt;
  };
}

import type { CallLog } from '../../../src/simulator/callLog.ts';
import type { Seed } from '../../../src/simulator/seed.ts';
import type { WatchedPolicy } from './policyWatch.ts';

/** A removal of an application. */
export interface Removed {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly userName: string;
}

/** Returns the first removal of an application that a policy denies. */
export function firstRemoved(
  { status }: WatchedPolicy,
  calls: Pick<CallLog, 'list'>,
  { workspaces }: Pick<Seed, 'workspaces'>,
): Removed | undefined {
  const denied = new Set(
    status?.applications?.flatMap(({ verdict, applicationID }) => (verdict === 'Denied' ? [applicationID] : [])),
  );
  const call = calls
    .list()
    .find(
      ({ operation, done, input }) =>
        operation === 'DisassociateWorkspaceApplication' &&
        done &&
        denied.has((input as { ApplicationId?: string } | null)?.ApplicationId ?? ''),
    );
  const { WorkspaceId, ApplicationId } = (call?.input ?? {}) as { WorkspaceId?: string; ApplicationId?: string };
  const workspace = workspaces.find(({ workspaceID }) => workspaceID === WorkspaceId);
  return workspace && ApplicationId !== undefined
    ? { workspaceID: workspace.workspaceID, userName: workspace.userName, applicationID: ApplicationId }
    : undefined;
}

import type { DescribeWorkspacesConnectionStatusRequest } from '@aws-sdk/client-workspaces';
import { latestCheck } from './connectionChecks.ts';
import { paginate } from './pages.ts';
import { epochSeconds } from './presentation.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

/** States in which AWS hasn't checked the connection, so that the connection status has no entry. */
const UNCHECKED_STATES = ['PENDING', 'ERROR', 'TERMINATING', 'TERMINATED'];

/**
 * Lists the connection status of WorkSpaces as of the last check. AWS returns UNKNOWN for a stopped one, and nothing for
 * one that it never checked.
 */
export function describeWorkspacesConnectionStatus(
  fleet: SimulatedFleet,
  input: DescribeWorkspacesConnectionStatusRequest,
  now: number,
): JsonObject {
  const requested = fleet.workspaces.filter(({ workspaceID }) => input.WorkspaceIds?.includes(workspaceID) ?? true);
  const checked = requested.flatMap((workspace) => {
    const check = latestCheck(workspace, now, fleet.durations.connectionChecks);
    return UNCHECKED_STATES.includes(workspace.state) || check === undefined
      ? []
      : { workspaceID: workspace.workspaceID, check };
  });
  return paginate(
    'DescribeWorkspacesConnectionStatus',
    { ...input },
    checked,
    ({ workspaceID }) => workspaceID,
    ({ workspaceID, check }) => ({
      WorkspaceId: workspaceID,
      ConnectionState: check.connectionState,
      ConnectionStateCheckTimestamp: epochSeconds(check.at),
      ...(check.lastConnected !== undefined && {
        LastKnownUserConnectionTimestamp: epochSeconds(check.lastConnected),
      }),
    }),
  );
}

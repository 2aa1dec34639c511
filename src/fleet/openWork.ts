import type { Workspace, WorkspaceConnection } from './model.ts';

/** Maximum difference between a check of the connection by AWS and its read. Older checks don't count. */
const MAX_CHECK_AGE_MS = 30 * 60_000;

/** Why a deployment, which ends the session, could discard open work of a user. */
export type OpenWork =
  /** A user is connected. */
  | { readonly kind: 'Connected' }
  /** Users connect with clients of other vendors, which AWS doesn't see. */
  | { readonly kind: 'Unobserved' }
  /** AWS doesn't report whether a user is connected. */
  | { readonly kind: 'Unreported' }
  /** AWS hasn't checked the connection recently. */
  | { readonly kind: 'Outdated'; readonly checkedAt: Date }
  /** A user disconnected recently. Documents may be open, also if the WorkSpace stopped since, because it can hibernate. */
  | { readonly kind: 'Recent'; readonly until: Date };

/**
 * Returns why a user may have open work on a WorkSpace, or undefined if nobody has. The connection must have been read.
 *
 * @param disconnectedFor time for which a user must have been disconnected, in milliseconds. 0 if only a session counts.
 */
export function openWorkOn(
  { state, runningMode, connection }: Workspace,
  disconnectedFor: number,
  now: Date,
): OpenWork | undefined {
  const { connectionState, connectionStateCheckTimestamp: checkedAt } = connection ?? {};
  if (connectionState === 'CONNECTED') {
    return { kind: 'Connected' };
  }
  if (runningMode === 'MANUAL') {
    return { kind: 'Unobserved' };
  }
  const isStopped = state === 'STOPPED';
  if (isStopped && disconnectedFor === 0) {
    return undefined;
  }
  // AWS reports UNKNOWN for stopped WorkSpaces (WorkSpaces API, WorkspaceConnectionStatus).
  const isReported = connectionState === 'DISCONNECTED' || (isStopped && connectionState === 'UNKNOWN');
  if (connection === undefined || !isReported || checkedAt === undefined) {
    return { kind: 'Unreported' };
  }
  return isOutdated(checkedAt, connection)
    ? { kind: 'Outdated', checkedAt }
    : recentConnection(connection, disconnectedFor, now);
}

/** Whether a check was not recent when it was read. A time in the future shows that one of the clocks is wrong. */
function isOutdated(checkedAt: Date, { readAt }: WorkspaceConnection): boolean {
  return readAt !== undefined && Math.abs(readAt.getTime() - checkedAt.getTime()) > MAX_CHECK_AGE_MS;
}

function recentConnection(
  { lastKnownUserConnectionTimestamp: last }: WorkspaceConnection,
  disconnectedFor: number,
  now: Date,
): OpenWork | undefined {
  const until = last && new Date(last.getTime() + disconnectedFor);
  return until !== undefined && until > now ? { kind: 'Recent', until } : undefined;
}

import type { Workspace, WorkspaceConnection } from './model.ts';

/** Maximum difference between a check of the connection by AWS and its read. Older checks don't count. */
const MAX_CHECK_AGE_MS = 30 * 60_000;

/** Maximum time by which a check may seem to be later than its read, because clocks differ. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

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

/** Why the session of a user may exist. */
type PossibleSession = Exclude<OpenWork, { kind: 'Recent' }>;

/**
 * Returns why a user may have open work on a WorkSpace, or undefined if nobody has. A connection that wasn't read counts as unreported.
 *
 * @param disconnectedFor time for which a user must have been disconnected, in milliseconds. 0 if only a session counts.
 */
export function openWorkOn(workspace: Workspace, disconnectedFor: number, now: Date): OpenWork | undefined {
  const { state, connection } = workspace;
  const session = possibleSessionOn(workspace);
  if (session !== undefined) {
    // Nobody is connected to a stopped WorkSpace, but without recent data, a user may have been connected until a moment ago.
    const isStopped = state === 'STOPPED' && session.kind !== 'Connected' && session.kind !== 'Unobserved';
    return isStopped && disconnectedFor === 0 ? undefined : session;
  }
  const last = connection?.lastKnownUserConnectionTimestamp;
  const until = last && new Date(last.getTime() + disconnectedFor);
  return until !== undefined && until > now ? { kind: 'Recent', until } : undefined;
}

/** Returns why a user may be connected to a WorkSpace, or may have been when it stopped. Undefined if AWS rules it out. */
export function possibleSessionOn({ state, runningMode, connection }: Workspace): PossibleSession | undefined {
  const { connectionState, connectionStateCheckTimestamp: checkedAt } = connection ?? {};
  if (connectionState === 'CONNECTED') {
    return { kind: 'Connected' };
  }
  if (runningMode === 'MANUAL') {
    return { kind: 'Unobserved' };
  }
  // AWS reports UNKNOWN for stopped WorkSpaces (WorkSpaces API, WorkspaceConnectionStatus).
  const isReported = connectionState === 'DISCONNECTED' || (state === 'STOPPED' && connectionState === 'UNKNOWN');
  if (connection === undefined || !isReported || checkedAt === undefined) {
    return { kind: 'Unreported' };
  }
  return isOutdated(checkedAt, connection) ? { kind: 'Outdated', checkedAt } : undefined;
}

/** Whether a check was not recent when it was read. A time in the future shows that one of the clocks is wrong, so that its age is unknown. */
function isOutdated(checkedAt: Date, { readAt }: WorkspaceConnection): boolean {
  const age = readAt === undefined ? 0 : readAt.getTime() - checkedAt.getTime();
  return age > MAX_CHECK_AGE_MS || age < -MAX_CLOCK_SKEW_MS;
}

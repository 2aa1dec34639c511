/** Number of sessions that the deployments of a plan end, as in `status.plan`. */
interface SessionCounts {
  readonly sessions?: number;
  readonly sessionsUnknown?: number;
}

/** Describes the sessions that the deployments of a plan end, for example, `Ends 3 sessions, and maybe 1 more`. Undefined if there are none. */
export function endedSessions({ sessions = 0, sessionsUnknown = 0 }: SessionCounts): string | undefined {
  if (sessions + sessionsUnknown === 0) {
    return undefined;
  }
  const known = sessions === 1 ? '1 session' : `${sessions} sessions`;
  return `Ends ${known}${sessionsUnknown === 0 ? '' : `, and maybe ${sessionsUnknown} more`}`;
}

import type { Plan } from '../plan/plan.ts';
import { type Policy, waitsForUsers } from '../policy/policy.ts';

/** Maximum number of WorkSpaces to check in one run, which takes four calls. */
const MAX_SESSION_CHECKS = 100;
/** Maximum age of a connection for a plan. Each deployment checks the connection again. */
const SESSION_TTL_MS = 60_000;

/** Returns the IDs of WorkSpaces with changes whose connection is unknown or too old. */
export function workspacesToCheckForSessions(
  { changes }: Plan,
  policy: Policy,
  seenAt: (workspaceID: string) => number | undefined,
  now: Date,
): string[] {
  if (!waitsForUsers(policy)) {
    return [];
  }
  const ids = new Set(changes.map(({ finding }) => finding.workspace.workspaceID));
  return [...ids].filter((id) => (seenAt(id) ?? 0) < now.getTime() - SESSION_TTL_MS).slice(0, MAX_SESSION_CHECKS);
}

import type { Plan } from '../plan/plan.ts';
import { type Policy, waitsForUsers } from '../policy/policy.ts';

/** So many WorkSpaces are looked at in a run, in the order in which they come; four calls. */
const MAX_SESSION_CHECKS = 100;
/** What is known of a connection is good for a plan for so long, in milliseconds. Each deployment is preceded by its own look. */
const SESSION_TTL_MS = 60_000;

/** The WorkSpaces that are about to be changed, of which it isn't known whether a deployment would end a session. */
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

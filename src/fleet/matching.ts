import { matchesGlob } from '../policy/glob.ts';
import type { ApplicationMatcher, Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { Application, Workspace } from './model.ts';

/** AWS lists a WorkSpace for a while after its end. */
const GONE = new Set(['TERMINATING', 'TERMINATED']);

/** Whether a selector is about a WorkSpace. What AWS left out matches nothing that asks for it. */
export function selects(selector: WorkspaceSelector, workspace: Workspace): boolean {
  if (GONE.has(workspace.state ?? '')) {
    return false;
  }
  if (selector.all) {
    return true;
  }
  const { workspaceIds, directoryIds } = selector;
  return (
    (workspaceIds !== undefined || directoryIds !== undefined) &&
    (workspaceIds === undefined || workspaceIds.has(workspace.workspaceId)) &&
    (directoryIds === undefined || (workspace.directoryId !== undefined && directoryIds.has(workspace.directoryId)))
  );
}

/** Whether an entry of a list names an application. Names are case-sensitive; one that AWS left out matches no name. */
export function namesApplication(matcher: ApplicationMatcher, application: Application): boolean {
  if ('id' in matcher) {
    return matcher.id === application.applicationId;
  }
  return (
    application.name !== undefined &&
    (matcher.owner === undefined || matcher.owner === application.owner) &&
    matchesGlob(matcher.name, application.name)
  );
}

/** Which of a policy's lists names an application, if any: both at once is a contradiction. */
export function listings(policy: Policy, application: Application): { allowed: boolean; denied: boolean } {
  return {
    allowed: policy.allowed.some((matcher) => namesApplication(matcher, application)),
    denied: policy.denied.some((matcher) => namesApplication(matcher, application)),
  };
}

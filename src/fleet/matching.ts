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
  const { all, workspaceIds, directoryIds, bundleIds, userNames, exclude } = selector;
  const { workspaceId, directoryId, bundleId, userName } = workspace;
  if (exclude.workspaceIds.has(workspaceId) || isNamed(exclude.userNames, userName)) {
    return false;
  }
  if (all) {
    return true;
  }
  const asked = [workspaceIds, directoryIds, bundleIds, userNames].filter((field) => field !== undefined);
  return (
    asked.length > 0 &&
    isOneOf(workspaceIds, workspaceId) &&
    isOneOf(directoryIds, directoryId) &&
    isOneOf(bundleIds, bundleId) &&
    (userNames === undefined || isNamed(userNames, userName))
  );
}

function isOneOf(ids: ReadonlySet<string> | undefined, id: string | undefined): boolean {
  return ids === undefined || (id !== undefined && ids.has(id));
}

/** User names are matched without regard to case, as in Active Directory. */
function isNamed(globs: readonly string[], userName: string | undefined): boolean {
  return userName !== undefined && globs.some((glob) => matchesGlob(glob, userName.toLowerCase()));
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

/** Which of a policy's lists name an application: denied beside another is a contradiction. */
export interface NamedBy {
  readonly required: boolean;
  readonly allowed: boolean;
  readonly denied: boolean;
}

/** Policies and applications are many, and stay the same from run to run: each pair is matched once. */
const known = new WeakMap<Policy, WeakMap<Application, NamedBy>>();

/** Which of a policy's lists name an application, if any. */
export function listsNaming(policy: Policy, application: Application): NamedBy {
  const ofPolicy = known.get(policy) ?? new WeakMap<Application, NamedBy>();
  known.set(policy, ofPolicy);
  const isIn = (list: readonly ApplicationMatcher[]) => list.some((matcher) => namesApplication(matcher, application));
  const named = ofPolicy.get(application) ?? {
    required: isIn(policy.required),
    allowed: isIn(policy.allowed),
    denied: isIn(policy.denied),
  };
  ofPolicy.set(application, named);
  return named;
}

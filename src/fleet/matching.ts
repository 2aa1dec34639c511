import { matchesGlob } from '../policy/glob.ts';
import { matchesLabels } from '../policy/labelSelector.ts';
import type { ApplicationMatcher, Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { Application, Workspace } from './model.ts';

/** AWS lists a WorkSpace for a while after its end. */
const GONE = new Set(['TERMINATING', 'TERMINATED']);

/**
 * Whether a selector is about a WorkSpace at a time. What AWS left out matches nothing that asks for it. Undefined if that can't be
 * told, as the tags or the connection weren't read.
 */
export function selects(selector: WorkspaceSelector, workspace: Workspace, now: Date): boolean | undefined {
  if (GONE.has(workspace.state ?? '')) {
    return false;
  }
  if (!selectsListed(selector, workspace)) {
    return false;
  }
  const { exclude } = selector;
  const { tags } = workspace;
  if (selector.tags === undefined && exclude.tags === undefined && selector.lastConnectedBefore === undefined) {
    return true;
  }
  const demands = [
    selector.tags === undefined || (tags && matchesLabels(selector.tags, tags)),
    exclude.tags === undefined || (tags && !matchesLabels(exclude.tags, tags)),
    isUnused(selector, workspace, now),
  ];
  return demands.includes(false) ? false : demands.includes(undefined) ? undefined : true;
}

/** Whether a selector may be about a WorkSpace, by what a listing tells of it. */
function selectsListed(
  { workspaceIDs, directoryIDs, bundleIDs, userNames, exclude }: WorkspaceSelector,
  { workspaceID, directoryID, bundleID, userName }: Workspace,
): boolean {
  return (
    !exclude.workspaceIDs.has(workspaceID) &&
    !isNamed(exclude.userNames, userName) &&
    isOneOf(workspaceIDs, workspaceID) &&
    isOneOf(directoryIDs, directoryID) &&
    isOneOf(bundleIDs, bundleID) &&
    (userNames === undefined || isNamed(userNames, userName))
  );
}

/** Whether nobody has connected for as long as a selector says. A WorkSpace of which AWS doesn't tell is taken for used. */
function isUnused(selector: WorkspaceSelector, { connection }: Workspace, now: Date): boolean | undefined {
  const { lastConnectedBefore, neverConnected } = selector;
  if (lastConnectedBefore === undefined || connection === undefined) {
    return lastConnectedBefore === undefined ? true : undefined;
  }
  const { connectionState, lastKnownUserConnectionTimestamp: last } = connection;
  if (connectionState === undefined || connectionState === 'CONNECTED') {
    return false;
  }
  return last === undefined ? neverConnected : now.getTime() - last.getTime() >= lastConnectedBefore;
}

/** What has to be read of a WorkSpace before it can be told whether a selector is about it. */
export function detailsFor(selector: WorkspaceSelector, workspace: Workspace, now: Date) {
  const { workspaceID, directoryID, bundleID, userName, state } = workspace;
  const mayBe = selects(selector, { workspaceID, directoryID, bundleID, userName, state }, now) === undefined;
  return {
    tags: mayBe && (selector.tags !== undefined || selector.exclude.tags !== undefined),
    connection: mayBe && selector.lastConnectedBefore !== undefined,
  };
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
    return matcher.id === application.applicationID;
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

/** Whether a policy has a say in what becomes of an application on the WorkSpaces that it selects. */
export function mentions(policy: Policy, application: Application): boolean {
  const { required, allowed, denied } = listsNaming(policy, application);
  return (
    required || allowed || denied || policy.exceptions.some((one) => namesApplication(one.application, application))
  );
}

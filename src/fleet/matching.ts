import { matchesGlob } from '../policy/glob.ts';
import { matchesLabels } from '../policy/labelSelector.ts';
import type { ApplicationMatcher, Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { Application, Workspace } from './model.ts';

/** States in which AWS still lists a WorkSpace for a while although it is deleted. */
const DELETED_STATES = new Set(['TERMINATING', 'TERMINATED']);

/**
 * Whether a selector selects a WorkSpace at the time `now`. A field that AWS omitted doesn't match a selector for this field. Undefined
 * if the result depends on tags or a connection that were not read.
 */
export function selects(selector: WorkspaceSelector, workspace: Workspace, now: Date): boolean | undefined {
  if (DELETED_STATES.has(workspace.state ?? '')) {
    return false;
  }
  if (!selectsByListedFields(selector, workspace)) {
    return false;
  }
  const { exclude } = selector;
  const { tags } = workspace;
  if (selector.tags === undefined && exclude.tags === undefined && selector.lastConnectedBefore === undefined) {
    return true;
  }
  const requirements = [
    selector.tags === undefined || (tags && matchesLabels(selector.tags, tags)),
    exclude.tags === undefined || (tags && !matchesLabels(exclude.tags, tags)),
    isUnused(selector, workspace, now),
  ];
  return requirements.includes(false) ? false : requirements.includes(undefined) ? undefined : true;
}

/** Whether a selector might select a WorkSpace, based on the fields that DescribeWorkspaces returns. */
function selectsByListedFields(
  { workspaceIDs, directoryIDs, bundleIDs, userNames, exclude }: WorkspaceSelector,
  { workspaceID, directoryID, bundleID, userName }: Workspace,
): boolean {
  return (
    !exclude.workspaceIDs.has(workspaceID) &&
    !matchesUserName(exclude.userNames, userName) &&
    isOneOf(workspaceIDs, workspaceID) &&
    isOneOf(directoryIDs, directoryID) &&
    isOneOf(bundleIDs, bundleID) &&
    (userNames === undefined || matchesUserName(userNames, userName))
  );
}

/** Whether a WorkSpace has been unused for `lastConnectedBefore`. If AWS doesn't report the connection, the WorkSpace counts as used. */
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

/** Returns which details of a WorkSpace are required to decide whether a selector selects it. */
export function detailsFor(selector: WorkspaceSelector, workspace: Workspace, now: Date) {
  const { workspaceID, directoryID, bundleID, userName, state } = workspace;
  const isUndecided = selects(selector, { workspaceID, directoryID, bundleID, userName, state }, now) === undefined;
  return {
    tags: isUndecided && (selector.tags !== undefined || selector.exclude.tags !== undefined),
    connection: isUndecided && selector.lastConnectedBefore !== undefined,
  };
}

function isOneOf(ids: ReadonlySet<string> | undefined, id: string | undefined): boolean {
  return ids === undefined || (id !== undefined && ids.has(id));
}

/** User names are case-insensitive, as in Active Directory. */
function matchesUserName(globs: readonly string[], userName: string | undefined): boolean {
  return userName !== undefined && globs.some((glob) => matchesGlob(glob, userName.toLowerCase()));
}

/** Whether an entry of a list matches an application. Names are case-sensitive. An application without a name matches no name. */
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

/** The lists of a policy that name an application. A policy that denies an application and also allows or requires it contradicts itself. */
export interface NamedBy {
  readonly required: boolean;
  readonly allowed: boolean;
  readonly denied: boolean;
}

/** Cache of the results: policies and applications are many, and rarely change between runs. */
const namedByCache = new WeakMap<Policy, WeakMap<Application, NamedBy>>();

/** Returns which lists of a policy name an application. */
export function listsNaming(policy: Policy, application: Application): NamedBy {
  const cached = namedByCache.get(policy) ?? new WeakMap<Application, NamedBy>();
  namedByCache.set(policy, cached);
  const isIn = (list: readonly ApplicationMatcher[]) => list.some((matcher) => namesApplication(matcher, application));
  const namedBy = cached.get(application) ?? {
    required: isIn(policy.required),
    allowed: isIn(policy.allowed),
    denied: isIn(policy.denied),
  };
  cached.set(application, namedBy);
  return namedBy;
}

/** Whether a list or an exception of a policy names an application. */
export function mentions(policy: Policy, application: Application): boolean {
  const { required, allowed, denied } = listsNaming(policy, application);
  return (
    required ||
    allowed ||
    denied ||
    policy.exceptions.some((exception) => namesApplication(exception.application, application))
  );
}

import { matchesGlob } from '../policy/glob.ts';
import { isEmptyList } from '../policy/globList.ts';
import { matchesLabels } from '../policy/labelSelector.ts';
import type { ApplicationMatcher, Policy, WorkspaceSelector } from '../policy/policy.ts';
import { comparableUserName } from '../policy/selector.ts';
import type { Application, Workspace } from './model.ts';
import { matchesUserName } from './userNames.ts';

/** States in which AWS still lists a WorkSpace for a while although it is deleted. */
const DELETED_STATES = new Set(['TERMINATING', 'TERMINATED']);

/**
 * Whether a selector selects a WorkSpace at the time `now`. Undefined if the result depends on a value that AWS omitted, that can't be
 * trusted, or that was not read: an unknown value never selects a WorkSpace, and never removes it from a selection.
 */
export function selects(selector: WorkspaceSelector, workspace: Workspace, now: Date): boolean | undefined {
  if (isRuledOut(selector, workspace)) {
    return false;
  }
  const { exclude, directoryIDs, bundleIDs, userNames } = selector;
  const { directoryID, bundleID, tags } = workspace;
  const userName = userNameOf(workspace);
  const isUnknown =
    workspace.untrusted !== undefined ||
    (directoryIDs !== undefined && directoryID === undefined) ||
    (bundleIDs !== undefined && bundleID === undefined) ||
    (userName === undefined && (userNames !== undefined || !isEmptyList(exclude.userNames)));
  if (selector.tags === undefined && exclude.tags === undefined && selector.lastConnectedBefore === undefined) {
    return isUnknown ? undefined : true;
  }
  const requirements = [
    isUnknown ? undefined : true,
    selector.tags === undefined || (tags && matchesLabels(selector.tags, tags)),
    exclude.tags === undefined || (tags && !matchesLabels(exclude.tags, tags)),
    isUnused(selector, workspace, now),
  ];
  return requirements.includes(false) ? false : requirements.includes(undefined) ? undefined : true;
}

/** Whether a known value of a WorkSpace, other than its tags and its connection, contradicts the selector. */
function isRuledOut(selector: WorkspaceSelector, workspace: Workspace): boolean {
  const { workspaceIDs, directoryIDs, bundleIDs, userNames, exclude, boundary } = selector;
  const { workspaceID, directoryID, bundleID, state } = workspace;
  const userName = userNameOf(workspace);
  return (
    DELETED_STATES.has(state ?? '') ||
    exclude.workspaceIDs.has(workspaceID) ||
    isOutside(workspaceIDs, workspaceID) ||
    // A fleet doesn't contain a WorkSpace whose directory is unknown.
    (boundary !== undefined && (directoryID === undefined || !boundary.has(directoryID))) ||
    isOutside(directoryIDs, directoryID) ||
    isOutside(bundleIDs, bundleID) ||
    (userName !== undefined &&
      (matchesUserName(exclude.userNames, userName) ||
        (userNames !== undefined && !matchesUserName(userNames, userName))))
  );
}

/** Value of the user name of a WorkSpace without an assigned user (WorkSpaces API, UserName). */
const NO_USER = '[UNDEFINED]';

/** Returns the user name as selectors compare it. Undefined if AWS omitted it or the WorkSpace has no assigned user. */
export function userNameOf({ userName }: Workspace): string | undefined {
  return userName === NO_USER || userName === undefined ? undefined : comparableUserName(userName);
}

/** Returns the values that `selects` doesn't know, as text, for a WorkSpace for which it returns undefined. */
export function missingFor(selector: WorkspaceSelector, workspace: Workspace): string {
  const { directoryIDs, bundleIDs, userNames, tags, exclude, lastConnectedBefore } = selector;
  if (workspace.untrusted !== undefined) {
    return `AWS returned a value that can't be trusted: ${workspace.untrusted}`;
  }
  const missing = [
    userNameOf(workspace) === undefined && (userNames !== undefined || !isEmptyList(exclude.userNames)) && 'user name',
    workspace.directoryID === undefined && directoryIDs !== undefined && 'directory',
    workspace.bundleID === undefined && bundleIDs !== undefined && 'bundle',
    workspace.tags === undefined && (tags !== undefined || exclude.tags !== undefined) && 'tags',
    workspace.connection?.connectionState === undefined && lastConnectedBefore !== undefined && 'connection',
  ].filter((part) => part !== false);
  return `AWS reports no ${missing.join(', no ')}`;
}

/** Whether a WorkSpace has been unused for `lastConnectedBefore`. Undefined if its connection was not read or AWS doesn't report it. */
function isUnused(selector: WorkspaceSelector, { connection }: Workspace, now: Date): boolean | undefined {
  const { lastConnectedBefore, neverConnected } = selector;
  if (lastConnectedBefore === undefined) {
    return true;
  }
  const { connectionState, lastKnownUserConnectionTimestamp: last } = connection ?? {};
  if (connectionState === undefined) {
    return undefined;
  }
  if (connectionState === 'CONNECTED') {
    return false;
  }
  return last === undefined ? neverConnected : now.getTime() - last.getTime() >= lastConnectedBefore;
}

/** Whether a selector requires the tags of WorkSpaces. */
export function usesTags({ tags, exclude }: WorkspaceSelector): boolean {
  return tags !== undefined || exclude.tags !== undefined;
}

/** Whether a selector requires the connections of WorkSpaces. */
export function usesConnections({ lastConnectedBefore }: WorkspaceSelector): boolean {
  return lastConnectedBefore !== undefined;
}

/** Returns a WorkSpace without its tags and its connection, which a listing doesn't contain. */
export function withoutDetails(workspace: Workspace): Workspace {
  return workspace.tags === undefined && workspace.connection === undefined
    ? workspace
    : { ...workspace, tags: undefined, connection: undefined };
}

/** Whether a known ID is not one of the IDs of a selector. */
function isOutside(ids: ReadonlySet<string> | undefined, id: string | undefined): boolean {
  return ids !== undefined && id !== undefined && !ids.has(id);
}

/** Whether an entry of a list matches an application. Names are case-sensitive. An application without a name matches no name. */
export function namesApplication(matcher: ApplicationMatcher, application: Application): boolean {
  if ('id' in matcher) {
    return matcher.id === application.applicationID;
  }
  return (
    application.name !== undefined &&
    (matcher.owner === undefined || matcher.owner === application.owner) &&
    matchesGlob(matcher.glob, application.name)
  );
}

/** Whether an entry of a list matches an application, or might match it because AWS omitted the name or the owner. */
export function mayNameApplication(matcher: ApplicationMatcher, { applicationID, name, owner }: Application): boolean {
  return 'id' in matcher
    ? matcher.id === applicationID
    : (name === undefined || matchesGlob(matcher.glob, name)) &&
        (matcher.owner === undefined || owner === undefined || matcher.owner === owner);
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

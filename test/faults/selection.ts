import { type Entry, type Labels, millisecondsOf, type PolicySpec } from './manifests.ts';

export interface WorkspaceFacts {
  readonly workspaceID: string;
  /** Undefined if AWS does not report it. */
  readonly directoryID: string | undefined;
  readonly bundleID: string | undefined;
  readonly userName: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. Undefined if the user has never connected. */
  readonly lastConnected: number | undefined;
}
export interface ApplicationFacts {
  readonly applicationID: string;
  readonly name: string;
  readonly owner?: string | undefined;
  readonly state?: string | undefined;
}

/**
 * Whether a policy selects a WorkSpace. Undefined if this depends on a member that AWS does not report. `now` is
 * in milliseconds since the epoch.
 */
export function selects(
  { workspaceSelector }: PolicySpec,
  workspace: WorkspaceFacts,
  now: number,
): boolean | undefined {
  const { workspaceIDs, directoryIDs, bundleIDs, userNames, tags, lastConnectedBefore, neverConnected, exclude } =
    workspaceSelector;
  const { userName } = workspace;
  const isOneOf = (values: readonly string[] | undefined, value: string | undefined) =>
    values === undefined ? true : value === undefined ? undefined : values.includes(value);
  const isUser = (globs: readonly string[]) =>
    userName === undefined ? undefined : globs.some((glob) => matchesGlob(glob, userName));
  const isUnused = (since: string) =>
    workspace.lastConnected === undefined
      ? neverConnected === 'Include'
      : workspace.lastConnected <= now - millisecondsOf(since);
  const isExcludedUser = (exclude?.userNames ?? []).length > 0 ? isUser(exclude?.userNames ?? []) : false;
  const criteria = [
    workspaceIDs?.includes(workspace.workspaceID) ?? true,
    isOneOf(directoryIDs, workspace.directoryID),
    isOneOf(bundleIDs, workspace.bundleID),
    userNames === undefined ? true : isUser(userNames),
    tags === undefined || hasLabels(tags, workspace.tags),
    lastConnectedBefore === undefined || isUnused(lastConnectedBefore),
    !exclude?.workspaceIDs?.includes(workspace.workspaceID),
    isExcludedUser === undefined ? undefined : !isExcludedUser,
    !(exclude?.tags !== undefined && hasLabels(exclude.tags, workspace.tags)),
  ];
  if (criteria.includes(false)) {
    return false;
  }
  return criteria.includes(undefined) ? undefined : true;
}

export function hasLabels(wanted: Labels, found: Readonly<Record<string, string>>): boolean {
  const { matchTags = {}, matchLabels = {}, matchExpressions = [] } = wanted;
  return (
    Object.entries({ ...matchTags, ...matchLabels }).every(([key, value]) => found[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = found[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

/** Whether an entry of a policy's list matches an application. */
export function names({ id, name, owner }: Entry, application: ApplicationFacts): boolean {
  return id === undefined
    ? matchesGlob(name ?? '', application.name) && (owner === undefined || owner === (application.owner ?? 'AMAZON'))
    : id === application.applicationID;
}

function matchesGlob(glob: string, text: string): boolean {
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = glob
    .split('*')
    .map((part) => part.split('?').map(literal).join('.'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 'su').test(text);
}

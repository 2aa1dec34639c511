import { type Entry, type Labels, millisecondsOf, type PolicySpec } from './manifests.ts';

export interface WorkspaceFacts {
  readonly workspaceID: string;
  readonly directoryID: string;
  readonly bundleID: string;
  readonly userName: string;
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

/** Whether a policy selects a WorkSpace. `now` is in milliseconds since the epoch. */
export function selects({ workspaceSelector }: PolicySpec, workspace: WorkspaceFacts, now: number): boolean {
  const { workspaceIDs, directoryIDs, bundleIDs, userNames, tags, lastConnectedBefore, neverConnected, exclude } =
    workspaceSelector;
  const isUser = (name: string) => matchesGlob(name, workspace.userName);
  const isUnused = (since: string) =>
    workspace.lastConnected === undefined
      ? neverConnected === 'Include'
      : workspace.lastConnected <= now - millisecondsOf(since);
  return (
    (workspaceIDs?.includes(workspace.workspaceID) ?? true) &&
    (directoryIDs?.includes(workspace.directoryID) ?? true) &&
    (bundleIDs?.includes(workspace.bundleID) ?? true) &&
    (userNames?.some(isUser) ?? true) &&
    (tags === undefined || hasLabels(tags, workspace.tags)) &&
    (lastConnectedBefore === undefined || isUnused(lastConnectedBefore)) &&
    !exclude?.workspaceIDs?.includes(workspace.workspaceID) &&
    !exclude?.userNames?.some(isUser) &&
    !(exclude?.tags !== undefined && hasLabels(exclude.tags, workspace.tags))
  );
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

import type { FleetLocation } from '../execute/context.ts';
import type { Association } from '../fleet/model.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import type { RestoreConfirmation } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { PolicyEvent } from './events.ts';
import { type PolicyStatus, timestamp } from './resource.ts';

/** Maximum number of restored WorkSpaces in a status. */
const MAX_RESTORED = 250;
/** Maximum number of WorkSpaces in a message. */
const MAX_LISTED = 3;

/** WorkSpace that AWS restored, so that its applications can differ from its associations. */
export interface RestoredWorkspace {
  readonly workspaceID: string;
  /** Time of the last read that showed the restore, in RFC 3339 without fractions. */
  readonly time: string;
}

/**
 * Returns the restored WorkSpaces whose applications are unknown, the newest first. AWS keeps the associations during a restore, so only a
 * later change of each association, a rebuild, or a user can end this.
 *
 * @param recorded result of `restoredIn`
 */
export function restoredWorkspaces(
  { workspaceSelector }: Pick<Policy, 'workspaceSelector'>,
  recorded: readonly RestoredWorkspace[],
  { selected, selectedCount, undecided, gaps }: Pick<Plan, 'selected' | 'selectedCount' | 'undecided' | 'gaps'>,
  { workspaces, associations, listedAt }: Pick<Snapshot, 'workspaces' | 'associations' | 'listedAt'>,
  confirmation?: RestoreConfirmation,
): RestoredWorkspace[] {
  const time = timestamp(new Date(listedAt));
  const restoring = selected
    .filter(({ state }) => state === 'RESTORING')
    .map(({ workspaceID }) => ({ workspaceID, time }));
  const isMissing = (id: string) =>
    !workspaces.has(id) &&
    selectedCount === selected.length &&
    isListed(workspaceSelector, id) &&
    !gaps.workspaces.has(id) &&
    gaps.listings.length === 0 &&
    !undecided.some(({ workspace }) => workspace.workspaceID === id);
  const isKnown = (one: RestoredWorkspace) =>
    isConfirmed(one, confirmation) ||
    isMissing(one.workspaceID) ||
    workspaces.get(one.workspaceID)?.state === 'REBUILDING' ||
    hasChanged(one, [...(associations.get(one.workspaceID)?.values() ?? [])]);
  const byID = new Map([...recorded, ...restoring].map((one) => [one.workspaceID, one]));
  return [...byID.values()]
    .filter((one) => !isKnown(one))
    .sort((a, b) => (a.time === b.time ? (a.workspaceID < b.workspaceID ? -1 : 1) : a.time < b.time ? 1 : -1))
    .slice(0, MAX_RESTORED);
}

/** Returns the restored WorkSpaces that a policy selects. A WorkSpace that was not listed was selected when it was recorded. */
export function selectedOf(
  restored: readonly RestoredWorkspace[],
  { selected, selectedCount }: Pick<Plan, 'selected' | 'selectedCount'>,
): readonly RestoredWorkspace[] {
  if (restored.length === 0 || selectedCount > selected.length) {
    return restored;
  }
  const selectedIDs = new Set(selected.map(({ workspaceID }) => workspaceID));
  return restored.filter(({ workspaceID }) => selectedIDs.has(workspaceID));
}

/** Returns a function that returns why an application is unknown because of a restore. Undefined if it is known. */
export function unknownAfter(restored: readonly RestoredWorkspace[]): (finding: Finding) => string | undefined {
  if (restored.length === 0) {
    return () => undefined;
  }
  const byID = new Map(restored.map((one) => [one.workspaceID, one]));
  return ({ workspace, association }) => {
    const one = byID.get(workspace.workspaceID);
    return one === undefined || isAfter(one, association)
      ? undefined
      : `the WorkSpace was restored at ${one.time}, so AWS doesn't report whether it has the application`;
  };
}

/** Reads the restored WorkSpaces of a status. Ignores entries of another form, and another AWS account or region. */
export function restoredIn(
  { restoredWorkspaces: recorded, fleet }: PolicyStatus = {},
  location?: Pick<FleetLocation, 'accountID' | 'region'>,
): RestoredWorkspace[] {
  const isElsewhere =
    location !== undefined && (fleet?.accountID !== location.accountID || fleet.region !== location.region);
  return isElsewhere || !Array.isArray(recorded)
    ? []
    : recorded.filter(
        (one): one is RestoredWorkspace =>
          typeof one?.workspaceID === 'string' && !Number.isNaN(Date.parse(String(one.time))),
      );
}

/** Returns the message about restored WorkSpaces, with the command that confirms them. Undefined if there are none. */
export function restoredMessage(
  restored: readonly RestoredWorkspace[],
  policy: Pick<Policy, 'namespace' | 'name'>,
): string | undefined {
  return restored.length === 0 ? undefined : sanitize(`AWS restored ${messageOf(restored, policy)}`, 500);
}

/** Returns an Event for the restored WorkSpaces that the last status doesn't list. */
export function restoredEvents(
  restored: readonly RestoredWorkspace[],
  recorded: readonly RestoredWorkspace[],
  policy: Pick<Policy, 'namespace' | 'name'>,
): PolicyEvent[] {
  const known = new Set(recorded.map(({ workspaceID }) => workspaceID));
  const message = restoredMessage(
    restored.filter(({ workspaceID }) => !known.has(workspaceID)),
    policy,
  );
  return message === undefined ? [] : [{ type: 'Warning', reason: 'Restored', message }];
}

function messageOf(restored: readonly RestoredWorkspace[], { namespace, name }: Pick<Policy, 'namespace' | 'name'>) {
  const ids = restored.slice(0, MAX_LISTED).map(({ workspaceID }) => workspaceID);
  const more = restored.length > MAX_LISTED ? ` and ${restored.length - MAX_LISTED} more` : '';
  const [workspaces, check] = restored.length === 1 ? ['the WorkSpace has', 'it'] : ['the WorkSpaces have', 'them'];
  return `${ids.join(', ')}${more}, so it doesn't report which applications ${workspaces}; check ${check}, then run: kubectl wsap confirm -n ${namespace} ${name}`;
}

function isConfirmed({ workspaceID, time }: RestoredWorkspace, confirmation: RestoreConfirmation | undefined): boolean {
  return (
    confirmation !== undefined &&
    Date.parse(time) <= confirmation.time &&
    (confirmation.workspaceIDs === undefined || confirmation.workspaceIDs.has(workspaceID))
  );
}

/** Whether the listings for a selector contain a WorkSpace that exists. An edit can exclude a restored one from them. */
function isListed({ workspaceIDs, directoryIDs, bundleIDs }: Policy['workspaceSelector'], id: string): boolean {
  return workspaceIDs === undefined ? directoryIDs === undefined && bundleIDs === undefined : workspaceIDs.has(id);
}

/** Whether each association changed after a restore. Without associations, a removed application can be back. */
function hasChanged(restored: RestoredWorkspace, associations: readonly Association[]): boolean {
  return associations.length > 0 && associations.every((association) => isAfter(restored, association));
}

function isAfter({ time }: RestoredWorkspace, { lastUpdatedTime }: Association): boolean {
  return lastUpdatedTime !== undefined && lastUpdatedTime.getTime() > Date.parse(time);
}

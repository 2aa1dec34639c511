import type { FleetLocation } from '../execute/context.ts';
import type { RecordedStart } from '../history/startedChanges.ts';
import { listedAssociations, type PolicyStatus, timestamp } from './resource.ts';
import { mayHaveBeenMade, shownAt } from './unconfirmedRemovals.ts';

/** Maximum number of started changes in a status. */
const MAX_STARTED = 250;

type StartedStatus = NonNullable<PolicyStatus['started']>;

/** Returns the started changes for the status. Expects the newest first. */
export function startedOf(started: readonly RecordedStart[]): StartedStatus {
  return started.slice(0, MAX_STARTED).map(({ id: { workspaceID, applicationID }, action, time }) => ({
    workspaceID,
    applicationID,
    action,
    time: timestamp(new Date(time)),
  }));
}

/**
 * Reads what `startedOf` returned, and the changes that the status shows as due, which the process may have made after it wrote the status.
 * Ignores entries of another form, and changes in another AWS account or region.
 *
 * @param location location of the fleet. Defaults to that of the status.
 */
export function startedIn(
  previous: PolicyStatus | undefined,
  location?: Pick<FleetLocation, 'accountID' | 'region'>,
): RecordedStart[] {
  const { started, fleet } = previous ?? {};
  if (location !== undefined && (fleet?.accountID !== location.accountID || fleet.region !== location.region)) {
    return [];
  }
  const recorded = (Array.isArray(started) ? started : []).filter(isReadable).map(
    ({ workspaceID, applicationID, action, time }): RecordedStart => ({
      id: { workspaceID, applicationID },
      action,
      time: Date.parse(time),
      isTentative: false,
    }),
  );
  const tentative = listedAssociations(previous).flatMap(
    ({ workspaceID, associatedResourceID, action, holdReason, lastUpdatedTime }): RecordedStart[] =>
      mayHaveBeenMade({ holdReason }) && (action === 'Associate' || action === 'Disassociate')
        ? [
            {
              id: { workspaceID, applicationID: associatedResourceID },
              action,
              time: shownAt(previous),
              isTentative: true,
              updatedBefore: lastUpdatedTime === undefined ? undefined : Date.parse(lastUpdatedTime) / 1000,
            },
          ]
        : [],
  );
  return [...recorded, ...tentative];
}

function isReadable(entry: unknown): entry is StartedStatus[number] {
  const { workspaceID, applicationID, action, time } = Object(entry) as Partial<Record<string, unknown>>;
  return (
    typeof workspaceID === 'string' &&
    typeof applicationID === 'string' &&
    (action === 'Associate' || action === 'Disassociate') &&
    !Number.isNaN(Date.parse(String(time)))
  );
}

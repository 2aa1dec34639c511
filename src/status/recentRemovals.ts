import type { RecordedRemovals } from '../history/changeHistory.ts';
import { type PolicyStatus, timestamp } from './resource.ts';

const MAX_REMOVALS = 25;
/** Repeated removals are close to being held as Flapping, so more of them are kept. */
const MAX_REPEATED = 250;
/** Number of removals from which the hold Flapping applies. */
const MAX_TIMES = 3;

type RecentRemovals = NonNullable<PolicyStatus['recentRemovals']>;

/** Returns the removals for the status. Expects the most frequent first. */
export function recentRemovalsOf(removals: readonly RecordedRemovals[]): RecentRemovals {
  const repeated = removals.filter(({ times }) => times.length > 1).length;
  return removals
    .slice(0, Math.max(MAX_REMOVALS, Math.min(repeated, MAX_REPEATED)))
    .map(({ id: { workspaceID, applicationID }, times }) => ({
      workspaceID,
      applicationID,
      times: times.slice(-MAX_TIMES).map((time) => timestamp(new Date(time))),
    }));
}

/** Reads what `recentRemovalsOf` returned. Ignores entries of another form: version 0.1 wrote strings. */
export function removalsIn(recentRemovals: RecentRemovals | undefined): RecordedRemovals[] {
  return readableRemovals(recentRemovals).map(({ workspaceID, applicationID, times }) => ({
    id: { workspaceID, applicationID },
    times: times.map((time) => Date.parse(time)),
  }));
}

/** Returns the entries of a stored status that have the form of the CRD. */
export function readableRemovals(recentRemovals: RecentRemovals | undefined): RecentRemovals {
  return Array.isArray(recentRemovals) ? recentRemovals.filter(isReadable) : [];
}

function isReadable(entry: unknown): boolean {
  const { workspaceID, applicationID, times } = Object(entry) as Partial<Record<string, unknown>>;
  return (
    typeof workspaceID === 'string' &&
    typeof applicationID === 'string' &&
    Array.isArray(times) &&
    times.every((time) => !Number.isNaN(Date.parse(String(time))))
  );
}

import type { FleetLocation } from '../execute/context.ts';
import type { FleetError } from '../fleet/errors.ts';
import type { BundleContents, BundleView } from '../inventory/bundleCache.ts';
import { type DriftSource, describeSource } from '../plan/driftSources.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { PolicyEvent } from './events.ts';
import type { PolicyStatus } from './resource.ts';

/** Maximum number of sources in a status. */
const MAX_SOURCES = 10;

type SourcesStatus = NonNullable<PolicyStatus['sources']>;

/**
 * Returns the sources of drift for the status. While not all selected WorkSpaces are listed, for example, after a restart, the sources of the
 * last status remain if the policy is the same.
 */
export function sourcesFor(
  { selected, selectedCount }: Pick<Plan, 'selected' | 'selectedCount'>,
  found: readonly DriftSource[],
  previous: PolicyStatus | undefined,
  { generation }: Pick<Policy, 'generation'>,
  location: FleetLocation,
): SourcesStatus {
  return selectedCount > selected.length && previous?.observedGeneration === generation
    ? [...recordedSources(previous, location)]
    : sourcesOf(found);
}

/** Expects those with the most WorkSpaces first. */
function sourcesOf(sources: readonly DriftSource[]): SourcesStatus {
  return sources.slice(0, MAX_SOURCES).map((source) => {
    const { bundleID, imageID, application, workspaces } = source;
    return {
      bundleID,
      ...(imageID !== undefined && { imageID }),
      applicationID: application.applicationID,
      ...(application.name !== undefined && { applicationName: sanitize(application.name) }),
      workspaces,
      message: sanitize(describeSource(source), 512),
    };
  });
}

/**
 * Returns the contents of bundles: the ones that were read, or else the ones that the status of the same account and region lists, so that
 * a restart changes nothing before the first read.
 */
export function knownContents(
  bundles: BundleView | undefined,
  previous: PolicyStatus | undefined,
  location: FleetLocation,
): (bundleID: string) => BundleContents | undefined {
  const recorded = Map.groupBy(recordedSources(previous, location), ({ bundleID }) => bundleID);
  return (bundleID) => {
    const [first, ...others] = recorded.get(bundleID) ?? [];
    const listed = first && {
      bundleID,
      imageID: first.imageID,
      applicationIDs: [first, ...others].map(({ applicationID }) => applicationID).sort(),
    };
    return bundles?.contentsOf(bundleID) ?? listed;
  };
}

/** Returns an Event for each source that the last status doesn't list. */
export function sourceEvents(
  sources: SourcesStatus,
  previous: PolicyStatus | undefined,
  location: FleetLocation,
): PolicyEvent[] {
  const keyOf = ({ bundleID, applicationID }: SourcesStatus[number]) => `${bundleID} ${applicationID}`;
  const known = new Set(recordedSources(previous, location).map(keyOf));
  return sources
    .filter((source) => !known.has(keyOf(source)))
    .map(({ message }) => ({ type: 'Warning', reason: 'DriftSourceFound', message }));
}

/** Returns the message about sources that are unknown because a read failed. Undefined if it succeeded. */
export function unknownSourcesMessage(failure: FleetError | undefined): string | undefined {
  return failure && `the sources of drift are unknown: ${sanitize(failure.message, 400)}`;
}

function recordedSources(
  previous: PolicyStatus | undefined,
  { accountID, region }: FleetLocation,
): readonly SourcesStatus[number][] {
  const { sources = [], fleet } = previous ?? {};
  return fleet?.accountID === accountID && fleet.region === region ? sources : [];
}

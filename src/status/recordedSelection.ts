import type { FleetLocation } from '../execute/context.ts';
import type { RecordedSelection } from '../inventory/recordedSelection.ts';
import type { Policy } from '../policy/policy.ts';
import type { PolicyStatus } from './resource.ts';

/**
 * Returns the number of selected WorkSpaces that the status of an earlier process records, if it was counted for the same object, generation,
 * and fleet, and depends on nothing that can change in the meantime except the WorkSpaces themselves. Otherwise, WorkSpaces are counted again.
 */
export function recordedSelection(
  policy: Policy,
  status: PolicyStatus | undefined,
  { name, accountID, region }: FleetLocation,
): RecordedSelection | undefined {
  const { boundary, tags, exclude, lastConnectedBefore } = policy.workspaceSelector;
  const isFixed =
    boundary === undefined && tags === undefined && exclude.tags === undefined && lastConnectedBefore === undefined;
  const { fleet, objectUID, compliance, conditions = [] } = status ?? {};
  const isSameFleet = fleet?.name === name && fleet?.accountID === accountID && fleet.region === region;
  const isSameObject = objectUID !== undefined && objectUID === policy.uid;
  // Only an evaluation of this generation makes the policy ready.
  const isEvaluated = conditions.some(
    ({ type, status: isReady, observedGeneration }) =>
      type === 'Ready' && isReady === 'True' && observedGeneration === policy.generation,
  );
  const listedAt = Date.parse(status?.lastListTime ?? '');
  const count = compliance?.selected;
  return isFixed && isSameFleet && isSameObject && isEvaluated && count !== undefined && !Number.isNaN(listedAt)
    ? { count, listedAt }
    : undefined;
}

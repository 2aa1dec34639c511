import type { Policy } from '../policy/policy.ts';
import { DEFAULT_FLEET, isForbidden, type WorkspaceFleet } from '../policy/workspaceFleet.ts';
import type { Trouble } from '../status/conditions.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { OperatedFleet } from './operatedFleet.ts';

/** Why a policy can't be evaluated in its fleet; undefined if it can, or as soon as the fleet has been connected to. */
export function fleetTrouble(
  policy: Policy,
  fleet: WorkspaceFleet,
  operated: Pick<OperatedFleet, 'trouble'> | undefined,
): Trouble | undefined {
  const name = fleet.name === undefined ? "the operator's own AWS account" : `the WorkspaceFleet ${fleet.name}`;
  if (isForbidden(policy, fleet.terms)) {
    return {
      reason: 'ExceptionsForbidden',
      message: `spec.exceptions: ${name} forbids exceptions; remove them, or ask whoever keeps the fleet to allow them`,
      needsPerson: true,
    };
  }
  const trouble = operated?.trouble;
  return (
    trouble && {
      reason: 'FleetNotReady',
      message: `${name} can't be used (${trouble.reason}): ${trouble.message}`,
      needsPerson: trouble.needsPerson,
    }
  );
}

/**
 * Whether a policy that was about the default fleet would now, as that is gone, be about the operator's own AWS account, which nobody
 * asked for.
 */
export function lostItsFleet(
  { fleetRef }: Policy,
  fleet: WorkspaceFleet,
  previous: PolicyStatus | undefined,
): Trouble | undefined {
  return fleet.name === undefined && fleetRef === undefined && previous?.fleet?.name === DEFAULT_FLEET
    ? {
        reason: 'FleetNotFound',
        message:
          `the WorkspaceFleet ${DEFAULT_FLEET}, which the policy was about, is gone; create it again, name another in spec.fleetRef, ` +
          "or, if the operator's own AWS account is meant, delete the policy and apply it anew",
        needsPerson: true,
      }
    : undefined;
}

import type { Policy } from '../policy/policy.ts';
import { DEFAULT_FLEET, type FleetConfig, usesForbiddenExceptions } from '../policy/workspaceFleet.ts';
import type { Blocker } from '../status/conditions.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { FleetRuntime } from './fleetRuntime.ts';

/**
 * Returns why a policy can't be evaluated in its fleet. Returns undefined if it can, or if the fleet isn't connected
 * yet.
 */
export function fleetBlocker(
  policy: Policy,
  fleet: FleetConfig,
  runtime: Pick<FleetRuntime, 'blocker'> | undefined,
): Blocker | undefined {
  const name = fleet.name === undefined ? "the operator's own AWS account" : `the WorkspaceFleet ${fleet.name}`;
  if (usesForbiddenExceptions(policy, fleet.limits)) {
    return {
      reason: 'ExceptionsForbidden',
      message: `spec.exceptions: ${name} forbids exceptions; remove them, or ask your platform team to allow them`,
      terminal: true,
    };
  }
  if (fleet.unknownFields !== undefined) {
    return {
      reason: 'FleetNotReady',
      message: `${name} can't be used (UnknownFields): it has fields that this version of the operator doesn't know; ask your platform team to upgrade the operator`,
      terminal: true,
    };
  }
  const blocker = runtime?.blocker;
  return (
    blocker && {
      reason: 'FleetNotReady',
      message: `${name} can't be used (${blocker.reason}): ${blocker.message}`,
      terminal: blocker.terminal,
    }
  );
}

/**
 * Returns a blocker for a policy whose default fleet was deleted. Without it, the policy would apply to the ambient
 * fleet, which its author didn't intend.
 */
export function missingDefaultFleet(
  { fleetRef }: Policy,
  fleet: FleetConfig,
  previous: PolicyStatus | undefined,
): Blocker | undefined {
  return fleet.name === undefined && fleetRef === undefined && previous?.fleet?.name === DEFAULT_FLEET
    ? {
        reason: 'FleetNotFound',
        message:
          `the WorkspaceFleet ${DEFAULT_FLEET} of this policy was deleted; create it again, set spec.fleetRef to another fleet, ` +
          "or, to use the operator's own AWS account, delete the policy and apply it again",
        terminal: true,
      }
    : undefined;
}

import type { Policy } from '../policy/policy.ts';
import { DEFAULT_FLEET, type FleetConfig, usesForbiddenExceptions } from '../policy/workspaceFleet.ts';
import { sanitize } from '../sanitize.ts';
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
 * Returns a blocker for a policy that used a WorkspaceFleet and would use the ambient fleet. Its author didn't intend
 * another account, and no policy uses the ambient fleet after a WorkspaceFleet existed.
 */
export function usedWorkspaceFleet(fleet: FleetConfig, previous: PolicyStatus | undefined): Blocker | undefined {
  const name = previous?.fleet?.name;
  if (fleet.name !== undefined || name === undefined) {
    return undefined;
  }
  return {
    reason: 'FleetNotFound',
    message:
      name === DEFAULT_FLEET
        ? `the WorkspaceFleet ${DEFAULT_FLEET} of this policy was deleted; create it again, or set spec.fleetRef to another fleet`
        : `this policy used the WorkspaceFleet ${sanitize(name)}, and the operator's own AWS settings serve no policies once a ` +
          `WorkspaceFleet exists; set spec.fleetRef, or create the WorkspaceFleet ${DEFAULT_FLEET}`,
    terminal: true,
  };
}

import type { Policy } from '../policy/policy.ts';
import { DEFAULT_FLEET, type FleetConfig, usesForbiddenExceptions } from '../policy/workspaceFleet.ts';
import type { Blocker } from '../status/conditions.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { FleetRuntime } from './fleetRuntime.ts';

/** Why a policy can't be evaluated in its fleet; undefined if it can, or as soon as the fleet has been connected to. */
export function fleetBlocker(
  policy: Policy,
  fleet: FleetConfig,
  runtime: Pick<FleetRuntime, 'blocker'> | undefined,
): Blocker | undefined {
  const name = fleet.name === undefined ? "the operator's own AWS account" : `the WorkspaceFleet ${fleet.name}`;
  if (usesForbiddenExceptions(policy, fleet.limits)) {
    return {
      reason: 'ExceptionsForbidden',
      message: `spec.exceptions: ${name} forbids exceptions; remove them, or ask whoever keeps the fleet to allow them`,
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
 * Whether a policy that was about the default fleet would now, as that is gone, be about the operator's own AWS account, which nobody
 * asked for.
 */
export function lostItsFleet(
  { fleetRef }: Policy,
  fleet: FleetConfig,
  previous: PolicyStatus | undefined,
): Blocker | undefined {
  return fleet.name === undefined && fleetRef === undefined && previous?.fleet?.name === DEFAULT_FLEET
    ? {
        reason: 'FleetNotFound',
        message:
          `the WorkspaceFleet ${DEFAULT_FLEET}, which the policy was about, is gone; create it again, name another in spec.fleetRef, ` +
          "or, if the operator's own AWS account is meant, delete the policy and apply it anew",
        terminal: true,
      }
    : undefined;
}

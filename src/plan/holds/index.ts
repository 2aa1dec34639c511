import type { Application } from '../../fleet/model.ts';
import type { Sliced } from '../../slices.ts';
import { pendingKey } from '../deployment.ts';
import type { HoldReason, Plan } from '../plan.ts';
import { ambiguousApplication } from './ambiguousApplication.ts';
import { audit } from './audit.ts';
import { awaitingApproval } from './awaitingApproval.ts';
import { backingOff } from './backingOff.ts';
import { budgetExhausted } from './budgetExhausted.ts';
import { conflict } from './conflict.ts';
import { flapping } from './flapping.ts';
import { fleetSuspended } from './fleetSuspended.ts';
import { applyHold, type Hold, type HoldContext } from './hold.ts';
import { incompatible } from './incompatible.ts';
import { licensePaid } from './licensePaid.ts';
import { manualDeploy } from './manualDeploy.ts';
import { outsideMaintenanceWindow } from './outsideMaintenanceWindow.ts';
import { protectedByTag } from './protected.ts';
import { quotaExhausted } from './quotaExhausted.ts';
import { recentlyConnected } from './recentlyConnected.ts';
import { rejected } from './rejected.ts';
import { holdWholeReplacements, replacementPending } from './replacementPending.ts';
import { rolloutHalted } from './rolloutHalted.ts';
import { safeguardExceeded } from './safeguardExceeded.ts';
import { suspended } from './suspended.ts';
import { uninstallOnly } from './uninstallOnly.ts';
import { unmanagedChangesPending } from './unmanagedChangesPending.ts';
import { userConnected } from './userConnected.ts';
import { workspaceNotReady } from './workspaceNotReady.ts';

/**
 * All holds in the order of their evaluation. A change gets the first reason that applies. Holds that decide on single changes come before
 * holds that count changes. Audit comes last, so that an Audit policy shows the holds that would apply if you enforce it.
 */
export const HOLDS: readonly Hold[] = [
  fleetSuspended,
  suspended,
  ambiguousApplication,
  protectedByTag,
  uninstallOnly,
  conflict,
  incompatible,
  replacementPending,
  awaitingApproval,
  safeguardExceeded,
  unmanagedChangesPending,
  licensePaid,
  outsideMaintenanceWindow,
  userConnected,
  recentlyConnected,
  workspaceNotReady,
  backingOff,
  rejected,
  flapping,
  rolloutHalted,
  budgetExhausted,
  quotaExhausted,
  manualDeploy,
  audit,
];

/**
 * Holds that apply to the next deployment of a WorkSpace, whichever policy requests it, or that don't prevent a deployment for another
 * policy.
 */
const DEPLOYMENT_HOLDS: ReadonlySet<HoldReason> = new Set([
  'LicensePaid',
  'UnmanagedChangesPending',
  'UserConnected',
  'RecentlyConnected',
  'WorkspaceNotReady',
]);

/** Holds for changes that can be made otherwise. A replacement that waits can't be approved, and takes no place of other WorkSpaces. */
const HOLDS_OF_REMAINING: ReadonlySet<HoldReason> = new Set([
  'AwaitingApproval',
  'RolloutHalted',
  'BudgetExhausted',
  'HourlyLimitReached',
]);

/** Applies all holds to a plan. */
export function applyHolds(plan: Plan, context: HoldContext): Sliced<Plan> {
  return applyEach(HOLDS, plan, context);
}

function* applyEach(holds: readonly Hold[], plan: Plan, context: HoldContext): Sliced<Plan> {
  let remaining = plan;
  for (const hold of holds) {
    yield;
    const planned = HOLDS_OF_REMAINING.has(hold.reason)
      ? yield* holdWholeReplacements(remaining, context.policy)
      : remaining;
    remaining = yield* applyHold(planned, hold, context);
  }
  return yield* holdWholeReplacements(remaining, context.policy);
}

/** Returns the applications of the pending changes that a policy deploys as soon as their WorkSpaces permit it, by `pendingKey`. */
export function* deploymentIntent(plan: Plan, context: HoldContext): Sliced<ReadonlyMap<string, Application>> {
  if (!plan.changes.some(({ action }) => action === 'Deploy')) {
    return new Map();
  }
  const holds = HOLDS.filter(({ reason }) => !DEPLOYMENT_HOLDS.has(reason));
  const { changes } = yield* applyEach(holds, plan, context);
  const deployments = changes.filter(({ action }) => action === 'Deploy');
  return new Map(deployments.map(({ finding }) => [pendingKey(finding.association), finding.application]));
}

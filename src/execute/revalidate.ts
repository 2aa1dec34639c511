import { associationKey } from '../fleet/associationID.ts';
import { decide } from '../plan/decide.ts';
import { type Change, type HeldChange, isRevert, type Plan } from '../plan/plan.ts';
import { complete } from '../slices.ts';
import type { ExecuteContext } from './context.ts';
import type { FreshWorkspace } from './freshReads.ts';
import type { Dropped } from './outcome.ts';

/** Returns the current result for the changes that a run is about to make. */
export type Revalidate = () => Confirmation;

/**
 * Returns a function that plans the WorkSpace again, as `decide` plans the fleet, but from a fresh read and for the due changes only. Call
 * it right before each change: time passes while a call waits for its turn, for example, for the end of a maintenance window.
 *
 * @param isCompleting whether the deployment completes changes that the run started
 */
export function revalidation(
  fresh: FreshWorkspace,
  due: readonly Change[],
  isCompleting: boolean,
  context: ExecuteContext,
): Revalidate {
  const { policy, approval, quota, reservation, clock } = context;
  const { workspace, associations, past } = fresh;
  const dueKeys = new Set(due.map(keyOf));
  const isDue = (change: Change) => dueKeys.has(keyOf(change));
  const snapshot = {
    ...context.snapshot,
    workspaces: new Map(workspace === undefined ? [] : [[workspace.workspaceID, workspace]]),
    associations: new Map(workspace === undefined ? [] : [[workspace.workspaceID, associations]]),
    // What is missing in the listings of the fleet is not missing in the fresh read.
    gaps: undefined,
  };
  // As it is before the changes, which count when they are sent.
  const { left } = reservation;
  return () => {
    // The last check before a change must not pause.
    const decision = decide(policy, snapshot, {
      ...context,
      history: past,
      quota: { limit: quota.limit, left: () => left, replenishesAt: (now) => quota.replenishesAt(now) },
      now: clock.now(),
      request: undefined,
      revalidation: { isDue, isCompleting, approval },
    });
    return confirm(due, fresh, complete(decision).plan);
  };
}

/** Result of a revalidation for each due change. */
export interface Confirmation {
  /** Changes to make, in their current state. */
  readonly confirmed: readonly Change[];
  readonly held: readonly HeldChange[];
  readonly obsolete: readonly Dropped[];
}

/** Returns the due changes that a plan from a fresh read still contains, and why it doesn't contain the others. */
function confirm(due: readonly Change[], fresh: FreshWorkspace, plan: Plan): Confirmation {
  const changes = new Map(plan.changes.map((change) => [keyOf(change), change]));
  const holds = new Map(plan.held.map((hold) => [keyOf(hold.change), hold]));
  const keys = due.map(keyOf);
  return {
    confirmed: keys.flatMap((key) => changes.get(key) ?? []),
    held: keys.flatMap((key) => holds.get(key) ?? []),
    obsolete: due
      .filter((change) => !changes.has(keyOf(change)) && !holds.has(keyOf(change)))
      .map((change) => ({ change, message: obsoleteReason(change, fresh, plan) })),
  };
}

/** Whether a revalidation still confirms a change. */
export function isConfirmed(change: Change, { confirmed }: Confirmation): boolean {
  return confirmed.some((one) => keyOf(one) === keyOf(change));
}

/** Returns why a plan from a fresh read no longer contains a change, for the log. */
function obsoleteReason(
  { finding }: Change,
  { workspace, associations }: FreshWorkspace,
  { selected, undecided: [unknown], findings }: Plan,
): string {
  const { association, desired } = finding;
  if (unknown !== undefined) {
    return `the operator doesn't know whether the policy selects the WorkSpace: ${unknown.because}`;
  }
  if (workspace === undefined || (selected.length === 0 && !isRevert(finding))) {
    return workspace === undefined ? 'the WorkSpace no longer exists' : 'the policy no longer selects the WorkSpace';
  }
  const { applicationID } = association;
  const current = findings.find((finding) => finding.association.applicationID === applicationID);
  return isRevert(finding) ||
    current?.desired === desired ||
    (current === undefined && !associations.has(applicationID))
    ? 'the state of the association changed since the plan'
    : `the policies no longer request the change: ${current?.unredacted ?? current?.because ?? 'no list names the application'}`;
}

/** Returns the key of a change. Another action or another desired state is another change. */
function keyOf({ action, finding: { association, desired } }: Change): string {
  return `${action} ${desired} ${associationKey(association)}`;
}

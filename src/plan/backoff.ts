import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';
import type { Change, Finding } from './plan.ts';

/** The last failed attempts of a policy at a change. */
export interface Attempt {
  /** Number of consecutive failures. */
  readonly failures: number;
  /** Error of the last attempt. */
  readonly kind: FleetErrorKind;
  /** Human-readable error message. */
  readonly message: string;
  /** Earliest time of the next attempt. Undefined if AWS would reject it again. */
  readonly retryAt: Date | undefined;
  /** Circumstances in which AWS rejected the change (`circumstancesOf`). There is no other attempt until they change. */
  readonly refusedIn: string | undefined;
}

/** Failed attempts by `attemptKey`. */
export type Attempts = Pick<ReadonlyMap<string, Attempt>, 'get' | 'size'>;

/** Retries of the failed deployment of a WorkSpace, over all policies. */
export interface DeploymentRetry {
  readonly count: number;
  /** Earliest time of the next retry. Undefined if the limit is reached. */
  readonly retryAt: Date | undefined;
}

export interface RetriedDeployments {
  get(workspaceID: string, policy: Policy): DeploymentRetry | undefined;
}

/** Recent removals of all policies. */
export interface RecentRemovals {
  /** Number of associations with recent removals. */
  readonly size: number;
  /** Returns the times of the removals of an association in ascending order, in milliseconds since the epoch. */
  timesOf(id: AssociationID): readonly number[];
}

/** Earlier changes that the holds of a plan depend on. */
export interface PastChanges {
  readonly backoff: Attempts;
  readonly retries: RetriedDeployments;
  readonly removals: RecentRemovals;
}

/** Returns the key of the attempts at a change. All deployments of a WorkSpace share one key; other changes have one per application. */
export function attemptKey({ key }: Policy, { action, finding }: Pick<Change, 'action' | 'finding'>): string {
  const { association } = finding;
  return `${key} ${action} ${action === 'Deploy' ? association.workspaceID : associationKey(association)}`;
}

/** Returns the keys of all changes that a finding may require. */
export function attemptKeysOf(policy: Policy, finding: Finding): string[] {
  return (['Associate', 'Disassociate', 'Deploy'] as const).map((action) => attemptKey(policy, { action, finding }));
}

/** Returns the last failed attempts at a change and at its deployment, because the operator starts no change that it can't deploy. */
export function lastAttempts(
  change: Change,
  policy: Policy,
  backoff: Attempts,
): readonly { readonly call: Change; readonly last: Attempt }[] {
  if (backoff.size === 0) {
    return NONE;
  }
  const isSingleCall = change.action === 'Deploy' || policy.deploy === 'Manual';
  const calls: readonly Change[] = isSingleCall ? [change] : [change, { ...change, action: 'Deploy' }];
  return calls.flatMap((call) => {
    const last = backoff.get(attemptKey(policy, call));
    return last === undefined ? [] : [{ call, last }];
  });
}

const NONE: readonly [] = [];

/** Returns what must change before a rejected change is attempted again: the policy, or the state of the WorkSpace or the association. */
export function circumstancesOf({ action, finding }: Change, { uid, generation }: Policy): string {
  const { association, workspace } = finding;
  const state = action === 'Deploy' ? '' : `${association.state} ${association.stateReason?.errorCode}`;
  return `${uid} ${generation} ${workspace.state} ${state}`;
}

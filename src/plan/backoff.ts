import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';
import type { Change, Finding } from './plan.ts';

/** What came of a policy's last attempts at a change. */
export interface Attempt {
  /** How many have failed in a row. */
  readonly failures: number;
  /** What the last of them failed with. */
  readonly kind: FleetErrorKind;
  /** What happened, for people. */
  readonly message: string;
  /** Not to be tried before. Undefined where another try would be refused too. */
  readonly retryAt: Date | undefined;
  /** The circumstances in which there is no other try. */
  readonly refusedIn: string | undefined;
}

/** Failed attempts by `attemptKey`. */
export type Attempts = Pick<ReadonlyMap<string, Attempt>, 'get' | 'size'>;

/** How often the failed deployment of a WorkSpace was repeated, whichever policies did. */
export interface DeploymentRetry {
  readonly count: number;
  /** Not to be repeated before. Undefined once it has been repeated often enough. */
  readonly retryAt: Date | undefined;
}

export interface RetriedDeployments {
  get(workspaceID: string, policy: Policy): DeploymentRetry | undefined;
}

/** When what was removed lately, whichever policies did. */
export interface RecentRemovals {
  /** Of how many associations. */
  readonly size: number;
  /** Milliseconds since the epoch, the earliest first. */
  timesOf(id: AssociationID): readonly number[];
}

/** A deployment is one call for the whole WorkSpace; the others are one for each application. */
export function attemptKey({ key }: Policy, { action, finding }: Pick<Change, 'action' | 'finding'>): string {
  const { association } = finding;
  return `${key} ${action} ${action === 'Deploy' ? association.workspaceID : associationKey(association)}`;
}

/** The keys of all that an association may take to be as the policy wants it. */
export function attemptKeysOf(policy: Policy, finding: Finding): string[] {
  return (['Associate', 'Disassociate', 'Deploy'] as const).map((action) => attemptKey(policy, { action, finding }));
}

/** What came of the last attempts at the calls that a change comes to: nothing is begun that can't be deployed. */
export function lastAttempts(
  change: Change,
  policy: Policy,
  backoff: Attempts,
): readonly { readonly call: Change; readonly last: Attempt }[] {
  if (backoff.size === 0) {
    return NONE;
  }
  const isAlone = change.action === 'Deploy' || policy.deploy === 'Manual';
  const calls: readonly Change[] = isAlone ? [change] : [change, { ...change, action: 'Deploy' }];
  return calls.flatMap((call) => {
    const last = backoff.get(attemptKey(policy, call));
    return last === undefined ? [] : [{ call, last }];
  });
}

const NONE: readonly [] = [];

/** What has to change before a refused change is worth another call: the policy, or the state of the WorkSpace or the association. */
export function circumstancesOf({ action, finding }: Change, { uid, generation }: Policy): string {
  const { association, workspace } = finding;
  const state = action === 'Deploy' ? '' : `${association.state} ${association.stateReason?.errorCode}`;
  return `${uid} ${generation} ${workspace.state} ${state}`;
}

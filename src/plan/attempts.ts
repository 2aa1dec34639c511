import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';
import type { Change, Finding } from './plan.ts';

/** What came of a policy's last attempts at a change. */
export interface Attempt {
  /** How many have failed in a row. */
  readonly failures: number;
  /** What the last of them failed with; undefined for a repeated deployment, whose end only shows later. */
  readonly kind: FleetErrorKind | undefined;
  /** What happened, for people. */
  readonly message: string;
  /** Not to be tried before. Undefined where another try would be refused too. */
  readonly retryAt: Date | undefined;
  /** The circumstances in which there is no other try. */
  readonly refusedIn: string | undefined;
}

/** Failed attempts by `attemptKey`. */
export interface Attempts {
  get(key: string): Attempt | undefined;
}

/** A deployment is one call for the whole WorkSpace. */
export function deployKey({ key }: Policy, workspaceId: string): string {
  return `${key} Deploy ${workspaceId}`;
}

/** A disassociation is a call for each application. */
export function attemptKey(policy: Policy, { action, finding }: Pick<Change, 'action' | 'finding'>): string {
  const { workspaceId, applicationId } = finding.association;
  return action === 'Deploy'
    ? deployKey(policy, workspaceId)
    : `${policy.key} Disassociate ${workspaceId} ${applicationId}`;
}

/** The keys of all that the removal of an association may take. */
export function attemptKeysOf(policy: Policy, finding: Finding): string[] {
  return (['Disassociate', 'Deploy'] as const).map((action) => attemptKey(policy, { action, finding }));
}

/** What has to change before a refused change is worth another call: the policy, or the state of the WorkSpace or the association. */
export function circumstancesOf({ action, finding }: Change, { uid, generation }: Policy): string {
  const { association, workspace } = finding;
  const state = action === 'Deploy' ? '' : `${association.state} ${association.stateReason?.errorCode}`;
  return `${uid} ${generation} ${workspace.state} ${state}`;
}

/** What has to change before a deployment that failed again and again is worth another: the policy. */
export function versionOf({ uid, generation }: Policy): string {
  return `${uid} ${generation}`;
}

/** Whether a change must not be tried again in these circumstances. */
export function isRefused(change: Change, policy: Policy, attempts: Attempts): boolean {
  const refusedIn = attempts.get(attemptKey(policy, change))?.refusedIn;
  return refusedIn !== undefined && [circumstancesOf(change, policy), versionOf(policy)].includes(refusedIn);
}

/** Whether a change is to wait before it is tried again. */
export function isBackingOff(change: Change, policy: Policy, attempts: Attempts, now: Date): boolean {
  const retryAt = attempts.get(attemptKey(policy, change))?.retryAt;
  return retryAt !== undefined && retryAt > now;
}

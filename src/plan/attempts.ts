import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';
import type { Change, Finding } from './plan.ts';

/** The last attempt at a change that failed. */
export interface Attempt {
  /** How many have failed in a row. */
  readonly failures: number;
  /** What the last of them failed with; undefined for a repeated deployment, whose end only shows later. */
  readonly kind: FleetErrorKind | undefined;
  /** What happened, for people. */
  readonly message: string;
  /** Not to be tried before. Undefined where another try would be refused too. */
  readonly retryAt: Date | undefined;
  /** The circumstances in which AWS will refuse it again. */
  readonly refusedIn: string | undefined;
}

/** Failed attempts by `attemptKey`. */
export interface Attempts {
  get(key: string): Attempt | undefined;
}

/** A deployment is one call for the whole WorkSpace, a disassociation one for each application. */
export function attemptKey({ action, finding }: Pick<Change, 'action' | 'finding'>): string {
  const { workspaceId, applicationId } = finding.association;
  return action === 'Deploy' ? `Deploy ${workspaceId}` : `Disassociate ${workspaceId} ${applicationId}`;
}

/** The keys of all that the removal of an association may take. */
export function attemptKeysOf(finding: Finding): string[] {
  return [attemptKey({ action: 'Disassociate', finding }), attemptKey({ action: 'Deploy', finding })];
}

/** What has to change before a refused change is worth another call: the policy, the WorkSpace's state or the association's. */
export function circumstancesOf({ finding }: Change, { uid, generation }: Policy): string {
  const { association, workspace } = finding;
  return [
    uid,
    generation,
    workspace.state ?? '',
    association.state ?? '',
    association.stateReason?.errorCode ?? '',
  ].join(' ');
}

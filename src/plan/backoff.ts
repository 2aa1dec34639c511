import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Association } from '../fleet/model.ts';
import { requiresAssociationsOf } from '../inventory/jointDemand.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { OLD_VERSION_EXISTS } from './oldVersion.ts';
import { type Change, type Finding, isRevert } from './plan.ts';
import type { StartedView } from './reverts.ts';

/** The last failed attempts of a policy at a change. */
export interface Attempt {
  /** Number of consecutive failures. */
  readonly failures: number;
  /** Error of the last attempt. */
  readonly kind: FleetErrorKind;
  /** Human-readable error message. */
  readonly message: string;
  /** Name of the exception of AWS, if AWS sent one. */
  readonly exception?: string | undefined;
  /** Earliest time of the next attempt. Undefined if AWS would reject it again. */
  readonly retryAt: Date | undefined;
  /** Circumstances in which AWS rejected the change. If they change, the next attempt follows at once. */
  readonly refusedIn: Circumstances | undefined;
  /** Time of the next attempt in the same circumstances. Undefined if there is none. */
  readonly rejectedUntil?: Date | undefined;
}

/** Exception of a rejection that the operator predicts from associations that the listings of the policy may not contain. */
export const PREDICTED = 'Predicted';

/** What a rejection by AWS may depend on. */
export interface Circumstances {
  /** Policy and state of the WorkSpace, as text. */
  readonly general: string;
  /** Associations that the rejected call would have changed. */
  readonly changed: readonly Association[];
  /** All associations for which AWS rejected the call in the same general circumstances, by application ID, including `changed`. */
  readonly rejected: ReadonlyMap<string, Association>;
  /** Bundle of the WorkSpace and state of the application, as text. Undefined if they don't matter. */
  readonly subject?: string | undefined;
  /** States of other applications with which the application may be incompatible, by application ID. */
  readonly others?: ReadonlyMap<string, string | undefined> | undefined;
}

/** Failed attempts by `attemptKey`. */
export type Attempts = Pick<ReadonlyMap<string, Attempt>, 'get' | 'size'>;

/** Retries of the failed deployment of a WorkSpace, over all policies. */
export interface DeploymentRetry {
  readonly count: number;
  /** Time of the last retry. */
  readonly lastAt: Date;
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
  readonly started: StartedView;
  readonly expectations: ExpectedChanges;
}

/** Changes that were sent recently. */
interface ExpectedChanges {
  /** Whether the same change was sent recently, and the association that was read is still the one from before the change. */
  isPending(action: Change['action'], association: Association, now: Date): boolean;
}

/** Retries that limit a change, which repeats a failed deployment. */
export interface Repetition {
  /** Number of retries so far. */
  readonly count: number;
  /** Time of the last retry. Undefined before the first one. */
  readonly lastAt: Date | undefined;
  /** Whether `retry.limit` permits no further retry. */
  readonly isLimitReached: boolean;
}

/** Returns the retries that limit a change. Undefined if it repeats no failed deployment. */
export function repetitionOf(
  change: Change,
  policy: Policy,
  { retries, started }: Pick<PastChanges, 'retries' | 'started'>,
): Repetition | undefined {
  if (!change.force && !restartsDeployment(change)) {
    return undefined;
  }
  const { association, desired, workspace } = change.finding;
  const { count = 0, lastAt } = retries.get(workspace.workspaceID, policy) ?? {};
  // The operator repeats an installation once after AWS removed the old version, so that the user doesn't stay without both.
  const isUnlimited = change.force && association.stateReason?.errorCode === OLD_VERSION_EXISTS;
  // The first repetition of a deployment of someone else isn't a retry.
  const isOwn = change.force || started.hasStarted(desired === 'Present' ? 'Install' : 'Uninstall', association);
  return { count, lastAt, isLimitReached: !isUnlimited && count >= policy.retry.limit && (count > 0 || isOwn) };
}

/** Whether a change marks an association again because the operation that failed is unknown. The deployment that follows is a retry. */
export function restartsDeployment({ action, finding: { association, failed } }: Change): boolean {
  return action !== 'Deploy' && association.state === 'ERROR' && failed === undefined;
}

/** Returns the key of the attempts at a change. All deployments of a WorkSpace share one key; other changes have one per application. */
export function attemptKey(
  { key }: Policy,
  { action, finding: { association } }: Pick<Change, 'action'> & { readonly finding: Pick<Finding, 'association'> },
): string {
  return `${key} ${action} ${action === 'Deploy' ? association.workspaceID : associationKey(association)}`;
}

/** Returns the keys of all changes that a finding may require. */
export function attemptKeysOf(policy: Policy, finding: Finding): string[] {
  return (['Associate', 'Disassociate', 'Deploy'] as const).map((action) => attemptKey(policy, { action, finding }));
}

/**
 * Returns the last failed attempts at a change and at its deployment, because the operator starts no change that it can't deploy. The plan
 * judges predictions itself.
 */
export function lastAttempts(
  change: Change,
  policy: Policy,
  backoff: Attempts,
): readonly { readonly call: Change; readonly last: Attempt }[] {
  if (backoff.size === 0) {
    return NONE;
  }
  const isSingleCall = change.action === 'Deploy' || policy.deploy === 'Manual' || isRevert(change.finding);
  const calls: readonly Change[] = isSingleCall ? [change] : [change, { ...change, action: 'Deploy' }];
  return calls.flatMap((call) => {
    const last = backoff.get(attemptKey(policy, call));
    return last === undefined || last.exception === PREDICTED ? [] : [{ call, last }];
  });
}

const NONE: readonly [] = [];

/**
 * Returns the circumstances in which AWS rejected a call.
 *
 * @param changes the changes that the call would have made
 * @param before circumstances of the last rejection of the same call
 * @param others associations with which an application may be incompatible
 */
export function circumstancesOf(
  changes: readonly [Change, ...Change[]],
  policy: Policy,
  before?: Circumstances,
  others: Iterable<Association> = [],
): Circumstances {
  const general = generalCircumstances(changes[0], policy);
  const changed = changes.map(({ finding }) => finding.association);
  const earlier = before?.general === general ? before.rejected : [];
  const rejected = new Map([...earlier, ...changed.map((one) => [one.applicationID, one] as const)]);
  const ownIDs = new Set(changed.map(({ applicationID }) => applicationID));
  const otherStates = [...others].flatMap(({ applicationID, state }) =>
    ownIDs.has(applicationID) ? [] : [[applicationID, state] as const],
  );
  return { general, changed, rejected, subject: subjectOf(changes[0]), others: new Map(otherStates) };
}

/**
 * Whether AWS would reject a change again: AWS rejected it in the same general circumstances, and neither its association nor one that the
 * rejected call would also have changed has changed since. A rejected deployment also stops changes that haven't started, because the
 * operator starts no change that it can't deploy. It doesn't stop the deployment of another pending change.
 */
export function isRejectedIn(
  { general, changed, rejected, subject, others = new Map() }: Circumstances,
  change: Change,
  policy: Policy,
  { associations, applications }: Pick<Snapshot, 'associations' | 'applications'>,
): boolean {
  const own = change.finding.association;
  const before = rejected.get(own.applicationID);
  const latest = associations.get(own.workspaceID);
  return (
    general === generalCircumstances(change, policy) &&
    (subject === undefined || subject === subjectOf(change)) &&
    [...others].every(([applicationID, state]) => {
      const application = applications.get(applicationID) ?? { applicationID };
      const current = latest?.get(applicationID);
      const isUnread = current === undefined && !requiresAssociationsOf(policy, application);
      return isUnread || (current?.state ?? 'REMOVED') === (state ?? 'REMOVED');
    }) &&
    (before === undefined ? change.finding.step?.kind !== 'Deploy' : isUnchanged(before, own)) &&
    changed.every((one) =>
      isUnchanged(one, one.applicationID === own.applicationID ? own : latest?.get(one.applicationID)),
    )
  );
}

/** Returns the values of AWS that a rejection of a change other than a deployment may depend on. */
export function subjectOf({
  action,
  finding: { workspace, application },
}: Pick<Change, 'action'> & { readonly finding: Pick<Finding, 'workspace' | 'application'> }): string | undefined {
  const { bundleID, computeTypeName, operatingSystemName } = workspace;
  return action === 'Deploy' ? undefined : `${bundleID} ${computeTypeName} ${operatingSystemName} ${application.state}`;
}

function generalCircumstances({ finding }: Change, { uid, generation }: Policy): string {
  return `${uid} ${generation} ${finding.workspace.state}`;
}

function isUnchanged(before: Association, now: Association | undefined): boolean {
  return (
    before.state === now?.state &&
    before.stateReason?.errorCode === now?.stateReason?.errorCode &&
    before.lastUpdatedTime?.getTime() === now?.lastUpdatedTime?.getTime()
  );
}

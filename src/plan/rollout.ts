import type { Association } from '../fleet/model.ts';
import { isAwaitingDeployment, isTransitioning } from '../fleet/states.ts';
import { formatIntOrPercent, resolveIntOrPercent } from '../policy/intOrPercent.ts';
import type { Policy } from '../policy/policy.ts';
import type { Sequence } from '../sequence.ts';
import { isYieldDue, type Sliced } from '../slices.ts';
import type { PastChanges } from './backoff.ts';
import { type Change, type Finding, isPending, isRevert, type Plan } from './plan.ts';

/** What the last status records of a rollout. */
export interface RolloutRecord {
  /** Number of WorkSpaces of the rollout. */
  readonly workspaces: number;
  /** Number of WorkSpaces whose changes are complete. */
  readonly completed: number;
  /** Whether changes remained. Otherwise, the rollout has ended, and the next change begins another one. */
  readonly isOpen: boolean;
  /** Whether a deployment of the rollout has succeeded. */
  readonly canarySucceeded: boolean;
  /** WorkSpace of the last deployment before one succeeded. */
  readonly canary: string | undefined;
  /** Which failed deployments count. */
  readonly baseline: FailureBaseline;
  /** Whether a person resumes the halted rollout. The operator makes no change until the status records it. */
  readonly isResuming: boolean;
}

/** Which failed deployments count toward `maxFailures`. */
export type FailureBaseline =
  /** None, because a rollout begins, or because a person resumes it. The next status records the newest failure. */
  | 'Unset'
  | {
      /** Time of the newest failure that doesn't count, by the clock of AWS. Undefined if there was none. */
      readonly newest: Date | undefined;
      /** Whether a person resumed the rollout. Then failures whose time AWS doesn't report don't count. */
      readonly isResumed: boolean;
    };

/** Record of a rollout that hasn't begun. */
export const NO_ROLLOUT: RolloutRecord = {
  workspaces: 0,
  completed: 0,
  isOpen: false,
  canarySucceeded: false,
  canary: undefined,
  baseline: 'Unset',
  isResuming: false,
};

/** Progress of the deployments of a rollout. */
export interface RolloutProgress {
  /** Number of WorkSpaces that may have a failed deployment. */
  readonly maxFailures: number;
  /** Number of WorkSpaces of the rollout. */
  readonly workspaces: number;
  /** Failed deployments that count, by WorkSpace: the first finding of each, in their order. */
  readonly failed: ReadonlyMap<string, Finding>;
  /** IDs of the WorkSpaces with a deployment whose result isn't known. */
  readonly inFlight: ReadonlySet<string>;
  /** Whether no deployment of the rollout has succeeded. */
  readonly isUnproven: boolean;
  /** WorkSpace of the last deployment before one succeeded. Undefined before the first deployment. */
  readonly canary?: string | undefined;
  /** Whether failed deployments prevent changes of other WorkSpaces. */
  readonly isHalted: boolean;
}

/** Number of WorkSpaces that may change or have failed until a deployment of the rollout has succeeded. */
const MAX_UNPROVEN = 1;

/** Whether failed deployments can halt the rollouts of a policy. With `deploy: Manual`, the person who deploys sees them. */
function isGuarded({ deploy, enforcement, maxFailures }: Policy): boolean {
  return (
    deploy === 'Automatic' && enforcement !== 'Audit' && !('percent' in maxFailures && maxFailures.percent === 100)
  );
}

/** Returns the progress of a rollout. Undefined if failed deployments don't halt it. */
export function* rolloutProgress(
  { findings, selected, selectedCount }: Pick<Plan, 'findings' | 'selected' | 'selectedCount'>,
  policy: Policy,
  record: RolloutRecord,
  history: Pick<PastChanges, 'retries' | 'expectations'>,
  now: Date,
): Sliced<RolloutProgress | undefined> {
  if (!isGuarded(policy)) {
    return undefined;
  }
  const failed = new Map<string, Finding>();
  const inFlight = new Set<string>();
  let pending = 0;
  let last: string | undefined;
  for (const [index, finding] of findings.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    if (!isPending(finding) || isRevert(finding)) {
      continue;
    }
    const { workspaceID } = finding.workspace;
    // The findings are sorted by WorkSpace.
    pending += workspaceID === last ? 0 : 1;
    last = workspaceID;
    if (isCountedFailure(finding.association, record.baseline) && !failed.has(workspaceID)) {
      failed.set(workspaceID, finding);
    }
    if (isInFlight(finding, policy, history, now)) {
      inFlight.add(workspaceID);
    }
  }
  // A rollout with a failed deployment continues with the next difference.
  const isNew = !record.isOpen && failed.size === 0;
  // The record doesn't contain what was completed since. WorkSpaces that were completed may have left the policy.
  const known = Math.min(record.completed + pending, selectedCount);
  const workspaces = isNew ? pending : Math.max(record.workspaces, known);
  const maxFailures = resolveIntOrPercent(policy.maxFailures, workspaces);
  const isUnproven = isNew || !record.canarySucceeded;
  // Nobody knows yet whether the user of the first WorkSpace can connect again.
  if (isUnproven && !isNew && selected.some((one) => one.workspaceID === record.canary && one.state === 'UPDATING')) {
    inFlight.add(record.canary ?? '');
  }
  const isHalted = failed.size >= (isUnproven ? MAX_UNPROVEN : maxFailures);
  return { maxFailures, workspaces, failed, inFlight, isUnproven, canary: isNew ? undefined : record.canary, isHalted };
}

/** Whether a deployment of an association failed, and the failure counts. */
export function isCountedFailure({ state, lastUpdatedTime }: Association, baseline: FailureBaseline): boolean {
  if (state !== 'ERROR' || baseline === 'Unset') {
    return false;
  }
  const { newest, isResumed } = baseline;
  if (lastUpdatedTime === undefined) {
    return !isResumed;
  }
  return newest === undefined || secondsOf(lastUpdatedTime) > secondsOf(newest);
}

/** A status has a resolution of one second. */
function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}

/** Whether a deployment of a finding has begun, or is about to be repeated, and its result isn't known. */
function isInFlight(
  { workspace: { workspaceID, state }, association }: Finding,
  policy: Policy,
  { retries, expectations }: Pick<PastChanges, 'retries' | 'expectations'>,
  now: Date,
): boolean {
  return (
    state === 'UPDATING' ||
    isTransitioning(association) ||
    expectations.isPending('Deploy', association, now) ||
    (isAwaitingDeployment(association) && (retries.get(workspaceID, policy)?.count ?? 0) > 0)
  );
}

/**
 * Returns the IDs of the WorkSpaces that may change: the failed ones, whose retries affect nobody else, and as many others as may fail, the ones
 * in flight first. Deployments of other policies can end at the same time, so not all WorkSpaces in flight may change.
 */
export function permittedWorkspaces(
  changes: Sequence<Change>,
  { failed, inFlight, maxFailures, isUnproven }: RolloutProgress,
): ReadonlySet<string> {
  const limit = isUnproven ? MAX_UNPROVEN : maxFailures;
  const counted = new Set([...failed.keys(), ...inFlight]);
  const permitted = new Set(failed.keys());
  const permit = (workspaceID: string) => void (permitted.size < limit && permitted.add(workspaceID));
  inFlight.forEach(permit);
  // Changes that have started take precedence.
  for (const started of [true, false]) {
    for (const { action, finding } of changes) {
      if (counted.size < limit && (action === 'Deploy') === started && !isRevert(finding)) {
        counted.add(finding.workspace.workspaceID);
        permit(finding.workspace.workspaceID);
      }
    }
  }
  return permitted;
}

/** Describes the limit on failed deployments, for example, `4 (10% of 40)`. */
export function describeMaxFailures(
  { maxFailures: limit }: Policy,
  { maxFailures, workspaces }: RolloutProgress,
): string {
  return 'percent' in limit ? `${maxFailures} (${formatIntOrPercent(limit)} of ${workspaces})` : String(maxFailures);
}

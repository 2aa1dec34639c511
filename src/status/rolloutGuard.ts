import type { Outcome } from '../execute/outcome.ts';
import { isDeployable, isTransitioning } from '../fleet/states.ts';
import { NO_GAPS, type Snapshot } from '../inventory/snapshot.ts';
import { type Finding, type HoldReason, isPending, isRevert, type Plan } from '../plan/plan.ts';
import {
  type FailureBaseline,
  isCountedFailure,
  NO_ROLLOUT,
  type RolloutProgress,
  type RolloutRecord,
} from '../plan/rollout.ts';
import type { ResumeRequest } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { Sequence } from '../sequence.ts';
import { filterSliced, type Sliced } from '../slices.ts';
import { type PolicyStatus, timestamp } from './resource.ts';
import type { RolloutStatus } from './rollout.ts';

/** Maximum number of failed deployments in a status. */
const MAX_FAILURES = 5;

/** Returns the rollout in a status, if it was written for this object and this generation. */
export function recordedRollout(
  { uid, generation }: Policy,
  status: PolicyStatus | undefined,
): RolloutStatus | undefined {
  const isSame = status?.observedGeneration === generation && (status.objectUID ?? '') === uid;
  return isSame ? status.rollout : undefined;
}

/** Returns what the last written status records of the rollout of a policy, and whether a person resumes it. */
export function rolloutRecordOf(
  policy: Policy,
  status: PolicyStatus | undefined,
  resume: ResumeRequest | undefined,
): RolloutRecord {
  const recorded = recordedRollout(policy, status);
  if (recorded === undefined) {
    return NO_ROLLOUT;
  }
  const { workspaces, completed, remaining, maxFailures, halted, canary, canarySucceeded } = recorded;
  const { failuresAfter, resumeTime } = recorded;
  const isResuming = halted === true && resume?.isHaltShown === true && resume.value !== status?.lastHandledResumeAt;
  return {
    workspaces,
    completed,
    isOpen: remaining > 0,
    canarySucceeded: canarySucceeded === true,
    canary,
    // Version 0.1 recorded no limit, so it recorded no failures either.
    baseline:
      isResuming || maxFailures === undefined
        ? 'Unset'
        : {
            newest: failuresAfter === undefined ? undefined : new Date(failuresAfter),
            isResumed: resumeTime !== undefined,
          },
    isResuming,
  };
}

/** What a run did and found, as far as it concerns the deployments of a rollout. */
export interface GuardInputs {
  readonly record: RolloutRecord;
  readonly progress: RolloutProgress | undefined;
  readonly plan: Plan;
  readonly snapshot: Pick<Snapshot, 'workspaces' | 'associations' | 'gaps'>;
  readonly outcome: Pick<Outcome, 'made'>;
  /** Whether the rollout began with this run. */
  readonly isNew: boolean;
  readonly previous: RolloutStatus | undefined;
  readonly now: Date;
}

/** Returns the fields of a rollout that limit its failures. Empty if failed deployments don't halt it. */
export function* guardOf({
  record,
  progress,
  plan,
  snapshot,
  outcome,
  isNew,
  previous,
  now,
}: GuardInputs): Sliced<Partial<RolloutStatus>> {
  if (progress === undefined) {
    return {};
  }
  const { baseline, isResuming } = record;
  const newest = isNew || baseline === 'Unset' ? yield* newestFailure(plan.findings) : baseline.newest;
  const known = isNew ? undefined : record.canary;
  const hasSucceeded =
    !isNew && (record.canarySucceeded || (known !== undefined && (yield* isDeployed(known, baseline, plan, snapshot))));
  const deployed = outcome.made.find(({ action }) => action === 'Deploy')?.workspace.workspaceID;
  const canary = hasSucceeded ? known : (deployed ?? known);
  const resumeTime = isResuming ? timestamp(now) : isNew ? undefined : previous?.resumeTime;
  const failures = [...progress.failed.values()].slice(0, MAX_FAILURES).map(failureOf);
  return {
    maxFailures: progress.maxFailures,
    failedDeployments: progress.failed.size,
    ...(failures.length > 0 && { failures }),
    ...(progress.isHalted && { halted: true }),
    ...(canary !== undefined && { canary }),
    ...(hasSucceeded && { canarySucceeded: true }),
    ...(newest !== undefined && { failuresAfter: timestamp(newest) }),
    ...(resumeTime !== undefined && { resumeTime }),
  };
}

/** Holds of changes that were not part of a deployment, and that end only with a change by someone else, or after days. */
const LONG_HOLDS: ReadonlySet<HoldReason> = new Set(['UninstallOnly', 'LicensePaid', 'Rejected', 'Flapping']);

/** Whether all changes of a WorkSpace that can be made are complete, and the user can connect, according to complete reads. */
function* isDeployed(
  workspaceID: string,
  baseline: FailureBaseline,
  { selected, findings, held }: Plan,
  { associations, workspaces, gaps = NO_GAPS }: GuardInputs['snapshot'],
): Sliced<boolean> {
  const isRead = !gaps.workspaces.has(workspaceID) && gaps.applications.size === 0;
  const own = [...(associations.get(workspaceID)?.values() ?? [])];
  const isChanging = own.some((one) => isTransitioning(one) || isCountedFailure(one, baseline));
  if (!isRead || isChanging || !isDeployable(workspaces.get(workspaceID)?.state)) {
    return false;
  }
  const same = yield* filterSliced(selected, (one) => one.workspaceID === workspaceID);
  const isOwn = (one: Finding) => one.workspace.workspaceID === workspaceID;
  const pending = yield* filterSliced(findings, (one) => isOwn(one) && isPending(one) && !isRevert(one));
  const permanent = yield* filterSliced(
    held,
    ({ change, reason }) => isOwn(change.finding) && change.action !== 'Deploy' && LONG_HOLDS.has(reason),
  );
  const left = new Set(pending.map(({ association }) => association.applicationID));
  permanent.forEach(({ change }) => void left.delete(change.finding.association.applicationID));
  return same.length > 0 && left.size === 0;
}

function* newestFailure(findings: Sequence<Finding>): Sliced<Date | undefined> {
  const failed = yield* filterSliced(findings, ({ association }) => association.state === 'ERROR');
  return failed.reduce<Date | undefined>((newest, { association: { lastUpdatedTime: time } }) => {
    return time !== undefined && (newest === undefined || time > newest) ? time : newest;
  }, undefined);
}

function failureOf({
  workspace: { workspaceID, userName },
  association: { stateReason },
}: Finding): NonNullable<RolloutStatus['failures']>[number] {
  const { errorCode, errorMessage } = stateReason ?? {};
  return {
    workspaceID: sanitize(workspaceID, 66),
    ...(userName !== undefined && { userName: sanitize(userName, 63) }),
    ...(errorCode !== undefined && { errorCode: sanitize(errorCode, 128) }),
    ...(errorMessage !== undefined && { errorMessage: sanitize(errorMessage, 512) }),
  };
}

import type { Outcome } from '../execute/outcome.ts';
import { isTransitioning } from '../fleet/states.ts';
import { NO_GAPS, type Snapshot } from '../inventory/snapshot.ts';
import { type Finding, isPending, isRevert, type Plan } from '../plan/plan.ts';
import { NO_ROLLOUT, type RolloutProgress, type RolloutRecord } from '../plan/rollout.ts';
import type { ResumeRequest } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
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
  const { completed, remaining, halted, canary, canarySucceeded, failuresAfter, resumeTime } = recorded;
  const isResuming = halted === true && resume?.isHaltShown === true && resume.value !== status?.lastHandledResumeAt;
  return {
    completed,
    isOpen: remaining > 0,
    canarySucceeded: canarySucceeded === true,
    canary,
    baseline: isResuming
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
  readonly snapshot: Pick<Snapshot, 'associations' | 'gaps'>;
  readonly outcome: Pick<Outcome, 'made'>;
  /** Whether the rollout began with this run. */
  readonly isNew: boolean;
  readonly previous: RolloutStatus | undefined;
  readonly now: Date;
}

/** Returns the fields of a rollout that limit its failures. Empty if failed deployments don't halt it. */
export function guardOf({
  record,
  progress,
  plan,
  snapshot,
  outcome,
  isNew,
  previous,
  now,
}: GuardInputs): Partial<RolloutStatus> {
  if (progress === undefined) {
    return {};
  }
  const { baseline, isResuming } = record;
  const newest = isNew || baseline === 'Unset' ? newestFailure(plan.findings) : baseline.newest;
  const known = isNew ? undefined : record.canary;
  const hasSucceeded = !isNew && (record.canarySucceeded || (known !== undefined && isDeployed(known, plan, snapshot)));
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

/** Whether all changes of a WorkSpace are complete, according to complete reads. */
function isDeployed(
  workspaceID: string,
  plan: Plan,
  { associations, gaps = NO_GAPS }: GuardInputs['snapshot'],
): boolean {
  const workspace = plan.selected.find((one) => one.workspaceID === workspaceID);
  const isRead = !gaps.workspaces.has(workspaceID) && gaps.applications.size === 0;
  const own = [...(associations.get(workspaceID)?.values() ?? [])];
  const remains = plan.findings.some(
    (one) => one.workspace.workspaceID === workspaceID && isPending(one) && !isRevert(one),
  );
  return workspace !== undefined && workspace.state !== 'UPDATING' && isRead && !own.some(isTransitioning) && !remains;
}

function newestFailure(findings: readonly Finding[]): Date | undefined {
  return findings
    .flatMap(({ association: { state, lastUpdatedTime } }) =>
      state === 'ERROR' && lastUpdatedTime !== undefined ? [lastUpdatedTime] : [],
    )
    .reduce<Date | undefined>((newest, time) => (newest === undefined || time > newest ? time : newest), undefined);
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

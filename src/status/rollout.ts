import { type RolloutLimits, rolloutDuration } from '../plan/duration.ts';
import { isRevert } from '../plan/plan.ts';
import type { RolloutProgress } from '../plan/rollout.ts';
import { formatDuration } from '../policy/duration.ts';
import { pickSliced, type Sequence } from '../sequence.ts';
import { type Sliced, setSliced } from '../slices.ts';
import type { Assessment, Severity } from './assessment.ts';
import { type PolicyStatus, timestamp } from './resource.ts';

/** Progress of a rollout in a status. */
export type RolloutStatus = NonNullable<PolicyStatus['rollout']>;

/** Severities of a WorkSpace that a rollout changes, or whose change waits. */
const REMAINING: ReadonlySet<Severity> = new Set(['Held', 'Drifted', 'InProgress']);

export interface RolloutInputs {
  readonly assessments: Sequence<Assessment>;
  /** Number of selected WorkSpaces. */
  readonly selectedCount: number;
  readonly limits: RolloutLimits;
  /** Rollout in the last status of the same generation. Undefined if there is none. */
  readonly previous: RolloutStatus | undefined;
  /** Progress of the deployments. Undefined if failed deployments don't halt the rollout. */
  readonly progress: RolloutProgress | undefined;
  /** Returns the fields that limit failed deployments. `isNew`: whether the rollout begins. */
  readonly guard: (isNew: boolean) => Sliced<Partial<RolloutStatus>>;
  /** Whether the run made a change. */
  readonly madeChanges: boolean;
  readonly now: Date;
}

/**
 * Returns the progress of the rollout: of the changes that the policy requests, from the first WorkSpace that differs until none does.
 * Undefined if there was nothing to change. Apart from `estimatedCompletionTime`, its fields change only with progress.
 */
export function* rolloutOf({
  assessments,
  selectedCount,
  limits,
  previous,
  progress,
  guard,
  madeChanges,
  now,
}: RolloutInputs): Sliced<RolloutStatus | undefined> {
  const open = yield* pickSliced(assessments, isOpen);
  const failed = yield* workspacesOf(yield* pickSliced(assessments, ({ severity }) => severity === 'Failed'));
  const waiting = yield* pickSliced(open, ({ finding }) => !failed.has(finding.workspace.workspaceID));
  const remaining = (yield* workspacesOf(waiting)).size;
  const before = isNewRollout(previous, remaining, progress) ? undefined : previous;
  const isUnderWay = madeChanges || open.some(({ severity, action }) => severity === 'InProgress' && action === 'None');
  const startTime = before?.startTime ?? (isUnderWay ? timestamp(now) : undefined);
  // A WorkSpace that no longer differs before the rollout started isn't a result of it.
  const done =
    before === undefined || startTime === undefined ? 0 : before.remaining + before.failed - remaining - failed.size;
  // A WorkSpace that left the policy isn't completed. If it comes back, it counts again.
  const most = Math.max(0, selectedCount - remaining - failed.size);
  const completed = Math.min((before?.completed ?? 0) + Math.max(0, done), most);
  // A process that ended right after a deployment recorded no start.
  if (remaining === 0 && startTime === undefined && !hasFailures(progress)) {
    return undefined;
  }
  const counts = { workspaces: completed + remaining + failed.size, completed, remaining, failed: failed.size };
  const durationMs = rolloutDuration(yield* remainingWork(open), limits);
  const isMoving = open.some(({ held }) => held === undefined);
  return {
    ...counts,
    ...(yield* guard(before === undefined)),
    ...(startTime !== undefined && { startTime }),
    ...(remaining === 0 && { completionTime: previous?.completionTime ?? timestamp(now) }),
    ...(remaining > 0 && { estimatedDuration: formatDuration(durationMs) }),
    ...(remaining > 0 &&
      startTime !== undefined &&
      isMoving && {
        estimatedCompletionTime: timestamp(
          new Date(now.getTime() + Math.max(durationMs, atObservedPace(counts, startTime, now))),
        ),
      }),
  };
}

/** Whether a rollout begins: everything was complete and something differs again. A failed deployment that counts belongs to the last one. */
function isNewRollout(
  previous: RolloutStatus | undefined,
  remaining: number,
  progress: RolloutProgress | undefined,
): boolean {
  return previous === undefined || (previous.remaining === 0 && remaining > 0 && !hasFailures(progress));
}

function hasFailures(progress: RolloutProgress | undefined): boolean {
  return progress !== undefined && progress.failed.size > 0;
}

/** Returns the changes that AWS hasn't started. */
export function* remainingWork(assessments: Sequence<Assessment>) {
  const waiting = yield* pickSliced(assessments, ({ action }) => action !== 'None');
  const isRemoval = ({ action, finding }: Assessment) => action === 'Disassociate' && !isRevert(finding);
  const { length: disassociations } = yield* pickSliced(waiting, isRemoval);
  return { workspaces: (yield* workspacesOf(waiting)).size, disassociations };
}

/** Describes the progress, for example, `120 of 200 WorkSpaces changed, 80 remain, about 6m at the allowed rate`. */
export function describeRollout({
  workspaces,
  completed,
  remaining,
  failed,
  halted,
  estimatedDuration,
}: RolloutStatus): string {
  const parts = [
    `${completed} of ${workspaces} ${workspaces === 1 ? 'WorkSpace' : 'WorkSpaces'} changed`,
    ...(remaining > 0 ? [`${remaining} ${remaining === 1 ? 'remains' : 'remain'}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(halted === true ? ['halted'] : []),
    ...(estimatedDuration === undefined || halted === true ? [] : [`about ${estimatedDuration} at the allowed rate`]),
  ];
  return parts.join(', ');
}

/** Whether the policy makes a change of an association that isn't complete. An Audit policy makes none. */
function isOpen({ severity, action, held, finding }: Assessment): boolean {
  const isRequested = action !== 'None' || severity === 'InProgress';
  return REMAINING.has(severity) && isRequested && held?.reason !== 'Audit' && finding.unrequested !== 'Unmanaged';
}

function workspacesOf(assessments: Sequence<Assessment>): Sliced<ReadonlySet<string>> {
  return setSliced(assessments, ({ finding }) => finding.workspace.workspaceID);
}

/** Returns how long the rest takes if it continues as until now, in milliseconds. 0 if nothing is complete. */
function atObservedPace(
  { completed, remaining }: Pick<RolloutStatus, 'completed' | 'remaining'>,
  startTime: string,
  now: Date,
): number {
  return completed === 0 ? 0 : ((now.getTime() - Date.parse(startTime)) / completed) * remaining;
}

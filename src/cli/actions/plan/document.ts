import { formatMinute } from '../../../clock.ts';
import { compareStrings } from '../../../compare.ts';
import { type DriftSource, describeSource } from '../../../plan/driftSources.ts';
import { rolloutDuration } from '../../../plan/duration.ts';
import { finalDays, openTime } from '../../../plan/finalDays.ts';
import type { HeldChange } from '../../../plan/plan.ts';
import { withSideEffect } from '../../../plan/sideEffects.ts';
import { formatDuration } from '../../../policy/duration.ts';
import { complete } from '../../../slices.ts';
import type { Assessment } from '../../../status/assessment.ts';
import { complianceOf } from '../../../status/compliance.ts';
import { type Blocker, notFoundMessage } from '../../../status/conditions.ts';
import { isPlanWide } from '../../../status/holdScopes.ts';
import { replacementOf } from '../../../status/replacements.ts';
import { remainingWork } from '../../../status/rollout.ts';
import { planOf } from '../../../status/status.ts';
import { undecidedMessages } from '../../../status/undecided.ts';
import type { PolicyPreview } from './offlinePlanner.ts';

/** Planned changes as data, which `-o json` and `-o yaml` print. */
export interface PlanDocument {
  readonly policies: readonly PlannedPolicy[];
  readonly summary: PlanSummary;
}

/** Number of changes that the policies ask for, whether or not they are held. */
export interface PlanSummary {
  readonly disassociate: number;
  readonly associate: number;
  /** Number of WorkSpaces. */
  readonly deploy: number;
  /** Number of these changes that are on hold. */
  readonly held: number;
  /** Number of replacements. The other numbers count their parts. */
  readonly replace: number;
  /** Number of connected users whose sessions the deployments end. Absent unless a policy has `userSessions: Interrupt`. */
  readonly sessions?: number;
  /** Number of users who may be connected, because AWS doesn't show it. */
  readonly sessionsUnknown?: number;
  /** Number of applications in bundles that bring drift back. */
  readonly sources: number;
  /** Number of policies that couldn't be planned. */
  readonly failed: number;
}

export interface PlannedPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly enforcement: string;
  /** Problem that stops the policy as a whole. */
  readonly blocker?: { readonly reason: string; readonly message: string };
  readonly selected?: number;
  readonly compliant?: number;
  readonly drifted?: number;
  /** Number of other WorkSpaces that AWS restored, whose applications are unknown. Absent if there are none. */
  readonly unknown?: number;
  /** ID for the approval of the plan. */
  readonly planID?: string;
  /** Time that the changes take at the allowed rate, without waits. Absent if there are none. Example: 1h30m. */
  readonly estimatedDuration?: string;
  /** Message about removals for which the final days of the month are too short. Absent if they suffice, and without `removeBefore`. */
  readonly lateRemovals?: string;
  /** Message about entries of the lists that match no application. */
  readonly unmatched?: string;
  /** Messages about WorkSpaces that stay unchanged because values or reads are missing. */
  readonly undecided?: readonly string[];
  /** Applications in bundles that bring drift back, those with the most WorkSpaces first. */
  readonly sources?: readonly PlannedSource[];
  /** Message about sources of drift that are unknown. */
  readonly unknownSources?: string;
  /** Holds of the plan, the most frequent first. */
  readonly holds: readonly PlannedHold[];
  readonly changes: readonly PlannedChange[];
}

/** An application that the policy removes, in a bundle of selected WorkSpaces. */
export interface PlannedSource {
  readonly bundleID: string;
  readonly imageID?: string;
  readonly applicationID: string;
  readonly applicationName?: string;
  /** Number of selected WorkSpaces of the bundle from which the policy removes the application. */
  readonly workspaces: number;
  readonly message: string;
}

interface PlannedHold {
  readonly reason: string;
  /** Number of changes on hold. */
  readonly changes: number;
  /** Explanation of a hold of the whole plan. Absent if the changes have their own messages, or if `blocker` contains it. */
  readonly message?: string;
  /** Time at which the hold ends automatically, in RFC 3339. */
  readonly until?: string;
}

/** Application on a WorkSpace that differs from the policy. */
export interface PlannedChange {
  readonly workspaceID: string;
  readonly userName?: string;
  readonly applicationID: string;
  readonly applicationName?: string;
  readonly desired?: 'Present' | 'Absent';
  readonly state?: string;
  /** Next action. None while AWS carries out a change, or if manual action is required. */
  readonly action: string;
  /** Pending change that no policy requests: Started if the operator began it and reverts it, or Unmanaged if someone else did. */
  readonly unrequested?: 'Started' | 'Unmanaged';
  /** Names of the removed and the installed applications if the change is a part of a replacement. */
  readonly replacement?: string;
  /** Reason for the verdict of the policies. */
  readonly because: string;
  /** Reason why the change is on hold. Failed if manual action is required. */
  readonly holdReason?: string;
  /** Explanation of the failure, or of a hold that is specific to this change. */
  readonly message?: string;
  /** Time at which the hold ends automatically, in RFC 3339. */
  readonly until?: string;
}

/** Returns the planned changes of previews. */
export function planDocument(previews: readonly PolicyPreview[]): PlanDocument {
  const policies = previews.map(plannedPolicy);
  const counts = previews.flatMap(({ policy, result }) =>
    'plan' in result ? [complete(planOf(result.plan, policy, result.approval))] : [],
  );
  const sum = (key: Exclude<keyof PlanSummary, 'failed' | 'sources'>) =>
    counts.reduce((total, count) => total + (count[key] ?? 0), 0);
  const failed = previews.filter(({ result }) => !('plan' in result)).length;
  return {
    policies,
    summary: {
      disassociate: sum('disassociate'),
      associate: sum('associate'),
      deploy: sum('deploy'),
      held: sum('held'),
      replace: counts.reduce((total, { replace = 0 }) => total + replace, 0),
      ...(counts.some(({ sessions }) => sessions !== undefined) && {
        sessions: sum('sessions'),
        sessionsUnknown: sum('sessionsUnknown'),
      }),
      sources: new Set(
        policies.flatMap(({ sources = [] }) =>
          sources.map(({ bundleID, applicationID }) => `${bundleID} ${applicationID}`),
        ),
      ).size,
      failed,
    },
  };
}

/** Whether the operator would make a change now. A change on hold doesn't count. */
export function hasChanges({ policies }: PlanDocument): boolean {
  return policies.some(({ changes }) =>
    changes.some(({ action, holdReason }) => action !== 'None' && holdReason === undefined),
  );
}

function plannedPolicy({ policy, result, limits, now }: PolicyPreview): PlannedPolicy {
  const { namespace, name, enforcement } = policy;
  if (!('plan' in result)) {
    return { namespace, name, enforcement, blocker: plannedBlocker(result), holds: [], changes: [] };
  }
  const { plan, assessments, approval, blocker, restored, sources, unknownSources } = result;
  const { selected, compliant, drifted, unknown } = complete(
    complianceOf(plan.selected, assessments, plan.selectedCount, restored),
  );
  const { unmatched } = plan.resolution;
  const undecided = undecidedMessages(plan);
  const work = complete(remainingWork(assessments));
  const durationMs = limits !== undefined && work.workspaces > 0 ? rolloutDuration(work, limits) : undefined;
  const lateRemovals = work.disassociations > 0 ? lateRemovalsMessage(policy, durationMs ?? 0, now) : undefined;
  return {
    namespace,
    name,
    enforcement,
    ...(blocker !== undefined && { blocker: plannedBlocker(blocker) }),
    selected,
    compliant,
    drifted,
    ...(unknown !== undefined && { unknown }),
    ...(approval.proposed !== undefined && { planID: approval.proposed.id }),
    ...(durationMs !== undefined && { estimatedDuration: formatDuration(durationMs) }),
    ...(lateRemovals !== undefined && { lateRemovals }),
    ...(unmatched.length > 0 && { unmatched: notFoundMessage(unmatched) }),
    ...(undecided.length > 0 && { undecided }),
    ...(sources.length > 0 && { sources: sources.map(plannedSource) }),
    ...(unknownSources !== undefined && { unknownSources }),
    holds: plannedHolds(plan.held, blocker),
    changes: assessments.filter(({ severity }) => severity !== 'Kept' && severity !== 'Removed').map(plannedChange),
  };
}

/** Returns a message if the final days of the month are shorter than a rollout. */
function lateRemovalsMessage(
  { removeBefore, maintenanceWindows }: PolicyPreview['policy'],
  durationMs: number,
  now: Date,
): string | undefined {
  const days = removeBefore === undefined ? undefined : finalDays(maintenanceWindows, now);
  const openMs = days === undefined ? Number.POSITIVE_INFINITY : openTime(days, maintenanceWindows, now);
  return days === undefined || durationMs <= openMs
    ? undefined
    : `the changes take about ${formatDuration(durationMs)} at the allowed rate, but they are possible for only ${formatDuration(openMs)} ` +
        `from ${formatMinute(days.from)} to ${formatMinute(days.until)}; removals that are not made by then cost another month, ` +
        'so add maintenance windows, or raise the limits of the WorkspaceFleet (spec.rollout.removeBefore)';
}

/** Returns a source of drift as data. */
export function plannedSource(source: DriftSource): PlannedSource {
  const { bundleID, imageID, application, workspaces } = source;
  return {
    bundleID,
    ...(imageID !== undefined && { imageID }),
    applicationID: application.applicationID,
    ...(application.name !== undefined && { applicationName: application.name }),
    workspaces,
    message: describeSource(source),
  };
}

function plannedChange({ finding, action, held, message, severity }: Assessment): PlannedChange {
  const { workspace, application, association, desired, unrequested } = finding;
  const explained = withSideEffect(finding.because, finding);
  // A message of its own contains the side effect.
  const because = message === explained ? explained : finding.because;
  return JSON.parse(
    JSON.stringify({
      workspaceID: workspace.workspaceID,
      userName: workspace.userName,
      applicationID: application.applicationID,
      applicationName: application.name,
      desired,
      state: association.state,
      action,
      unrequested,
      replacement: replacementOf(finding),
      because,
      holdReason:
        held?.reason ?? (severity === 'Failed' ? 'Failed' : finding.verdict === 'Conflict' ? 'Conflict' : undefined),
      message: message === because ? undefined : message,
      until: held?.until,
    } satisfies Record<keyof PlannedChange, unknown>),
  );
}

function plannedHolds(held: Iterable<HeldChange>, blocker: Blocker | undefined): PlannedHold[] {
  return [...Map.groupBy(held, ({ reason }) => reason)]
    .map(([reason, same]) => {
      const [until] = same.flatMap((one) => one.until?.toISOString() ?? []).sort();
      const message = isPlanWide(reason) && reason !== blocker?.reason ? same[0]?.message : undefined;
      return {
        reason,
        changes: same.length,
        ...(message !== undefined && { message }),
        ...(until !== undefined && { until }),
      };
    })
    .sort((a, b) => b.changes - a.changes || compareStrings(a.reason, b.reason));
}

function plannedBlocker({ reason, message }: Blocker) {
  return { reason, message };
}

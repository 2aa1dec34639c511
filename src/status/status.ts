import type { FleetLocation } from '../execute/context.ts';
import type { Outcome } from '../execute/outcome.ts';
import { type Approval, encodeRemaining, planIdOf } from '../plan/approval.ts';
import { type Change, disassociationsIn, type Plan } from '../plan/plan.ts';
import { stepsOf } from '../plan/steps.ts';
import { windowState } from '../plan/window.ts';
import type { PolicyAnnotations } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { applicationsOf } from './applications.ts';
import type { Assessment } from './assessment.ts';
import { associationsOf, MAX_ASSOCIATIONS } from './associations.ts';
import { complianceOf } from './compliance.ts';
import { type Blocker, evaluatedConditions, toConditions } from './conditions.ts';
import { recentRemovalsOf } from './recentRemovals.ts';
import { handled, type PolicyStatus, timestamp } from './resource.ts';
import { isSameJson } from './sameJson.ts';
import { tableOf } from './table.ts';

/** The times are written again after so long even if nothing else has changed, in milliseconds. */
const HEARTBEAT = 60 * 60_000;
const MAX_HISTORY = 5;

interface Evaluation {
  readonly policy: Policy;
  readonly annotations: PolicyAnnotations;
  readonly previous: PolicyStatus | undefined;
  readonly location: FleetLocation;
  /** What is left to be done. */
  readonly plan: Plan;
  /** The rows of that plan. */
  readonly assessments: readonly Assessment[];
  readonly outcome: Outcome;
  readonly approval: Approval;
  /** The id of the plan that was carried out. */
  readonly carriedOut: string;
  /** What the policy removed lately. */
  readonly removals: Parameters<typeof recentRemovalsOf>[0];
  readonly blocker: Blocker | undefined;
  /** When the WorkSpaces were listed. */
  readonly listedAt: Date;
  readonly now: Date;
  readonly nextSync: Date;
}

/** The status of a policy that was evaluated. */
export function evaluatedStatus(evaluation: Evaluation): PolicyStatus {
  const { policy, annotations, previous, plan, assessments, outcome, approval, carriedOut, removals, blocker, now } =
    evaluation;
  const compliance = complianceOf(plan.selected, assessments);
  return {
    observedGeneration: policy.generation,
    fleet: fleetOf(evaluation.location),
    ...handled(annotations.reconcileRequestedAt),
    ...(approval.lastApproved !== undefined && { lastApprovedPlan: approval.lastApproved }),
    lastSyncTime: timestamp(now),
    nextSyncTime: timestamp(evaluation.nextSync),
    lastListTime: timestamp(evaluation.listedAt),
    ...nextWindowOf(policy, now),
    applications: applicationsOf(plan, assessments),
    associations: associationsOf(assessments),
    associationsOmitted: Math.max(0, assessments.length - MAX_ASSOCIATIONS),
    compliance,
    conditions: toConditions(
      evaluatedConditions(compliance, assessments, plan.resolution, blocker),
      policy.generation,
      previous?.conditions,
      now,
    ),
    history: historyOf(previous, carriedOut, outcome, now),
    plan: planOf(plan, policy, approval),
    ...(removals.length > 0 && { recentRemovals: recentRemovalsOf(removals) }),
    workspaces: tableOf(assessments),
  };
}

/** Whether a status is worth a write: more than its times has changed, or they are an hour old. */
export function statusChanged(previous: PolicyStatus | undefined, next: PolicyStatus, now: Date): boolean {
  const times = { lastSyncTime: undefined, nextSyncTime: undefined, lastListTime: undefined };
  const writtenAt = Date.parse(previous?.lastSyncTime ?? '');
  const isStale = next.lastSyncTime !== previous?.lastSyncTime && !(now.getTime() - writtenAt < HEARTBEAT);
  return previous === undefined || isStale || !isSameJson({ ...previous, ...times }, { ...next, ...times });
}

function fleetOf({ name, accountID, region }: FleetLocation): NonNullable<PolicyStatus['fleet']> {
  return { ...(name !== undefined && { name }), accountID, region };
}

function nextWindowOf({ maintenanceWindows }: Policy, now: Date): PolicyStatus {
  const { nextOpening } = windowState(maintenanceWindows, now);
  return nextOpening === undefined ? {} : { nextWindow: timestamp(nextOpening) };
}

function historyOf(previous: PolicyStatus | undefined, carriedOut: string, { made, failures }: Outcome, now: Date) {
  const history = previous?.history ?? [];
  if (made.length === 0) {
    return history;
  }
  const count = (action: Change['action']) => made.filter((one) => one.action === action).length;
  const run = {
    time: timestamp(now),
    plan: carriedOut,
    disassociated: count('Disassociate'),
    associated: count('Associate'),
    deployed: count('Deploy'),
    failed: failures.length,
  };
  const [latest, ...earlier] = history;
  if (latest?.plan !== run.plan) {
    return [run, ...history].slice(0, MAX_HISTORY);
  }
  const sum = {
    disassociated: latest.disassociated + run.disassociated,
    associated: latest.associated + run.associated,
    deployed: latest.deployed + run.deployed,
    failed: latest.failed + run.failed,
  };
  return [{ ...run, ...sum }, ...earlier];
}

/** What a plan comes to, in numbers. */
export function planOf(plan: Plan, policy: Policy, approval: Approval) {
  const steps = stepsOf(plan, policy);
  const id = planIdOf(approval);
  const remainder = encodeRemaining(plan, approval);
  return {
    ...(id !== undefined && { id }),
    ...(remainder !== undefined && { approvedRemainder: remainder }),
    disassociate: disassociationsIn(plan),
    associate: plan.changes.filter(({ action }) => action === 'Associate').length,
    deploy: steps.filter(({ deploy }) => deploy.length > 0).length,
    held: plan.held.length,
  };
}

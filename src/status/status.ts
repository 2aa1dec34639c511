import { isDeepStrictEqual } from 'node:util';
import type { Outcome } from '../execute/outcome.ts';
import { type Approval, planIdOf, remainderOf } from '../plan/approval.ts';
import type { Change, Plan } from '../plan/plan.ts';
import { stepsOf } from '../plan/steps.ts';
import { windowState } from '../plan/window.ts';
import type { Policy } from '../policy/policy.ts';
import type { Request } from '../policy/request.ts';
import { printable } from '../printable.ts';
import { applicationsOf } from './applications.ts';
import { associationsOf, MAX_ASSOCIATIONS } from './associations.ts';
import { complianceOf } from './compliance.ts';
import {
  CONDITION_TYPES,
  type ConditionState,
  type Conditions,
  evaluatedConditions,
  type Trouble,
  unevaluatedConditions,
} from './conditions.ts';
import { recentRemovalsOf } from './recentRemovals.ts';
import { type PolicyStatus, timestamp } from './resource.ts';
import type { Row } from './rows.ts';
import { tableOf } from './table.ts';

/** The times are written again after so long even if nothing else has changed, in milliseconds. */
const HEARTBEAT = 60 * 60_000;
const MAX_HISTORY = 5;

interface Evaluation {
  readonly policy: Policy;
  readonly request: Request;
  readonly previous: PolicyStatus | undefined;
  /** What is left to be done. */
  readonly plan: Plan;
  /** The rows of that plan. */
  readonly rows: readonly Row[];
  readonly outcome: Outcome;
  readonly approval: Approval;
  /** The id of the plan that was carried out. */
  readonly carriedOut: string;
  /** What the policy removed lately. */
  readonly removals: Parameters<typeof recentRemovalsOf>[0];
  readonly trouble: Trouble | undefined;
  /** When the WorkSpaces were listed. */
  readonly listedAt: Date;
  readonly now: Date;
  readonly nextSync: Date;
}

/** The status of a policy that was evaluated. */
export function evaluatedStatus(evaluation: Evaluation): PolicyStatus {
  const { policy, request, previous, plan, rows, outcome, approval, carriedOut, removals, trouble, now } = evaluation;
  const compliance = complianceOf(plan.selected, rows);
  return {
    observedGeneration: policy.generation,
    ...handled(request.reconcileRequestedAt),
    ...(approval.lastApproved !== undefined && { lastApprovedPlan: approval.lastApproved }),
    lastSyncTime: timestamp(now),
    nextSyncTime: timestamp(evaluation.nextSync),
    lastListTime: timestamp(evaluation.listedAt),
    ...nextWindowOf(policy, now),
    applications: applicationsOf(plan, rows),
    associations: associationsOf(rows),
    associationsOmitted: Math.max(0, rows.length - MAX_ASSOCIATIONS),
    compliance,
    conditions: conditionsOf(
      evaluatedConditions(compliance, rows, plan.resolution, trouble),
      policy.generation,
      previous,
      now,
    ),
    history: historyOf(previous, carriedOut, outcome, now),
    plan: planOf(plan, policy, approval),
    ...(removals.length > 0 && { recentRemovals: recentRemovalsOf(removals) }),
    workspaces: tableOf(rows),
  };
}

/**
 * The status of a policy whose WorkSpaces couldn't be read: the conditions say what failed, and what was known of this very generation
 * stays.
 */
export function unevaluatedStatus(
  { generation }: Policy,
  previous: PolicyStatus | undefined,
  trouble: Trouble,
  now: Date,
): PolicyStatus {
  const { plan, ...known } = previous ?? {};
  const isCurrent = previous?.observedGeneration === generation;
  return {
    ...known,
    ...(isCurrent && plan !== undefined && { plan }),
    observedGeneration: generation,
    conditions: unevaluated(trouble, generation, previous, now),
  };
}

/** The status of a resource that isn't a valid policy. What a person asked of it is thereby handled. */
export function invalidStatus(
  generation: number,
  { reconcileRequestedAt }: Request,
  previous: PolicyStatus | undefined,
  message: string,
  now: Date,
): PolicyStatus {
  const trouble: Trouble = { reason: 'InvalidPolicy', message, needsPerson: true };
  const { plan: _, ...known } = previous ?? {};
  return {
    ...known,
    ...handled(reconcileRequestedAt),
    observedGeneration: generation,
    conditions: unevaluated(trouble, generation, previous, now),
  };
}

/** Whether a status is worth a write: more than its times has changed, or they are an hour old. */
export function isWorthWriting(previous: PolicyStatus | undefined, next: PolicyStatus, now: Date): boolean {
  const times = { lastSyncTime: undefined, nextSyncTime: undefined, lastListTime: undefined };
  const withoutTimes = (status: PolicyStatus) => ({ ...status, ...times });
  const plain = (status: PolicyStatus) => JSON.parse(JSON.stringify(withoutTimes(status)));
  const writtenAt = Date.parse(previous?.lastSyncTime ?? '');
  const isStale = next.lastSyncTime !== previous?.lastSyncTime && !(now.getTime() - writtenAt < HEARTBEAT);
  return previous === undefined || isStale || !isDeepStrictEqual(plain(previous), plain(next));
}

function nextWindowOf({ maintenanceWindows }: Policy, now: Date): PolicyStatus {
  const { nextOpening } = windowState(maintenanceWindows, now);
  return nextOpening === undefined ? {} : { nextWindow: timestamp(nextOpening) };
}

function handled(reconcileRequestedAt: string | undefined): PolicyStatus {
  return reconcileRequestedAt === undefined ? {} : { lastHandledReconcileAt: reconcileRequestedAt };
}

function unevaluated(trouble: Trouble, generation: number, previous: PolicyStatus | undefined, now: Date) {
  const current = previous?.conditions?.filter(({ observedGeneration }) => observedGeneration === generation) ?? [];
  const known = Object.fromEntries(current.map((condition) => [condition.type, condition]));
  return conditionsOf(unevaluatedConditions(trouble, known), generation, previous, now);
}

function conditionsOf(conditions: Conditions, generation: number, previous: PolicyStatus | undefined, now: Date) {
  return CONDITION_TYPES.map((type) => {
    const { status, reason, message }: ConditionState = conditions[type];
    const before = previous?.conditions?.find((condition) => condition.type === type);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(now),
      reason,
      message: printable(message, 1024),
    };
  });
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

function planOf(plan: Plan, policy: Policy, approval: Approval) {
  const steps = stepsOf(plan, policy);
  const id = planIdOf(approval);
  const remainder = remainderOf(plan, approval);
  return {
    ...(id !== undefined && { id }),
    ...(remainder !== undefined && { approvedRemainder: remainder }),
    disassociate: plan.changes.filter(({ action }) => action === 'Disassociate').length,
    associate: plan.changes.filter(({ action }) => action === 'Associate').length,
    deploy: steps.filter(({ deploy }) => deploy.length > 0).length,
    held: plan.held.length,
  };
}

import { formatMinute } from '../clock.ts';
import type { PolicyAnnotations } from '../policy/annotations.ts';
import { formatDuration } from '../policy/duration.ts';
import type { Policy } from '../policy/policy.ts';
import { type Blocker, condition, notEvaluatedConditions, toConditions } from './conditions.ts';
import { readableRemovals } from './recentRemovals.ts';
import { handled, type ListedAssociation, listedAssociations, type PolicyStatus } from './resource.ts';
import { restoredIn } from './restored.ts';

/**
 * Returns the status of a policy whose WorkSpaces couldn't be read. It keeps what an earlier evaluation found; the plan and the conditions
 * only of the same generation. A requested reconciliation counts as handled if the blocker requires manual action, and stays open if the
 * operator retries.
 */
export function notEvaluatedStatus(
  { generation }: Policy,
  { reconcileRequestedAt }: PolicyAnnotations,
  previous: PolicyStatus | undefined,
  blocker: Blocker,
  now: Date,
): PolicyStatus {
  const { plan, ...known } = carriedOver(previous, generation);
  const isCurrent = previous?.observedGeneration === generation;
  return {
    ...known,
    ...(isCurrent && plan !== undefined && { plan }),
    ...(blocker.terminal && handled(reconcileRequestedAt)),
    observedGeneration: generation,
    conditions: conditionsFor(blocker, generation, previous, now),
  };
}

/** Requests to AWS that wait for their turn. */
export interface Backlog {
  readonly requests: number;
  /** Rate at which they are sent. */
  readonly callsPerSecond: number;
}

/** Returns the status of a policy that waits for the reads of its fleet. The message shows how long they take at the allowed rate. */
export function waitingStatus(
  { generation }: Policy,
  previous: PolicyStatus | undefined,
  { requests, callsPerSecond }: Backlog,
  now: Date,
): PolicyStatus {
  const { plan: _, ...known } = carriedOver(previous, generation);
  const minutes = Math.max(1, Math.ceil(requests / callsPerSecond / 60));
  const end = formatMinute(new Date(now.getTime() + minutes * 60_000));
  const rate = `${Math.round(callsPerSecond * 60)} requests per minute`;
  const message =
    `waiting for reads of the fleet: ${requests} requests are ahead and take about ${formatDuration(minutes * 60_000)} ` +
    `at ${rate}, until ${end}; the reads can require more requests`;
  const { Compliant, ApplicationsResolved } = notEvaluatedConditions(
    { reason: 'Pending', message, terminal: false },
    {},
  );
  const conditions = {
    Ready: { status: 'Unknown', reason: 'Pending', message },
    Reconciling: condition(true, 'Progressing', 'reading the fleet; see Ready'),
    Compliant,
    ApplicationsResolved,
  } as const;
  return {
    ...known,
    observedGeneration: generation,
    conditions: toConditions(conditions, generation, previous?.conditions, now),
  };
}

/** Whether a status contains an evaluation of this generation, or the reason why there is none. */
export function isEvaluated(status: PolicyStatus | undefined, generation: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready !== undefined && ready.observedGeneration === generation && ready.reason !== 'Pending';
}

/**
 * Returns the status of a resource that isn't a valid policy, or that has fields that this version doesn't know. A requested reconciliation
 * counts as handled.
 */
export function invalidStatus(
  generation: number,
  { reconcileRequestedAt }: PolicyAnnotations,
  previous: PolicyStatus | undefined,
  message: string,
  now: Date,
  reason: 'InvalidPolicy' | 'UnknownFields' = 'InvalidPolicy',
): PolicyStatus {
  const blocker: Blocker = { reason, message, terminal: true };
  const { plan: _, ...known } = carriedOver(previous, generation);
  return {
    ...known,
    ...handled(reconcileRequestedAt),
    observedGeneration: generation,
    conditions: conditionsFor(blocker, generation, previous, now),
  };
}

/**
 * Returns the status of a policy that isn't permitted to use a fleet. It keeps nothing about the fleet except its name, which the policy
 * contains anyway, the recent removals, the restored WorkSpaces, the record of approvals, and which failed deployments count: without them,
 * the hold Flapping could start too late, a restored WorkSpace could count as compliant, the ID of an earlier plan could come back, and a
 * halted rollout could continue.
 */
export function notPermittedStatus(
  generation: number,
  { reconcileRequestedAt }: PolicyAnnotations,
  previous: PolicyStatus | undefined,
  blocker: Blocker,
  now: Date,
): PolicyStatus {
  const name = previous?.fleet?.name;
  const recentRemovals = readableRemovals(previous?.recentRemovals);
  const restored = restoredIn(previous);
  return {
    observedGeneration: generation,
    ...approvalRecord(previous),
    ...(name !== undefined && { fleet: { name } }),
    ...handled(reconcileRequestedAt),
    ...(recentRemovals.length > 0 && { recentRemovals }),
    ...haltRecord(previous, generation),
    ...(restored.length > 0 && { restoredWorkspaces: restored }),
    conditions: toConditions(notEvaluatedConditions(blocker, {}), generation, previous?.conditions, now),
  };
}

/** Returns the part of a status that prevents an approval from being used twice. */
function approvalRecord({
  objectUID,
  lastHandledApproval,
  lastHandledResumeAt,
  lastApprovedPlan,
  planRevision,
}: PolicyStatus = {}) {
  return {
    ...(objectUID !== undefined && { objectUID }),
    ...(lastHandledResumeAt !== undefined && { lastHandledResumeAt }),
    ...(lastHandledApproval !== undefined && { lastHandledApproval }),
    ...(lastApprovedPlan !== undefined && { lastApprovedPlan }),
    ...(planRevision !== undefined && { planRevision }),
  };
}

/** Returns the part of a rollout that shows which failed deployments count. */
function haltRecord(previous: PolicyStatus | undefined, generation: number): PolicyStatus {
  const { rollout, observedGeneration } = previous ?? {};
  if (rollout === undefined || observedGeneration !== generation) {
    return {};
  }
  const { maxFailures, halted, failedDeployments = 0, failuresAfter, resumeTime } = rollout;
  if (failedDeployments === 0 && failuresAfter === undefined) {
    return {};
  }
  return {
    rollout: {
      workspaces: 0,
      completed: 0,
      remaining: 0,
      failed: 0,
      ...(maxFailures !== undefined && { maxFailures }),
      ...(halted !== undefined && { halted }),
      ...(failuresAfter !== undefined && { failuresAfter }),
      ...(resumeTime !== undefined && { resumeTime }),
    },
  };
}

function conditionsFor(blocker: Blocker, generation: number, previous: PolicyStatus | undefined, now: Date) {
  const current = previous?.conditions?.filter(({ observedGeneration }) => observedGeneration === generation) ?? [];
  const known = Object.fromEntries(current.map((condition) => [condition.type, condition]));
  return toConditions(notEvaluatedConditions(blocker, known), generation, previous?.conditions, now);
}

/**
 * Returns a stored status without the entries that the CRD rejects, so that it can be written again. Version 0.1 wrote such entries. The
 * rollout of another generation has ended.
 */
function carriedOver(previous: PolicyStatus | undefined = {}, generation: number): PolicyStatus {
  const { associations, applications, recentRemovals, rollout, ...others } = previous;
  const removals = readableRemovals(recentRemovals);
  return {
    ...others,
    ...(rollout !== undefined && previous.observedGeneration === generation && { rollout }),
    ...(applications !== undefined && {
      applications: applications.filter(({ applicationID }: { applicationID?: string }) => applicationID !== undefined),
    }),
    ...(associations !== undefined && { associations: associationsFor(previous, generation) }),
    ...(removals.length > 0 && { recentRemovals: removals }),
  };
}

/**
 * Returns the associations in a status. After an edit, the retries of the earlier generation don't count. A zero still shows which operation
 * of the association failed.
 */
function associationsFor(previous: PolicyStatus, generation: number): ListedAssociation[] {
  const listed = listedAssociations(previous);
  const isCurrent = previous.observedGeneration === generation;
  return listed.map((one) => (isCurrent || one.retries === undefined ? one : { ...one, retries: 0 }));
}

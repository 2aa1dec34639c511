import type { PolicyAnnotations } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { type Blocker, notEvaluatedConditions, toConditions } from './conditions.ts';
import { handled, type PolicyStatus } from './resource.ts';

/**
 * The status of a policy whose WorkSpaces couldn't be read: the conditions say what failed, and what was known of this very generation
 * stays. What a person asked of it is handled where only a person can mend it; else it will be, once it has been tried again.
 */
export function notEvaluatedStatus(
  { generation }: Policy,
  { reconcileRequestedAt }: PolicyAnnotations,
  previous: PolicyStatus | undefined,
  blocker: Blocker,
  now: Date,
): PolicyStatus {
  const { plan, ...known } = previous ?? {};
  const isCurrent = previous?.observedGeneration === generation;
  return {
    ...known,
    ...(isCurrent && plan !== undefined && { plan }),
    ...(blocker.terminal && handled(reconcileRequestedAt)),
    observedGeneration: generation,
    conditions: unevaluated(blocker, generation, previous, now),
  };
}

/** The status of a resource that isn't a valid policy. What a person asked of it is thereby handled. */
export function invalidStatus(
  generation: number,
  { reconcileRequestedAt }: PolicyAnnotations,
  previous: PolicyStatus | undefined,
  message: string,
  now: Date,
): PolicyStatus {
  const blocker: Blocker = { reason: 'InvalidPolicy', message, terminal: true };
  const { plan: _, ...known } = previous ?? {};
  return {
    ...known,
    ...handled(reconcileRequestedAt),
    observedGeneration: generation,
    conditions: unevaluated(blocker, generation, previous, now),
  };
}

/**
 * The status of a policy that isn't permitted to use a fleet. Nothing that was known of the fleet stays in it but its name, which
 * the policy knows anyway, and what the policy itself has lately taken away: without it that could be taken once too often.
 */
export function notPermittedStatus(
  generation: number,
  { reconcileRequestedAt }: PolicyAnnotations,
  previous: PolicyStatus | undefined,
  blocker: Blocker,
  now: Date,
): PolicyStatus {
  const name = previous?.fleet?.name;
  const recentRemovals = previous?.recentRemovals;
  return {
    observedGeneration: generation,
    ...(name !== undefined && { fleet: { name } }),
    ...handled(reconcileRequestedAt),
    ...(recentRemovals !== undefined && { recentRemovals }),
    conditions: toConditions(notEvaluatedConditions(blocker, {}), generation, previous?.conditions, now),
  };
}

function unevaluated(blocker: Blocker, generation: number, previous: PolicyStatus | undefined, now: Date) {
  const current = previous?.conditions?.filter(({ observedGeneration }) => observedGeneration === generation) ?? [];
  const known = Object.fromEntries(current.map((condition) => [condition.type, condition]));
  return toConditions(notEvaluatedConditions(blocker, known), generation, previous?.conditions, now);
}

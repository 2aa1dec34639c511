import type { Association } from './model.ts';
import { PAGE_SIZE, pagesFor } from './queryPlan.ts';

/** How soon something that changes by itself is looked at again, in milliseconds, for each call that the look takes. */
const SOONEST = 5_000;

/**
 * How long, in milliseconds, what has been waited for so long may go unseen: a quarter of that time, so that what takes minutes is
 * noticed within seconds, and what hangs for days costs no more than the policy's own interval. Looks that take many calls are made
 * less often, so that following a rollout leaves room to go on with it.
 */
export function lookAgainAfter(waited: number, interval: number, calls = 1): number {
  return Math.min(interval, Math.max(SOONEST * calls, waited / 4));
}

/** The cheapest reads by which moving associations are followed. */
export interface FollowUp {
  /** Applications to list again, all pages. */
  readonly applicationIds: readonly string[];
  /** WorkSpaces whose associations to read one by one. */
  readonly workspaceIds: readonly string[];
  /** WorkSpaces whose states to read, 25 in a call. */
  readonly stateOf: readonly string[];
  readonly calls: number;
}

/**
 * Chooses, for each application, between listing it again and reading the WorkSpaces that are moving one by one. `listed` is how many
 * associations an application's listing had.
 */
export function followUp(moving: readonly Association[], listed: (applicationId: string) => number): FollowUp {
  const byApplication = new Map<string, Set<string>>();
  for (const { applicationId, workspaceId } of moving) {
    byApplication.set(applicationId, (byApplication.get(applicationId) ?? new Set()).add(workspaceId));
  }
  const pagesOf = (applicationId: string) => pagesFor(listed(applicationId));
  const single = [...byApplication].filter(([applicationId, ids]) => ids.size < pagesOf(applicationId));
  const whole = [...byApplication.keys()].filter((id) => !single.some(([applicationId]) => applicationId === id));
  const workspaceIds = [...new Set(single.flatMap(([, ids]) => [...ids]))].sort();
  const stateOf = [...new Set(moving.map(({ workspaceId }) => workspaceId))].sort();
  const calls =
    whole.reduce((sum, applicationId) => sum + pagesOf(applicationId), 0) +
    workspaceIds.length +
    Math.ceil(stateOf.length / PAGE_SIZE);
  return { applicationIds: whole.sort(), workspaceIds, stateOf, calls };
}

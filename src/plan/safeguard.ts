import { resolveIntOrPercent } from '../policy/intOrPercent.ts';
import type { Policy } from '../policy/policy.ts';
import { affectedWorkspaces, type Finding, type Plan } from './plan.ts';

/** Numbers that `safeguards.maxAffectedWorkspaces` compares. */
export interface AffectedCounts {
  /** Number of WorkSpaces that lose applications. */
  readonly affected: number;
  /** Number of WorkSpaces that may lose applications too, because their associations could not be read. */
  readonly unread: number;
  /** Number of WorkSpaces that may lose applications without an approval. */
  readonly allowed: number;
}

/** Returns the numbers of a plan, or of a part of its findings, which are sorted by WorkSpace. */
export function affectedCounts(
  plan: Pick<Plan, 'findings' | 'selectedCount' | 'unreadCount'>,
  { maxAffectedWorkspaces }: Pick<Policy, 'maxAffectedWorkspaces'>,
  findings: Iterable<Finding> = plan.findings,
): AffectedCounts & { readonly selected: number } {
  const affected = affectedWorkspaces(findings);
  // An unusable response must not make a plan small enough.
  const unread = affected === 0 ? 0 : plan.unreadCount;
  const selected = plan.selectedCount + unread;
  return { affected, unread, allowed: resolveIntOrPercent(maxAffectedWorkspaces, selected), selected };
}

/** Whether numbers exceed the safeguard. */
export function exceedsSafeguard({ affected, unread, allowed }: AffectedCounts): boolean {
  return affected + unread > allowed;
}

/**
 * Describes numbers that exceed the safeguard.
 *
 * @param percentage percentage that the limit results from, for example, ` (20% of 50)`. Defaults to none
 */
export function describeExcess({ affected, unread, allowed }: AffectedCounts, percentage = ''): string {
  const which = `${affected} ${affected === 1 ? 'WorkSpace' : 'WorkSpaces'}${unread === 0 ? '' : `, and perhaps from ${unread} that could not be read`}`;
  return `the plan removes applications from ${which}, and at most ${allowed}${percentage} are allowed`;
}

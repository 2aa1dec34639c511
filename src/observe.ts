import type { Clock } from './clock.ts';
import { refreshesDue, type WatchedHolds } from './history/holdWatch.ts';
import type { Inventory, RefreshRequest } from './inventory/inventory.ts';
import { type ReadRequirements, readRequirements } from './inventory/readRequirements.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import { workspacesToCheckForProtection } from './plan/approval.ts';
import type { Decision } from './plan/decide.ts';
import type { PeerPolicies } from './plan/deployment.ts';
import { type Policy, waitsForUsers } from './policy/policy.ts';
import { readBlocker } from './status/blocker.ts';
import type { Blocker } from './status/conditions.ts';

/** Inputs of an observation. */
export interface ObserveContext extends Pick<PeerPolicies, 'policiesOverlapping'> {
  readonly policy: Policy;
  readonly inventory: Inventory;
  readonly clock: Clock;
}

/** What a run knows about its fleet. */
export interface Observed {
  /** Policies that are evaluated together, including the policy itself. */
  readonly policies: readonly Policy[];
  readonly requirements: ReadRequirements;
  readonly snapshot: Snapshot;
  /** WorkSpaces that were read again because of watched holds. */
  readonly refreshes: RefreshRequest;
  /** Duration of the reads, in milliseconds. */
  readonly durationMs: number;
  /** Why the snapshot is incomplete. Undefined if all reads succeeded. */
  readonly blocker: Blocker | undefined;
}

/**
 * Reads everything that a decision on a policy requires. Never rejects for failed reads.
 *
 * @param watchedHolds holds whose end only a read can show
 * @param notBefore earliest time of the reads. Defaults to the interval of the policy.
 */
export async function observe(
  { policy, policiesOverlapping, inventory, clock }: ObserveContext,
  watchedHolds: WatchedHolds = new Map(),
  notBefore?: Date,
): Promise<Observed> {
  const startedAt = clock.monotonic();
  const policies = policiesOverlapping(policy);
  const refreshes = refreshesDue(watchedHolds, policy.interval, clock.now());
  await inventory.refresh(refreshes);
  const requirements = readRequirements(policy, policies, clock.now());
  const snapshot = await inventory.read(requirements, policy.interval, notBefore);
  const durationMs = clock.monotonic() - startedAt;
  return { policies, requirements, snapshot, refreshes, durationMs, blocker: readBlocker(snapshot.failures) };
}

/** Maximum number of WorkSpaces whose sessions are read at once, which takes four calls. */
const MAX_SESSION_CHECKS = 100;
/** Maximum age of a connection for a plan. Each deployment checks the connection again. */
export const SESSION_TTL_MS = 60_000;

/**
 * Reads what only the changes of a plan depend on: the sessions of the users, if the policy waits for them, and the tag that protects
 * WorkSpaces, if the plan requires an approval. Returns whether anything new is known, so that the plan must be decided on again.
 *
 * @param sessionsSince minimum time of the reads of sessions, in milliseconds since the epoch
 */
export async function observeChanges(
  { policy, inventory, clock }: ObserveContext,
  { plan, approval }: Pick<Decision, 'plan' | 'approval'>,
  { workspaces, askedAt }: Snapshot,
  sessionsSince: number,
): Promise<boolean> {
  const isOld = (id: string) => (inventory.connectionSeenAt(id) ?? 0) < sessionsSince;
  const changing = waitsForUsers(policy) ? plan.changes.map(({ finding }) => finding.workspace.workspaceID) : [];
  const connectionOf = [...new Set(changing)].filter(isOld).slice(0, MAX_SESSION_CHECKS);
  await inventory.refresh({ connectionOf });
  const tagsOf = workspacesToCheckForProtection(policy, plan, approval);
  // Tags that were read after the snapshot are recent enough, even if the reads take longer than the interval.
  const tagsSince = Math.min(askedAt, clock.now().getTime() - policy.interval + 1);
  const hasNewTags = await inventory.refreshTags(tagsOf, tagsSince, workspaces.size);
  return hasNewTags || connectionOf.some((id) => !isOld(id));
}

import type { Clock } from './clock.ts';
import { refreshesDue, type WatchedHolds } from './history/holdWatch.ts';
import type { BundleSource } from './inventory/bundleCache.ts';
import type { Inventory, RefreshRequest } from './inventory/inventory.ts';
import { type ReadRequirements, readRequirements } from './inventory/readRequirements.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import type { WaitForReads } from './inventory/waitForReads.ts';
import { workspacesToCheckForProtection } from './plan/approval.ts';
import type { PastChanges } from './plan/backoff.ts';
import type { Decision } from './plan/decide.ts';
import type { PeerPolicies } from './plan/deployment.ts';
import { bundlesToRead } from './plan/driftSources.ts';
import type { Change } from './plan/plan.ts';
import { type Policy, waitsForUsers } from './policy/policy.ts';
import { readBlocker } from './status/blocker.ts';
import type { Blocker } from './status/conditions.ts';

/** Inputs of an observation. */
export interface ObserveContext extends Pick<PeerPolicies, 'policiesOverlapping' | 'policiesInScope'> {
  readonly policy: Policy;
  readonly inventory: Inventory;
  readonly history: Pick<PastChanges, 'started'>;
  readonly clock: Clock;
  readonly bundles?: BundleSource | undefined;
  /** Waits for reads. Defaults to not letting others work meanwhile. */
  readonly waitForReads?: WaitForReads | undefined;
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
  { policy, policiesOverlapping, policiesInScope, inventory, history, clock, waitForReads }: ObserveContext,
  watchedHolds: WatchedHolds = new Map(),
  notBefore?: Date,
): Promise<Observed> {
  const startedAt = clock.monotonic();
  const policies = policiesOverlapping(policy);
  const refreshes = refreshesDue(watchedHolds, policy.interval, clock.now());
  await inventory.refresh(refreshes, waitForReads);
  const started = { ids: history.started.idsStartedBy(policy), peers: policiesInScope(policy) };
  const requirements = readRequirements(policy, policies, clock.now(), started);
  const snapshot = await inventory.read(requirements, policy.interval, notBefore, waitForReads);
  const durationMs = clock.monotonic() - startedAt;
  return { policies, requirements, snapshot, refreshes, durationMs, blocker: readBlocker(snapshot.failures) };
}

/** Maximum number of WorkSpaces whose sessions are read at once, which takes four calls. */
const MAX_SESSION_CHECKS = 100;
/** Maximum age of a connection for a plan. Each deployment checks the connection again. */
export const SESSION_TTL_MS = 60_000;

/**
 * Reads what only the changes and the report of a plan depend on: the bundles of the WorkSpaces, which a run doesn't wait for, the sessions
 * of the users, if the policy waits for them, and the tag that protects WorkSpaces. A run reads the tags in a listing, or one by one if the
 * plan requires an approval, and leaves the others to the read before each change. Returns whether anything new is known, so that the plan must be decided on again.
 *
 * @param sessionsSince minimum time of the reads of sessions, in milliseconds since the epoch
 * @param isPreview whether no read before each change follows, so that the reads cover all changes, including those of an Audit policy
 */
export async function observeChanges(
  { policy, inventory, clock, bundles, waitForReads }: ObserveContext,
  { plan, approval }: Pick<Decision, 'plan' | 'approval'>,
  { workspaces, askedAt }: Snapshot,
  sessionsSince: number,
  isPreview = false,
): Promise<boolean> {
  const reading = bundles?.request(bundlesToRead(policy, plan));
  if (isPreview) {
    await reading;
  }
  const isOld = (id: string) => (inventory.connectionSeenAt(id) ?? 0) < sessionsSince;
  const held = plan.held.map(({ change }) => change);
  const audited = plan.held.filter(({ reason }) => reason === 'Audit').map(({ change }) => change);
  const idsOf = (changes: readonly Change[]) => [
    ...new Set(changes.map(({ finding }) => finding.workspace.workspaceID)),
  ];
  const considered = isPreview ? [...plan.changes, ...audited] : plan.changes;
  const changing = waitsForUsers(policy) ? idsOf(considered) : [];
  const connectionOf = changing.filter(isOld).slice(0, MAX_SESSION_CHECKS);
  await inventory.refresh({ connectionOf }, waitForReads);
  const waiting = workspacesToCheckForProtection(policy, plan, approval);
  const tagsOf = isPreview ? [...new Set([...waiting, ...idsOf([...plan.changes, ...held])])] : waiting;
  // Tags that were read after the snapshot are recent enough, even if the reads take longer than the interval.
  const tagsSince = Math.min(askedAt, clock.now().getTime() - policy.interval + 1);
  const hasNewTags = await inventory.refreshTags(tagsOf, tagsSince, workspaces.size, false, waitForReads);
  const hasListedTags =
    !isPreview && (await inventory.refreshTags(idsOf(plan.changes), tagsSince, workspaces.size, true, waitForReads));
  return hasNewTags || hasListedTags || connectionOf.some((id) => !isOld(id));
}

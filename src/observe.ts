import type { Clock } from './clock.ts';
import type { Workspace } from './fleet/model.ts';
import { openWorkOn } from './fleet/openWork.ts';
import { PAGE_SIZE } from './fleet/ports.ts';
import type { ChangeHistory } from './history/changeHistory.ts';
import { refreshesDue, type WatchedHolds, watchPace } from './history/holdWatch.ts';
import type { BundleSource } from './inventory/bundleCache.ts';
import type { Inventory } from './inventory/inventory.ts';
import { type ReadRequirements, readRequirements } from './inventory/readRequirements.ts';
import type { RecordedSelection } from './inventory/recordedSelection.ts';
import type { RefreshRequest } from './inventory/refresher.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import type { WaitForReads } from './inventory/waitForReads.ts';
import { workspacesToCheckForProtection } from './plan/approval.ts';
import type { PastChanges } from './plan/backoff.ts';
import type { Decision } from './plan/decide.ts';
import type { PeerPolicies } from './plan/deployment.ts';
import { bundlesToRead } from './plan/driftSources.ts';
import type { Change, HoldReason } from './plan/plan.ts';
import { interruptsUsers, type Policy, waitsForUsers } from './policy/policy.ts';
import { concatenated, mapped, pickSliced, type Sequence } from './sequence.ts';
import { completeInSlices, eachSliced, filterSliced, setSliced } from './slices.ts';
import { readBlocker } from './status/blocker.ts';
import type { Blocker } from './status/conditions.ts';

/** Inputs of an observation. */
export interface ObserveContext extends Pick<PeerPolicies, 'policiesOverlapping' | 'policiesInScope'> {
  readonly policy: Policy;
  readonly inventory: Inventory;
  /** Earlier changes. A preview has none whose responses were lost. */
  readonly history: Pick<PastChanges, 'started'> & Partial<Pick<ChangeHistory, 'unconfirmed'>>;
  readonly clock: Clock;
  readonly bundles?: BundleSource | undefined;
  /** Whether older listings suffice, because the run follows reads that events caused. Defaults to false. */
  readonly followsEvents?: boolean | undefined;
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

/** What an observation takes over from earlier runs. */
export interface ObserveState {
  /** Holds whose end only a read can show. */
  readonly watchedHolds?: WatchedHolds;
  /** Whether the last run left changes of its plan to this one, so that older reads remain valid. */
  readonly isRollingOut?: boolean;
  /** Count that serves until the WorkSpaces are listed. */
  readonly recordedSelection?: RecordedSelection | undefined;
}

/**
 * Reads everything that a decision on a policy requires. Never rejects for failed reads.
 *
 * @param notBefore earliest time of the reads. Defaults to the interval of the policy.
 */
export async function observe(
  {
    policy,
    policiesOverlapping,
    policiesInScope,
    inventory,
    history,
    clock,
    followsEvents = false,
    waitForReads,
  }: ObserveContext,
  { watchedHolds = new Map(), isRollingOut = false, recordedSelection }: ObserveState = {},
  notBefore?: Date,
): Promise<Observed> {
  const startedAt = clock.monotonic();
  const policies = policiesOverlapping(policy);
  const due = refreshesDue(watchedHolds, watchPace(policy, inventory.pace), clock.now());
  // A run that acts on events doesn't wait for the end of holds on other WorkSpaces. The next run uses these reads.
  const refreshes = followsEvents
    ? inventory.holds.start(policy.key, due)
    : await inventory.holds.read(policy.key, due, waitForReads);
  const inScope = policiesInScope(policy);
  const unconfirmed = history.unconfirmed?.idsOf(policy) ?? [];
  const started = { ids: [...history.started.idsStartedBy(policy), ...unconfirmed], peers: inScope };
  const requirements = readRequirements(policy, policies, clock.now(), started);
  const snapshot = await inventory.read(requirements, policy.interval, notBefore, {
    isRollingOut,
    followsEvents,
    recorded: notBefore === undefined ? recordedSelection : undefined,
    peers: inScope.filter(({ fleetRef }) => fleetRef === policy.fleetRef),
    wait: waitForReads,
  });
  const durationMs = clock.monotonic() - startedAt;
  return { policies, requirements, snapshot, refreshes, durationMs, blocker: readBlocker(snapshot.failures) };
}

/** Maximum number of WorkSpaces whose sessions a run reads, which takes 40 calls. */
const MAX_SESSION_CHECKS = 1_000;
/** Number of WorkSpaces without a session that suffice for a run. Each change reads the connections of the next WorkSpaces. */
const ENOUGH_FREE_WORKSPACES = 10;
/** Holds that count changes. They apply after the hold for sessions, so the changes that they hold are candidates too. */
const COUNTING_HOLDS: ReadonlySet<HoldReason> = new Set(['BudgetExhausted', 'HourlyLimitReached']);
/** Holds that end when a person approves the plan. */
const APPROVAL_HOLDS: ReadonlySet<HoldReason> = new Set(['AwaitingApproval', 'SafeguardExceeded']);
/** Minimum age at which a session that only the status counts is read again. */
const COUNT_TTL_MS = 60 * 60_000;
/** Maximum age of a connection for a plan. Each deployment checks the connection again. */
export const SESSION_TTL_MS = 60_000;

/**
 * Reads what only the changes and the report of a plan depend on: the bundles of the WorkSpaces, which a run doesn't wait for, the sessions
 * of the users, if the policy waits for them, and the tag that protects WorkSpaces. A run reads the tags in a listing, or one by one if the
 * plan requires an approval, and leaves the others to the read before each change. Returns whether anything new is known, so that the plan
 * must be decided on again.
 *
 * @param sessionsSince minimum time of the reads of sessions, in milliseconds since the epoch
 * @param isPreview whether no read before each change follows, so that the reads cover all changes, including those of an Audit policy
 */
export async function observeChanges(
  context: ObserveContext,
  { plan, approval }: Pick<Decision, 'plan' | 'approval'>,
  { workspaces, askedAt }: Snapshot,
  sessionsSince: number,
  isPreview = false,
): Promise<boolean> {
  const { policy, inventory, clock, bundles, waitForReads: wait } = context;
  const reading = bundles?.request(await completeInSlices(bundlesToRead(policy, plan), clock));
  if (isPreview) {
    await reading;
  }
  const heldFor = async (isIncluded: (reason: HoldReason) => boolean) =>
    mapped(
      await completeInSlices(
        pickSliced(plan.held, ({ reason }) => isIncluded(reason)),
        clock,
      ),
      ({ change }) => change,
    );
  const idsOf = async (changes: Sequence<Change>) => [
    ...(await completeInSlices(
      setSliced(changes, ({ finding }) => finding.workspace.workspaceID),
      clock,
    )),
  ];
  const candidates = concatenated(
    plan.changes,
    await heldFor((reason) => COUNTING_HOLDS.has(reason) || (isPreview && reason === 'Audit')),
  );
  const needed = isPreview
    ? Number.POSITIVE_INFINITY
    : Math.min((await idsOf(plan.changes)).length, ENOUGH_FREE_WORKSPACES);
  const hasNewSessions = waitsForUsers(policy)
    ? await readSessions(candidates, needed, sessionsSince, isPreview, context)
    : interruptsUsers(policy) &&
      (await countSessions(
        concatenated(candidates, await heldFor((reason) => APPROVAL_HOLDS.has(reason))),
        isPreview,
        context,
      ));
  const waiting = await completeInSlices(workspacesToCheckForProtection(policy, plan, approval), clock);
  const tagsOf = isPreview
    ? [...new Set([...waiting, ...(await idsOf(concatenated(plan.changes, await heldFor(() => true))))])]
    : waiting;
  // Tags that were read after the snapshot are recent enough, even if the reads take longer than the interval.
  const tagsSince = Math.min(askedAt, clock.now().getTime() - policy.interval + 1);
  const hasNewTags = await inventory.refreshTags(tagsOf, tagsSince, workspaces.size, { wait });
  const hasListedTags =
    !isPreview &&
    (await inventory.refreshTags(await idsOf(plan.changes), tagsSince, workspaces.size, { isBatchOnly: true, wait }));
  return hasNewTags || hasListedTags || hasNewSessions;
}

/**
 * Reads the sessions that the deployments of a plan end, for the status and for the person who approves the plan. Nothing waits for them, so
 * they may be old.
 */
function countSessions(candidates: Sequence<Change>, isPreview: boolean, context: ObserveContext): Promise<boolean> {
  const { policy, clock } = context;
  const since = clock.now().getTime() - (isPreview ? SESSION_TTL_MS : Math.max(policy.interval, COUNT_TTL_MS));
  return readSessions(candidates, Number.POSITIVE_INFINITY, since, isPreview, context);
}

/**
 * Reads the sessions of WorkSpaces in their order until enough of them have no session. Returns whether it read any. If a read fails, the
 * last known values remain.
 *
 * @param needed number of WorkSpaces without a session
 * @param since minimum time of the reads, in milliseconds since the epoch
 */
async function readSessions(
  candidates: Sequence<Change>,
  needed: number,
  since: number,
  isPreview: boolean,
  { policy, inventory, clock, waitForReads }: ObserveContext,
): Promise<boolean> {
  const workspaces = new Map<string, Workspace>();
  const collect = ({ finding: { workspace } }: Change) => void workspaces.set(workspace.workspaceID, workspace);
  await completeInSlices(eachSliced(candidates, collect), clock);
  const known = (workspace: Workspace) => inventory.connectionSince(workspace.workspaceID, since);
  const isFree = (workspace: Workspace) => {
    const connection = known(workspace);
    return (
      connection !== undefined &&
      openWorkOn({ ...workspace, connection }, policy.disconnectedFor, clock.now()) === undefined
    );
  };
  const isUnread = (workspace: Workspace) => known(workspace) === undefined;
  const freeBefore = await completeInSlices(filterSliced(workspaces.values(), isFree), clock);
  const allUnread = await completeInSlices(filterSliced(workspaces.values(), isUnread), clock);
  const unread = allUnread.slice(0, MAX_SESSION_CHECKS);
  const pageSize = isPreview ? MAX_SESSION_CHECKS : PAGE_SIZE;
  let free = freeBefore.length;
  let hasRead = false;
  for (let from = 0; from < unread.length && free < needed; from += pageSize) {
    const page = unread.slice(from, from + pageSize);
    await inventory.refresh({ connectionOf: page.map(({ workspaceID }) => workspaceID) }, waitForReads);
    if (page.every(isUnread)) {
      return hasRead;
    }
    hasRead = true;
    free += page.filter(isFree).length;
  }
  return hasRead;
}

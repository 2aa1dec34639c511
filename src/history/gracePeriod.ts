import type { DesiredState } from '../plan/nextStep.ts';
import { type Change, type Finding, isPending, isStarted, type Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { pickSliced } from '../sequence.ts';
import { SharedLists } from '../sharedLists.ts';
import { eachSliced, isYieldDue, type Sliced } from '../slices.ts';

/** A change that the status shows. WorkSpaces share equal ones. */
interface FirstSeenChange {
  readonly applicationID: string;
  readonly desired: DesiredState | undefined;
  /** Time since when the status has shown the change, on the monotonic clock, which nobody can set. */
  readonly since: number;
  /** Whether the status shows the change as started. */
  readonly isUnderWay: boolean;
}

/** Changes that the status shows. An edit of the policy, or another desired state, is another change: the status has not shown it yet. */
export interface FirstSeen extends Pick<Policy, 'uid' | 'generation'> {
  readonly byWorkspace: ReadonlyMap<string, readonly FirstSeenChange[]>;
}

/** Changes that the status of a policy shows before the first run of a process. */
export const NOTHING_SEEN: FirstSeen = { uid: '', generation: 0, byWorkspace: new Map() };

/** Returns the plan with only the changes that the status has shown since `since` or longer. */
export function* changesPastGracePeriod(plan: Plan, policy: Policy, firstSeen: FirstSeen, since: number): Sliced<Plan> {
  const isPastGracePeriod = ({ finding }: Change) =>
    (stillSeen(finding, policy, firstSeen)?.since ?? Number.POSITIVE_INFINITY) <= since;
  return { ...plan, changes: yield* pickSliced(plan.changes, isPastGracePeriod) };
}

/** Returns the changes of a plan that the status shows from `now` on, or has shown before. */
export function* recordFirstSeen(
  { findings }: Plan,
  policy: Policy,
  before: FirstSeen,
  now: number,
): Sliced<FirstSeen> {
  const byWorkspace = new Map<string, readonly FirstSeenChange[]>();
  const lists = new SharedLists<FirstSeenChange>();
  const shared = new Map<string, FirstSeenChange[]>();
  const seenNow = ({ application: { applicationID }, desired }: Finding, isUnderWay: boolean): FirstSeenChange => {
    const known = shared.get(applicationID) ?? [];
    shared.set(applicationID, known);
    const same = known.find((one) => one.desired === desired && one.isUnderWay === isUnderWay);
    const seen = same ?? { applicationID, desired, since: now, isUnderWay };
    if (same === undefined) {
      known.push(seen);
    }
    return seen;
  };
  const add = (finding: Finding) => {
    const isUnderWay = isStarted(finding);
    const known = stillSeen(finding, policy, before);
    const seen =
      known === undefined
        ? seenNow(finding, isUnderWay)
        : known.isUnderWay === isUnderWay
          ? known
          : { ...known, isUnderWay };
    const { workspaceID } = finding.workspace;
    byWorkspace.set(workspaceID, lists.with(byWorkspace.get(workspaceID) ?? lists.empty, seen));
  };
  yield* eachSliced(findings, (finding) => {
    if (isPending(finding)) {
      add(finding);
    }
  });
  return { uid: policy.uid, generation: policy.generation, byWorkspace };
}

/** Returns when a status showed its changes: the changes that a run saw first, when the status of the run was written. */
export function withFirstSeenAt(firstSeen: FirstSeen, runStartedAt: number, writtenAt: number): FirstSeen {
  const written = new Map<FirstSeenChange, FirstSeenChange>();
  const writtenOf = (seen: FirstSeenChange): FirstSeenChange => {
    const known = written.get(seen) ?? { ...seen, since: writtenAt };
    written.set(seen, known);
    return known;
  };
  const isNew = ({ since }: FirstSeenChange) => since >= runStartedAt;
  const lists = new Map<readonly FirstSeenChange[], readonly FirstSeenChange[]>();
  const writtenListOf = (changes: readonly FirstSeenChange[]) => {
    const known =
      lists.get(changes) ??
      (changes.some(isNew) ? changes.map((seen) => (isNew(seen) ? writtenOf(seen) : seen)) : changes);
    lists.set(changes, known);
    return known;
  };
  const byWorkspace = new Map<string, readonly FirstSeenChange[]>();
  for (const [id, changes] of firstSeen.byWorkspace) {
    byWorkspace.set(id, writtenListOf(changes));
  }
  return { ...firstSeen, byWorkspace };
}

/**
 * Returns when the status first showed a change. A change that had started and must start again has come back, which the status has not
 * shown yet.
 */
function stillSeen(finding: Finding, policy: Policy, firstSeen: FirstSeen): FirstSeenChange | undefined {
  const known = seenIn(firstSeen, finding, policy);
  return known?.isUnderWay === true && !isStarted(finding) ? undefined : known;
}

function seenIn(
  { byWorkspace, uid, generation }: FirstSeen,
  { workspace: { workspaceID }, application: { applicationID }, desired }: Finding,
  policy: Policy,
): FirstSeenChange | undefined {
  return uid === policy.uid && generation === policy.generation
    ? byWorkspace.get(workspaceID)?.find((seen) => seen.applicationID === applicationID && seen.desired === desired)
    : undefined;
}

/** Returns the milliseconds until the first grace period ends, or Infinity if none is in progress. */
export function* gracePeriodEnds(
  { changes }: Plan,
  policy: Policy,
  firstSeen: FirstSeen,
  gracePeriodMs: number,
  now: number,
): Sliced<number> {
  let remaining = Number.POSITIVE_INFINITY;
  for (const [index, { finding }] of changes.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    const end = (seenIn(firstSeen, finding, policy)?.since ?? now) + gracePeriodMs;
    remaining = end > now ? Math.min(remaining, end - now) : remaining;
  }
  return remaining;
}

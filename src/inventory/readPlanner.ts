import type { Application } from '../fleet/model.ts';
import type { Policy } from '../policy/policy.ts';
import type { Sliced } from '../slices.ts';
import type { Freshness } from './freshness.ts';
import type { JointDemand } from './jointDemand.ts';
import { JointPlanner, type PolicyQueryPlan } from './jointPlanner.ts';
import type { ListCache } from './listCache.ts';
import { APPLICATIONS } from './listingNames.ts';
import { type CostInputs, queryCosts } from './queryCosts.ts';
import { planQueries, type QueryCosts } from './queryPlan.ts';
import { ReadBudget, type ReadRates } from './readBudget.ts';
import type { ReadRequirements } from './readRequirements.ts';
import { applicationsIn } from './readScope.ts';
import { isUsable, type RecordedSelection } from './recordedSelection.ts';
import type { WaitForReads } from './waitForReads.ts';
import type { WorkspaceListings } from './workspaceListings.ts';

/** Maximum age of listings while a plan is carried out. Each change has its own fresh read. */
const MAX_ROLLOUT_AGE_MS = 24 * 60 * 60_000;

/** How recent the reads of a policy must be, and how the policy waits for them. */
export interface ReadOptions {
  /** Interval of the policy, in milliseconds. */
  readonly interval: number;
  /** Earliest request time of any read, in milliseconds since the epoch. */
  readonly notBefore: number;
  /** Whether the operator carries out a plan from earlier reads, which remain valid. */
  readonly isRollingOut: boolean;
  /** Whether the operator acts on reads of single WorkSpaces that events caused, so that older listings remain valid. */
  readonly followsEvents: boolean;
  /** Interval at which listings are renewed because events announce changes, in milliseconds. Undefined if they don't. */
  readonly resyncInterval: number | undefined;
  /** Count that serves instead of a first listing of WorkSpaces, if the policy requires no others than those with its applications. */
  readonly recorded: RecordedSelection | undefined;
  /** Policies of the fleet, whose reads are planned together. */
  readonly peers: readonly Policy[];
  readonly wait: WaitForReads;
}

/** Decides which reads of a policy must be renewed, and with which queries. */
export class ReadPlanner {
  /** Joint plan of all policies. */
  readonly joint: JointPlanner;
  readonly #listings: ListCache;
  readonly #workspaces: WorkspaceListings;
  readonly #budget: ReadBudget;

  constructor(listings: ListCache, workspaces: WorkspaceListings, rates: ReadRates) {
    this.joint = new JointPlanner(listings);
    this.#listings = listings;
    this.#workspaces = workspaces;
    this.#budget = new ReadBudget(rates, listings);
  }

  /** Returns the freshness of the listings of a policy. Listings that take many calls are renewed less often than its interval. */
  *freshnessFor(requirements: ReadRequirements, options: ReadOptions, now: number): Sliced<Freshness> {
    const { interval, notBefore, isRollingOut, followsEvents, resyncInterval } = options;
    const applications = this.#listings.lastOf<Application>(APPLICATIONS);
    const known = {
      requirements,
      applicationIDs: applicationsIn(applications, requirements),
      workspaces: this.#workspaces.last(requirements.workspaces),
    };
    const costs = yield* queryCosts(
      known,
      this.#listings,
      () => true,
      () => true,
    );
    const { calls } = planQueries(costs);
    const base =
      resyncInterval === undefined
        ? this.#budget.intervalFor(interval, calls)
        : this.#budget.resyncIntervalFor(Math.max(interval, resyncInterval), calls);
    const effectiveInterval = this.effectiveInterval(base);
    const maxAge =
      isRollingOut || followsEvents
        ? Math.max(followsEvents ? 2 * effectiveInterval : effectiveInterval, MAX_ROLLOUT_AGE_MS)
        : effectiveInterval;
    const since = Math.max(notBefore, now - maxAge + 1);
    // Without a renewal, events every few seconds would keep the listings for a day.
    const renewBefore = followsEvents && !isRollingOut ? Math.max(since, now - effectiveInterval + 1) : undefined;
    return { since, notBefore, renewBefore, interval: base };
  }

  /**
   * Returns the interval at which listings are renewed, in milliseconds, given the listings that all policies use.
   *
   * @param interval interval of the freshness of a policy, in milliseconds
   */
  effectiveInterval(interval: number): number {
    return Math.ceil(interval * this.#budget.excess);
  }

  /** Returns a recorded count if it makes a listing of WorkSpaces unnecessary. Reads by ID take fewer calls than a listing anyway. */
  usableRecord(
    { workspaces, everyWorkspace }: ReadRequirements,
    recorded: RecordedSelection | undefined,
    now: number,
  ): RecordedSelection | undefined {
    const isListed =
      workspaces.some((query) => 'workspaceIDs' in query) || this.#workspaces.last(workspaces).length > 0;
    return recorded === undefined || everyWorkspace || isListed || !isUsable(recorded, now) ? undefined : recorded;
  }

  /** Returns the queries for everything that must be renewed. A recorded count makes a listing of WorkSpaces unnecessary. */
  *plan(
    inputs: CostInputs,
    joint: JointDemand,
    freshness: Freshness,
    recorded: RecordedSelection | undefined,
  ): Sliced<PolicyQueryPlan> {
    const costs = yield* this.#costsOf(inputs, freshness);
    return recorded === undefined ? this.joint.plan(planQueries(costs), joint, freshness) : readMatching(costs);
  }

  #costsOf(inputs: CostInputs, freshness: Freshness): Sliced<QueryCosts> {
    const isOldListing = ({ askedAt }: { readonly askedAt: number }) => askedAt < freshness.since;
    return queryCosts(
      inputs,
      this.#listings,
      (name) => isOldListing(this.#listings.last(name) ?? { askedAt: Number.NEGATIVE_INFINITY }),
      isOldListing,
    );
  }
}

/** Returns the plan that reads only WorkSpaces with a matching application. */
function readMatching({ byApplication, associated = 0 }: QueryCosts): PolicyQueryPlan {
  const calls = byApplication + associated;
  return { workspaces: 'ReadMatching', associations: 'ByApplication', calls, alsoForOthers: [] };
}

import type { Application } from '../fleet/model.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import type { Policy } from '../policy/policy.ts';
import type { Sliced } from '../slices.ts';
import type { Freshness } from './freshness.ts';
import { type JointDemand, jointDemand, NO_DEMAND } from './jointDemand.ts';
import type { ListCache } from './listCache.ts';
import { associationsName, workspaceName, workspacesName } from './listingNames.ts';
import type { Listing } from './observationOverlay.ts';
import { pagesFor, type QueryPlan } from './queryPlan.ts';
import type { ReadRequirements } from './readRequirements.ts';

/** Expected share of WorkSpaces that have an application whose associations were never listed. */
const EXPECTED_SHARE = 1 / 8;
/** By how much reading one by one must be more expensive than a listing whose size can't be estimated. */
const MARGIN_FOR_UNKNOWN_SIZE = 4;

/** The queries of a policy. */
export interface PolicyQueryPlan extends QueryPlan {
  /** WorkSpaces to read for other policies too. */
  readonly alsoForOthers: readonly string[];
}

/** Plans the reads of all policies of a fleet that are due or due soon together: many small reads can cost more than one listing. */
export class JointPlanner {
  readonly #listings: ListCache;
  /** Request times of the last reads by policy key, in milliseconds since the epoch. */
  readonly #lastReads = new Map<string, number>();

  constructor(listings: ListCache) {
    this.#listings = listings;
  }

  /** Returns the policies whose last reads are older than half of their interval, including the policy itself. */
  due({ policyKey }: ReadRequirements, policies: readonly Policy[], now: number): readonly Policy[] {
    return policies.filter(
      ({ key, interval }) =>
        key === policyKey || now - (this.#lastReads.get(key) ?? Number.NEGATIVE_INFINITY) >= interval / 2,
    );
  }

  /** Returns what the due policies require together. A single policy needs no joint plan. */
  *demand(due: readonly Policy[], applications: readonly Listing<Application>[]): Sliced<JointDemand> {
    return due.length < 2
      ? NO_DEMAND
      : yield* jointDemand(
          due,
          applications.flatMap(({ value }) => [...value]),
        );
  }

  /** Returns the plan of a policy, or the plan that takes fewer calls for all due policies together. */
  plan(own: QueryPlan, joint: JointDemand, { since }: Freshness): PolicyQueryPlan {
    const isOld = (name: string) => (this.#listings.last(name)?.askedAt ?? Number.NEGATIVE_INFINITY) < since;
    const unplanned = { ...own, alsoForOthers: [] };
    if (own.associations === 'ByApplication' || own.calls === 0 || joint.named === 0) {
      return unplanned;
    }
    const fleetSize = this.#listings.last(workspacesName({ all: true }))?.value.length;
    const sizes = joint.applicationIDs
      .filter((id) => isOld(associationsName(id)))
      .map((id) => this.#listings.last(associationsName(id))?.value.length);
    const expected = (fleetSize ?? joint.named) * EXPECTED_SHARE;
    const listing = sizes.reduce<number>((sum, size) => sum + pagesFor(size ?? expected), 0);
    const isUnknown = fleetSize === undefined && sizes.includes(undefined);
    if (listing * (isUnknown ? MARGIN_FOR_UNKNOWN_SIZE : 1) >= joint.named) {
      return unplanned;
    }
    const alsoForOthers = joint.workspaceIDs.filter((id) => isOld(workspaceName(id)));
    const calls = listing + Math.ceil(alsoForOthers.length / PAGE_SIZE);
    return { workspaces: own.workspaces, associations: 'ByApplication', calls, alsoForOthers };
  }

  /** Records when the reads of a policy were requested. */
  recordRead({ policyKey }: ReadRequirements, askedAt: number): void {
    if (policyKey !== undefined) {
      this.#lastReads.set(policyKey, askedAt);
    }
  }
}

import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { WorkSpacesFleet } from '../../src/aws/fleet.ts';
import { RateLimitedClient } from '../../src/aws/rateLimitedClient.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { PAGE_SIZE } from '../../src/fleet/ports.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { pagesFor } from '../../src/inventory/queryPlan.ts';
import { readRequirements } from '../../src/inventory/readRequirements.ts';
import type { Snapshot } from '../../src/inventory/snapshot.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { InstantClock } from '../fakes/clock.ts';
import { applicationID, type FleetShape, SyntheticPages, syntheticClient } from './syntheticAws.ts';

/** Cost of one pass of all policies over a fleet. */
export interface PassCost {
  /** Number of calls by operation, including retries. */
  readonly byOperation: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly throttled: number;
  /** Simulated seconds at AWS's documented limit of two calls per second. */
  readonly seconds: number;
}

/**
 * Adapter, rate limiter, and inventory over a synthetic AWS. Simulated time passes only while calls wait for the rate
 * limit.
 */
export class BenchFleet {
  readonly clock = new InstantClock();
  readonly pages: SyntheticPages;
  readonly #sender: RateLimitedClient;
  readonly #inventory: Inventory;

  constructor(shape: FleetShape) {
    const { clock } = this;
    this.pages = new SyntheticPages(shape);
    const options = {
      rateLimiter: new RateLimiter({ callsPerSecond: 2, burst: 5, clock }),
      clock,
      random: () => 0.5,
      signal: new AbortController().signal,
    };
    this.#sender = new RateLimitedClient({ ...options, client: syntheticClient(this.pages, clock) });
    // No policy of the benchmark selects by tags.
    const untagged = new ResourceGroupsTaggingAPIClient({ region: 'eu-central-1' });
    this.#inventory = new Inventory(
      new WorkSpacesFleet(this.#sender, new RateLimitedClient({ ...options, client: untagged }), 'inventory'),
      clock,
      { callsSoFar: () => this.#sender.calls() },
    );
  }

  /** Last inventory, as the status of the fleet shows it. */
  get lastInventory() {
    return this.#inventory.lastInventory;
  }

  /** Reads everything that the policies require, once for all of them. */
  async pass(policies: readonly Policy[]): Promise<{ cost: PassCost; snapshot: Snapshot }> {
    const [before, startedAt] = [this.#counts(), this.clock.monotonic()];
    const snapshots = await Promise.all(
      policies.map((policy) =>
        this.#inventory.read(readRequirements(policy, policies, this.clock.now()), policy.interval),
      ),
    );
    const [snapshot] = snapshots;
    if (snapshot === undefined || snapshots.some(({ failures }) => failures.length > 0)) {
      throw new Error('the pass failed');
    }
    const byOperation = Object.fromEntries(
      [...this.#counts()].map(([operation, count]) => [operation, count - (before.get(operation) ?? 0)]),
    );
    const throttled = this.#sender.calls().filter(({ result }) => result === 'Throttled');
    return {
      snapshot,
      cost: {
        byOperation,
        calls: Object.values(byOperation).reduce((sum, count) => sum + count, 0),
        throttled: throttled.reduce((sum, { count }) => sum + count, 0),
        seconds: (this.clock.monotonic() - startedAt) / 1000,
      },
    };
  }

  /** Advances the simulated time by `ms` milliseconds. */
  wait(ms: number): Promise<void> {
    return this.clock.sleep(ms);
  }

  #counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { operation, count } of this.#sender.calls()) {
      counts.set(operation, (counts.get(operation) ?? 0) + count);
    }
    return counts;
  }
}

/** Returns the minimum number of calls that read a whole fleet, given the page sizes. */
export function lowerBound({ workspaces, applications, perWorkspace, rare }: FleetShape): number {
  const each = pagesFor((workspaces / applications) * perWorkspace);
  const byApplication = applications * each + (rare > 0 ? pagesFor(rare) : 1);
  return pagesFor(workspaces) + pagesFor(applications + 1) + Math.min(byApplication, workspaces);
}

/** Returns the number of calls of a script that reads the associations of each WorkSpace. */
export function workspaceByWorkspace({ workspaces }: FleetShape): number {
  return Math.ceil(workspaces / PAGE_SIZE) + workspaces;
}

/**
 * Returns the fleet of the published figures: `perWorkspace` of 25 applications on each WorkSpace, and one application
 * that a hundred WorkSpaces have.
 */
export function shapeOf(workspaces: number, perWorkspace = 3): FleetShape {
  return { workspaces, applications: 25, perWorkspace, rare: 100 };
}

/** Returns the IDs of the applications of a fleet, except the rare one. */
export function applicationIDs({ applications }: FleetShape): string[] {
  return Array.from({ length: applications }, (_, n) => applicationID(n));
}

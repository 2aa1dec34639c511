import { setImmediate } from 'node:timers/promises';
import { awsFleetOver, type Clients } from '../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { reconcile } from '../../src/reconcile.ts';
import type { Reconciliation } from '../../src/status/report.ts';
import type { PolicyStatus } from '../../src/status/resource.ts';
import type { RunState } from '../../src/status/runState.ts';
import { statusChanged } from '../../src/status/status.ts';
import { newContext } from '../fakeOperator.ts';
import { InstantClock } from '../fakes/clock.ts';
import { DriftedPages } from './driftedAws.ts';
import { type FleetShape, syntheticClient } from './syntheticAws.ts';

interface Sending {
  send(command: object): Promise<object>;
}

/** Simulated clock that yields to the event loop, as a real timer does. */
class YieldingClock extends InstantClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await setImmediate();
    return super.sleep(ms, signal);
  }
}

/** Core and adapter over a synthetic AWS. Simulated time passes only while calls wait for the rate limit. */
export class LoadedCore {
  readonly clock = new YieldingClock();
  /** Number of writes that an API server would have received. */
  readonly writes = { statuses: 0, events: 0 };
  readonly #fleet;
  readonly #policies: readonly Policy[];
  readonly #context;
  readonly #runs = new Map<string, { readonly status: PolicyStatus; readonly state: RunState }>();

  constructor(shape: FleetShape, policies: readonly Policy[], callsPerSecond: number) {
    const { clock } = this;
    const limit = { callsPerSecond, burst: callsPerSecond };
    const { send } = syntheticClient(new DriftedPages(shape, clock), clock, limit) as unknown as Sending;
    const client = {
      send: async (command: object) => {
        // A response arrives in its own turn of the event loop.
        await setImmediate();
        return send(command);
      },
    };
    const clients = { workspaces: client, tagging: client } as unknown as Clients;
    const options = { clock, random: () => 0.5, signal: new AbortController().signal };
    this.#fleet = awsFleetOver(clients, { ...options, rateLimiter: new RateLimiter({ ...limit, clock }) });
    this.#policies = policies;
    this.#context = {
      ...newContext(this.#fleet, new Inventory(this.#fleet, clock)),
      policiesOverlapping: () => this.#policies,
      policiesInScope: () => this.#policies,
      mayAct: () => true,
      gracePeriodMs: Number.NEGATIVE_INFINITY,
      clock,
      random: () => 0.5,
    };
  }

  /** Number of calls so far. */
  get calls(): number {
    return this.#fleet.calls().reduce((sum, { count }) => sum + count, 0);
  }

  /** Runs a policy once, as the operator does. */
  async run(policy: Policy): Promise<Reconciliation> {
    const before = this.#runs.get(policy.key);
    const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: this.clock.now() };
    const { status: previous, state } = before ?? {};
    const result = await reconcile({ ...this.#context, policy, annotations, previous, state });
    const isWritten = statusChanged(before?.status, result.status, this.clock.now());
    this.writes.statuses += Number(isWritten);
    this.writes.events += result.events.length;
    const status = isWritten || before === undefined ? result.status : before.status;
    this.#runs.set(policy.key, { status, state: result.state });
    return result;
  }

  /** Runs each policy once, and then waits for the shortest requeue interval. */
  async pass(): Promise<Reconciliation[]> {
    const results: Reconciliation[] = [];
    for (const policy of this.#policies) {
      results.push(await this.run(policy));
      // The operator handles its sockets between runs.
      await setImmediate();
    }
    await this.clock.sleep(Math.min(...results.map(({ requeueAfter }) => requeueAfter)));
    return results;
  }
}

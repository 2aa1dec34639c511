import { setImmediate } from 'node:timers/promises';
import { awsFleetOver, type Clients } from '../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { type Reconciliation, reconcile } from '../../src/reconcile.ts';
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

/** Time that passes only by waiting, which gives way to others as the machine's own clock does. */
class YieldingClock extends InstantClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await setImmediate();
    return super.sleep(ms, signal);
  }
}

/** The whole core and the adapter at work over a synthetic AWS; time passes only by waiting for the rate. */
export class LoadedCore {
  readonly clock = new YieldingClock();
  /** What an API server would have been asked to write. */
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
        // An answer comes with a turn of the event loop of its own.
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
      mayAct: () => true,
      gracePeriodMs: Number.NEGATIVE_INFINITY,
      clock,
      random: () => 0.5,
    };
  }

  /** Requests so far. */
  get calls(): number {
    return this.#fleet.calls().reduce((sum, { count }) => sum + count, 0);
  }

  /** One run of a policy, as the operator does it. */
  async run(policy: Policy): Promise<Reconciliation> {
    const before = this.#runs.get(policy.key);
    const request = { reconcileRequestedAt: undefined, approvedPlan: undefined, receivedAt: this.clock.now() };
    const result = await reconcile(policy, request, before?.status, before?.state, this.#context);
    const isWritten = statusChanged(before?.status, result.status, this.clock.now());
    this.writes.statuses += Number(isWritten);
    this.writes.events += result.events.length;
    const status = isWritten || before === undefined ? result.status : before.status;
    this.#runs.set(policy.key, { status, state: result.state });
    return result;
  }

  /** One run of each policy, and then as long a wait as the first of them asks for. */
  async pass(): Promise<Reconciliation[]> {
    const results: Reconciliation[] = [];
    for (const policy of this.#policies) {
      results.push(await this.run(policy));
      // The operator has sockets to see to between runs.
      await setImmediate();
    }
    await this.clock.sleep(Math.min(...results.map(({ requeueAfter }) => requeueAfter)));
    return results;
  }
}

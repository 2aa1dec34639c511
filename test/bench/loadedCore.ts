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
import { DriftedPages, type FleetBehavior } from './driftedAws.ts';
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

/** Options of a loaded core. */
export interface LoadedCoreOptions extends FleetBehavior {
  readonly callsPerSecond: number;
  /** Defaults to the calls of one second. */
  readonly burst?: number;
}

/** Core and adapter over a synthetic AWS. Simulated time passes only while calls wait for the rate limit. */
export class LoadedCore {
  readonly clock = new YieldingClock();
  /** Number of writes that an API server would have received. */
  readonly writes = { statuses: 0, events: 0 };
  readonly pages: DriftedPages;
  readonly #fleet;
  readonly #policies: readonly Policy[];
  readonly #rateLimiter: RateLimiter;
  readonly #runs = new Map<string, { readonly status: PolicyStatus; readonly state: RunState | undefined }>();
  readonly #dueAt = new Map<string, number>();
  #context;

  constructor(shape: FleetShape, policies: readonly Policy[], options: LoadedCoreOptions) {
    const { clock } = this;
    const { callsPerSecond, burst = callsPerSecond } = options;
    const limit = { callsPerSecond, burst };
    this.pages = new DriftedPages(shape, clock, options);
    const { send } = syntheticClient(this.pages, clock, limit) as unknown as Sending;
    const client = {
      send: async (command: object) => {
        // A response arrives in its own turn of the event loop.
        await setImmediate();
        return send(command);
      },
    };
    const clients = { workspaces: client, tagging: client } as unknown as Clients;
    this.#rateLimiter = new RateLimiter({ ...limit, clock });
    this.#fleet = awsFleetOver(clients, {
      clock,
      random: () => 0.5,
      signal: new AbortController().signal,
      rateLimiter: this.#rateLimiter,
      location: { partition: 'aws', accountID: '123456789012', region: 'eu-central-1' },
    });
    this.#policies = policies;
    this.#context = this.#newContext();
  }

  /** Number of calls so far. */
  get calls(): number {
    return this.#fleet.calls().reduce((sum, { count }) => sum + count, 0);
  }

  /** Number of calls of an operation so far. */
  callsOf(operation: string): number {
    return this.#fleet.calls().reduce((sum, call) => sum + (call.operation === operation ? call.count : 0), 0);
  }

  /** Statistics of the last inventory. */
  get lastInventory() {
    return this.#context.inventory.lastInventory;
  }

  /** Simulates a restart of the process: discards its memory, but keeps the statuses. */
  restart(): void {
    this.#context = this.#newContext();
    for (const [key, { status }] of this.#runs) {
      this.#runs.set(key, { status, state: undefined });
    }
    this.#dueAt.clear();
  }

  #newContext() {
    const { clock } = this;
    return {
      ...newContext(this.#fleet.urgent, this.#newInventory()),
      policiesOverlapping: () => this.#policies,
      policiesInScope: () => this.#policies,
      mayAct: () => true,
      gracePeriodMs: Number.NEGATIVE_INFINITY,
      clock,
      random: () => 0.5,
    };
  }

  #newInventory(): Inventory {
    const fleet = this.#fleet;
    return new Inventory(fleet, this.clock, {
      callsSoFar: () => fleet.calls().filter(({ priority }) => priority === 'inventory'),
      callsPerSecond: () => this.#rateLimiter.callsPerSecond,
    });
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

  /**
   * Runs the policies one at a time whenever they are due.
   *
   * @param isDone whether to stop after a run of a policy
   */
  async runUntil(isDone: (result: Reconciliation, policy: Policy) => boolean): Promise<void> {
    for (;;) {
      const dueAt = ({ key }: Policy) => this.#dueAt.get(key) ?? 0;
      const next = this.#policies.reduce((first, policy) => (dueAt(policy) < dueAt(first) ? policy : first));
      await this.clock.sleep(Math.max(0, dueAt(next) - this.clock.monotonic()));
      const result = await this.run(next);
      this.#dueAt.set(next.key, this.clock.monotonic() + result.requeueAfter);
      if (isDone(result, next)) {
        return;
      }
      await setImmediate();
    }
  }
}

import { KeyedMutex } from '../src/execute/keyedMutex.ts';
import type { Fleet } from '../src/fleet/ports.ts';
import { ChangeBackoff } from '../src/history/changeBackoff.ts';
import { DeploymentRetries } from '../src/history/deploymentRetries.ts';
import { DisassociationQuota } from '../src/history/disassociationQuota.ts';
import { Expectations } from '../src/history/expectations.ts';
import { RemovalHistory } from '../src/history/removalHistory.ts';
import { Inventory } from '../src/inventory/inventory.ts';
import type { Policy } from '../src/policy/policy.ts';
import { type ReconcileContext, type Reconciliation, reconcile } from '../src/reconcile.ts';
import type { PolicyStatus } from '../src/status/resource.ts';
import type { RunState } from '../src/status/runState.ts';
import { FLEET_LOCATION, NO_LIMITS } from './builders.ts';
import { VirtualClock } from './fakes/clock.ts';
import type { FakeFleet } from './fakes/fleet.ts';

type SharedContext = Omit<ReconcileContext, 'policiesOverlapping' | 'mayAct' | 'gracePeriodMs' | 'clock' | 'random'>;

/** A fleet in which deployments go on when it is told. */
type AdvancingFleet = Fleet & { advance(): void };

/** The core over a fleet on virtual time, a fake one unless it is another: what the operator is to a cluster, without the cluster. */
export class FakeOperator<F extends AdvancingFleet = FakeFleet> {
  readonly clock = new VirtualClock();
  readonly fleet: F;
  #policies: readonly Policy[];
  #context: SharedContext;
  #memories = new Map<string, RunState>();
  readonly statuses = new Map<string, PolicyStatus>();
  mayAct = true;
  /** What the fleet allows. */
  limits = NO_LIMITS;
  quota = new DisassociationQuota(undefined, [], async () => {});
  /** How long a change must have been shown, in milliseconds; what these tests are about comes after that. */
  gracePeriodMs = Number.NEGATIVE_INFINITY;
  /** What the annotations of every policy say. */
  requestedAt: string | undefined;
  approvedPlan: string | undefined;

  constructor(fleet: F, ...policies: Policy[]) {
    this.fleet = fleet;
    this.#policies = policies;
    this.#context = newContext(this.fleet, new Inventory(this.fleet, this.clock));
  }

  /** What all that act on the fleet share. */
  get shared(): SharedContext {
    return this.#context;
  }

  set policies(policies: readonly Policy[]) {
    this.#policies = policies;
  }

  /** One run of one policy, the first unless named. Its status is kept, as the API server would. */
  async run(policy = this.#policies[0]): Promise<Reconciliation> {
    if (policy === undefined) {
      throw new Error('no policy');
    }
    const previous = this.statuses.get(policy.key);
    const { requestedAt: reconcileRequestedAt, approvedPlan, clock } = this;
    const request = { reconcileRequestedAt, approvedPlan, receivedAt: clock.now() };
    const result = await reconcile(policy, request, previous, this.#memories.get(policy.key), {
      ...this.#context,
      limits: this.limits,
      quota: this.quota,
      policiesOverlapping: () => this.#policies,
      mayAct: () => this.mayAct,
      clock: this.clock,
      gracePeriodMs: this.gracePeriodMs,
      random: () => 0,
    });
    this.#memories.set(policy.key, result.state);
    this.statuses.set(policy.key, result.status);
    return result;
  }

  /** Runs every policy as often as it asks for, and lets deployments go on, for so many milliseconds. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms;
    const due = new Map(this.#policies.map(({ key }) => [key, this.clock.monotonic()]));
    for (;;) {
      const next = this.#policies.reduce<Policy | undefined>(
        (first, one) => (first === undefined || (due.get(one.key) ?? 0) < (due.get(first.key) ?? 0) ? one : first),
        undefined,
      );
      const location = next === undefined ? end : (due.get(next.key) ?? 0);
      if (next === undefined || location >= end) {
        await this.clock.advance(Math.max(0, end - this.clock.monotonic()));
        return;
      }
      await this.clock.advance(Math.max(0, location - this.clock.monotonic()));
      this.fleet.advance();
      const { requeueAfter } = await this.run(next);
      due.set(next.key, this.clock.monotonic() + requeueAfter);
    }
  }

  /** What the process knew is gone; what AWS and the API server hold stays. */
  restart(): void {
    this.#context = newContext(this.fleet, new Inventory(this.fleet, this.clock));
    this.#memories = new Map();
  }
}

/** What all that act on a fleet share, with nothing remembered yet. */
export function newContext(fleet: Fleet, inventory: Inventory): SharedContext {
  return {
    location: FLEET_LOCATION,
    limits: NO_LIMITS,
    quota: new DisassociationQuota(undefined, [], async () => {}),
    fleet,
    inventory,
    backoff: new ChangeBackoff(),
    retries: new DeploymentRetries(),
    removals: new RemovalHistory(),
    expectations: new Expectations(),
    workspaces: new KeyedMutex(),
    intents: new Map(),
  };
}

export function condition(status: PolicyStatus, type: string) {
  return status.conditions?.find((one) => one.type === type);
}

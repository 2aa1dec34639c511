import { AuditTrail } from '../src/audit/auditTrail.ts';
import type { PolicyAuthors } from '../src/audit/policyAuthors.ts';
import { KeyedMutex } from '../src/execute/keyedMutex.ts';
import type { Association } from '../src/fleet/model.ts';
import type { Fleet } from '../src/fleet/ports.ts';
import { ChangeHistory } from '../src/history/changeHistory.ts';
import { DisassociationQuota } from '../src/history/disassociationQuota.ts';
import type { BundleCache } from '../src/inventory/bundleCache.ts';
import { Inventory } from '../src/inventory/inventory.ts';
import {
  APPROVED_PLAN_ANNOTATION,
  type PolicyAnnotations,
  parseAnnotations,
  RESTORES_CONFIRMED_ANNOTATION,
  RESUME_REQUESTED_AT_ANNOTATION,
} from '../src/policy/annotations.ts';
import type { Policy } from '../src/policy/policy.ts';
import { reconcile } from '../src/reconcile.ts';
import type { FleetRunContext } from '../src/run.ts';
import type { Reconciliation } from '../src/status/report.ts';
import type { PolicyStatus } from '../src/status/resource.ts';
import type { RunState } from '../src/status/runState.ts';
import { APPLICATIONS, association, FLEET_LOCATION, NO_LIMITS, workspace, ws } from './builders.ts';
import { MemoryAuditSink } from './fakes/auditSink.ts';
import { VirtualClock } from './fakes/clock.ts';
import { FakeFleet } from './fakes/fleet.ts';
import type { FakeFleetSeed } from './fakes/fleetState.ts';
import { VISIO } from './fixtures.ts';

/** A fleet whose deployments continue with `advance`. */
type AdvancingFleet = Fleet & { advance(): void };

/** Runs the core over a fleet on virtual time, like the operator, but without a cluster. */
export class FakeOperator<F extends AdvancingFleet = FakeFleet> {
  readonly clock = new VirtualClock();
  readonly fleet: F;
  #policies: readonly Policy[];
  #context: FleetRunContext;
  #runStates = new Map<string, RunState>();
  readonly statuses = new Map<string, PolicyStatus>();
  /** Audit log of all processes. */
  readonly auditLog = new MemoryAuditSink();
  #processes = 0;
  #audit: AuditTrail;
  /** Authors of all policies. */
  authors: PolicyAuthors | undefined;
  mayAct = true;
  /** Limits of the fleet. */
  limits = NO_LIMITS;
  quota = new DisassociationQuota(undefined, [], async () => {});
  /** Contents of bundles. Not read by default. */
  bundles: BundleCache | undefined;
  /** Rate limit of the fleet. */
  callsPerSecond = 2;
  /** Disabled by default, because most tests don't need it. */
  gracePeriodMs = Number.NEGATIVE_INFINITY;
  /** Annotations of all policies. */
  requestedAt: string | undefined;
  #approvedPlan: string | undefined;
  #resumeRequestedAt: string | undefined;
  /** Value of the annotation that confirms restored WorkSpaces, on all policies. */
  restoresConfirmed: string | undefined;
  /** Annotations of the policies as the process has received them, by key. */
  #received = new Map<string, PolicyAnnotations>();
  /** Phases of all runs in their order. */
  readonly phases: string[] = [];

  constructor(fleet: F, ...policies: Policy[]) {
    this.fleet = fleet;
    if (fleet instanceof FakeFleet) {
      fleet.clock = this.clock;
    }
    this.#policies = policies;
    this.#context = newContext(this.fleet, this.#newInventory());
    this.#audit = this.#newAuditTrail();
  }

  #newAuditTrail(): AuditTrail {
    const identity = `process-${++this.#processes}`;
    return new AuditTrail({ sink: this.auditLog, identity, version: '0.2.0', clock: this.clock });
  }

  #newInventory(): Inventory {
    return new Inventory(this.fleet, this.clock, {
      callsPerSecond: () => this.callsPerSecond,
      background: () => this.bundles?.callsPerSecond ?? 0,
    });
  }

  /** State that all runs share. */
  get shared(): FleetRunContext {
    return this.#context;
  }

  set policies(policies: readonly Policy[]) {
    this.#policies = policies;
  }

  get approvedPlan(): string | undefined {
    return this.#approvedPlan;
  }

  /** Sets or removes the annotation of all policies. A running process receives the change at once. */
  set approvedPlan(planID: string | undefined) {
    this.#approvedPlan = planID;
    this.#policies.filter(({ key }) => this.#received.has(key)).forEach((policy) => void this.#receive(policy));
  }

  /** Sets the annotation that resumes all policies. A running process receives the change at once. */
  set resumeRequestedAt(value: string) {
    this.#resumeRequestedAt = value;
    this.#policies.filter(({ key }) => this.#received.has(key)).forEach((policy) => void this.#receive(policy));
  }

  #receive({ key, uid, enforcement }: Policy): PolicyAnnotations {
    const annotations = {
      ...(this.#approvedPlan !== undefined && { [APPROVED_PLAN_ANNOTATION]: this.#approvedPlan }),
      ...(this.#resumeRequestedAt !== undefined && { [RESUME_REQUESTED_AT_ANNOTATION]: this.#resumeRequestedAt }),
      ...(this.restoresConfirmed !== undefined && { [RESTORES_CONFIRMED_ANNOTATION]: this.restoresConfirmed }),
    };
    const status = this.statuses.get(key);
    const object = { metadata: { uid, annotations }, spec: { enforcement }, ...(status !== undefined && { status }) };
    const received = parseAnnotations(object, this.#received.get(key), this.clock.now());
    this.#received.set(key, received);
    return received;
  }

  /** Runs one policy once, by default the first one. Stores its status like the API server. */
  async run(policy = this.#policies[0]): Promise<Reconciliation> {
    if (policy === undefined) {
      throw new Error('no policy');
    }
    const previous = this.statuses.get(policy.key);
    const { requestedAt: reconcileRequestedAt, clock } = this;
    const annotations = { ...this.#receive(policy), reconcileRequestedAt, receivedAt: clock.now() };
    const result = await reconcile({
      ...this.#context,
      policy,
      annotations,
      audit: this.#audit,
      authors: this.authors,
      previous,
      state: this.#runStates.get(policy.key),
      limits: this.limits,
      quota: this.quota,
      bundles: this.bundles,
      policiesOverlapping: () => this.#policies,
      policiesInScope: () => this.#policies,
      mayAct: () => this.mayAct,
      clock: this.clock,
      gracePeriodMs: this.gracePeriodMs,
      random: () => 0,
      observePhase: (phase) => this.phases.push(phase),
    });
    this.#runStates.set(policy.key, result.state);
    this.statuses.set(policy.key, result.status);
    return result;
  }

  /** Runs all policies whenever they are due, and continues deployments, for a period in milliseconds. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms;
    const dueTimes = new Map(this.#policies.map(({ key }) => [key, this.clock.monotonic()]));
    const dueAt = ({ key }: Policy) => dueTimes.get(key) ?? 0;
    for (;;) {
      const next = this.#policies.reduce<Policy | undefined>(
        (first, policy) => (first === undefined || dueAt(policy) < dueAt(first) ? policy : first),
        undefined,
      );
      if (next === undefined || dueAt(next) >= end) {
        await this.clock.advance(Math.max(0, end - this.clock.monotonic()));
        return;
      }
      await this.clock.advance(Math.max(0, dueAt(next) - this.clock.monotonic()));
      this.fleet.advance();
      const { requeueAfter } = await this.run(next);
      dueTimes.set(next.key, this.clock.monotonic() + requeueAfter);
    }
  }

  /** Returns the stored status of a policy, by default of the first one. */
  status(policy = this.#policies[0]): PolicyStatus | undefined {
    return policy && this.statuses.get(policy.key);
  }

  /** Replaces the spec of a policy. */
  edit(policy: Policy): void {
    this.#policies = this.#policies.map((one) =>
      one.key === policy.key ? { ...policy, generation: one.generation + 1 } : one,
    );
  }

  /** Replaces the policies with another object of the same name, as a restore does: with another UID, and with or without its status. */
  recreate(policy: Policy, keepsStatus: boolean): void {
    this.#policies = [{ ...policy, uid: `another-${policy.uid}` }];
    this.#runStates.delete(policy.key);
    this.#received.delete(policy.key);
    if (!keepsStatus) {
      this.statuses.delete(policy.key);
    }
  }

  /** Simulates a restart of the process: discards its memory, but keeps the fleet and the statuses. */
  restart(): void {
    this.#context = newContext(this.fleet, this.#newInventory());
    this.#audit = this.#newAuditTrail();
    this.#runStates = new Map();
    this.#received = new Map();
  }
}

/** Returns the shared state of a new process. */
export function newContext(fleet: Fleet, inventory: Inventory): FleetRunContext {
  return {
    location: FLEET_LOCATION,
    limits: NO_LIMITS,
    callsPerSecond: 2,
    quota: new DisassociationQuota(undefined, [], async () => {}),
    fleet,
    inventory,
    history: new ChangeHistory(),
    workspaces: new KeyedMutex(),
    intents: new Map(),
  };
}

/** Returns a condition of a status, or undefined if it is absent. */
export function condition(status: PolicyStatus, type: string) {
  return status.conditions?.find((candidate) => candidate.type === type);
}

/** Returns a fake fleet with `count` WorkSpaces, `APPLICATIONS`, and the given associations. */
export function fakeFleet(
  count: number,
  associations: readonly Association[],
  {
    state = 'AVAILABLE',
    ...seed
  }: Pick<FakeFleetSeed, 'applications' | 'tags' | 'connections'> & { state?: string } = {},
): FakeFleet {
  const workspaces = Array.from({ length: count }, (_, n) => workspace(ws(n + 1), { state }));
  return new FakeFleet({ workspaces, applications: APPLICATIONS, associations, ...seed });
}

/** Returns the associations of Visio with the first `count` WorkSpaces. */
export function visioOnFirst(count: number): Association[] {
  return Array.from({ length: count }, (_, n) => association(ws(n + 1), VISIO));
}

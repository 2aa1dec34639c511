import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import { POLICIES } from '../kube/resources.ts';
import type { PolicyAnnotations } from '../policy/annotations.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { UnknownFieldsError } from '../policy/parseServed.ts';
import type { Policy } from '../policy/policy.ts';
import { type Reconciliation, reconcile } from '../reconcile.ts';
import type { ReportController } from '../reports/controller.ts';
import { sanitize } from '../sanitize.ts';
import { invalidStatus, notEvaluatedStatus, notPermittedStatus } from '../status/notEvaluated.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { RunState } from '../status/runState.ts';
import { fleetBlocker, lostItsFleet } from './fleetBlocker.ts';
import type { FleetRunContext, FleetRuntime } from './fleetRuntime.ts';
import type { Assignment, FleetName } from './fleetStore.ts';
import { logDisclosures, logOutcome } from './outcomeLog.ts';
import type { OwnedFleet } from './ownership/ownedFleet.ts';
import type { PolicyStore } from './policyStore.ts';
import type { ServedSchemas } from './servedSchemas.ts';
import type { StatusCache, WithStatus } from './statusCache.ts';

/** The fleets that policies are about. */
export interface FleetRuntimes {
  assign(policy: Policy): Assignment;
  /** Undefined while it hasn't been connected to. */
  get(name: FleetName): Pick<FleetRuntime, 'context' | 'blocker' | 'isSuspended'> | undefined;
  /** A policy uses a fleet. */
  uses(name: FleetName): void;
  /** Forgets what is remembered of a policy. */
  forget(policyKey: string): void;
}

export interface PolicyReconcilerOptions {
  readonly fleets: FleetRuntimes;
  /** The time for which a fleet is this replica's; undefined if it isn't. */
  readonly owned: (name: FleetName) => OwnedFleet | undefined;
  readonly store: PolicyStore;
  readonly statusCache: StatusCache<PolicyStatus>;
  /** Schemas of the CRDs, which decide on unknown fields. Undefined: every unknown field counts as set by a user. */
  readonly schemas?: Pick<ServedSchemas, 'refresh' | 'settled' | 'error'> | undefined;
  /** When the operator was last in touch with the API server about everything that may stop it, on the clock's monotonic time. */
  readonly lastContactAt: () => number;
  /** Where all results of a run go, beside the status, which has room for some; undefined: nowhere. */
  readonly reports?: Pick<ReportController, 'enqueue' | 'forget'> | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly observer?: PolicyObserver | undefined;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** What a run may do, and for how long. */
interface Terms {
  readonly context: FleetRunContext;
  readonly ownedFleet: OwnedFleet;
  readonly mayAct: () => boolean;
  /** Returns whether the policy's status tells it now. */
  readonly write: (status: PolicyStatus) => Promise<boolean>;
  readonly log: Logger;
}

/** Told what came of each policy's runs. */
export interface PolicyObserver {
  evaluated(policy: Policy, result: Reconciliation): void;
  /** A policy is gone. */
  forget(key: string): void;
}

/** How long a status shows a change before it is made, in milliseconds: policies that are applied together are seen together. */
const SHOW_FOR = 5_000;
/** Without a word from the API server for so long, in milliseconds, nothing is changed: a policy may have been suspended meanwhile. */
const MAX_API_SILENCE_MS = 3 * 60_000;

/** Time until a policy with unknown fields is evaluated again, in milliseconds: the CRD may have changed. */
const RECHECK_UNKNOWN_FIELDS_MS = 60_000;

/** When a status is tried again that couldn't be written as the lease was too old, in milliseconds: it may be renewed yet. */
const WRITE_AGAIN = 5_000;

/** Runs policies: each in its fleet, with what its last run left to it, and reports what came of it. */
export class PolicyReconciler {
  readonly #options: PolicyReconcilerOptions;
  readonly #memories = new Map<
    string,
    { readonly uid: string; readonly ownedFleet: OwnedFleet; readonly state: RunState }
  >();
  /** Logged explanations that name policies of other namespaces, by the key of the policy. */
  readonly #disclosures = new Map<string, ReadonlySet<string>>();

  constructor(options: PolicyReconcilerOptions) {
    this.#options = options;
  }

  /** A policy is gone. */
  forget(key: string): void {
    this.#leave(key);
    this.#options.statusCache.forget(key);
    this.#options.fleets.forget(key);
    this.#options.observer?.forget(key);
  }

  /** A fleet isn't this replica's any more: what the runs of its policies left may not be true any more. */
  fleetLost(name: FleetName): void {
    for (const key of this.#options.store.keys().filter((one) => this.fleetOf(one) === name)) {
      this.#leave(key);
    }
  }

  #leave(key: string): void {
    this.#memories.delete(key);
    this.#disclosures.delete(key);
    this.#options.reports?.forget(key);
  }

  /**
   * The fleet whose owner looks after a policy: that which the policy is about. Of policies that no fleet admits, or that aren't valid, it
   * is the operator's own.
   */
  fleetOf(key: string): FleetName {
    const parsed = this.#options.store.get(key)?.parsed;
    if (parsed === undefined || parsed instanceof InvalidResourceError) {
      return undefined;
    }
    const assignment = this.#options.fleets.assign(parsed);
    return 'fleet' in assignment ? assignment.fleet.name : undefined;
  }

  /** Returns the milliseconds until the policy is due again; undefined if it is gone, or another replica's. */
  async run(key: string, log: Logger): Promise<number | undefined> {
    const ownedFleet = this.#options.owned(this.fleetOf(key));
    if (ownedFleet === undefined) {
      this.#leave(key);
      return undefined;
    }
    return ownedFleet.track(() => this.#runIn(ownedFleet, key, log));
  }

  async #runIn(ownedFleet: OwnedFleet, key: string, log: Logger): Promise<number | undefined> {
    const { store, fleets, statusCache, schemas, clock } = this.#options;
    const hasUnknownFields = store.get(key)?.parsed instanceof UnknownFieldsError;
    await (hasUnknownFields ? schemas?.refresh() : schemas?.settled());
    const object = statusCache.latest(key);
    const entry = store.get(key);
    if (object === undefined || entry === undefined || object.metadata.uid !== entry.uid) {
      return undefined;
    }
    const { parsed, annotations } = entry;
    const generation = object.metadata.generation ?? 0;
    const fleetName = this.fleetOf(key);
    const write = (status: PolicyStatus) =>
      statusCache.write(object, status, () => ownedFleet.mayWriteStatus && this.fleetOf(key) === fleetName);
    const report = async (status: PolicyStatus) => {
      this.#recordEvent(object, status, log);
      return (await write(status)) ? undefined : writeAgainAfter(ownedFleet);
    };
    if (parsed instanceof InvalidResourceError) {
      const message = sanitize(parsed.message, 1024);
      if (!(parsed instanceof UnknownFieldsError)) {
        return report(invalidStatus(generation, annotations, object.status, message, clock.now()));
      }
      if (schemas?.error?.transient) {
        throw schemas.error;
      }
      const unread = schemas?.error === undefined ? '' : `; defaults are unknown, because ${schemas.error.message}`;
      const text = sanitize(`${parsed.message}${unread}`, 1024);
      const status = invalidStatus(generation, annotations, object.status, text, clock.now(), 'UnknownFields');
      return (await report(status)) ?? RECHECK_UNKNOWN_FIELDS_MS;
    }
    const access = this.#accessOf(parsed, object.status);
    if ('refused' in access) {
      // The status shows nothing of what its runs were going to do any more.
      this.#memories.delete(key);
      const status = notPermittedStatus(generation, annotations, object.status, access.refused, clock.now());
      return report(status);
    }
    const { fleet, runtime, blocker } = access;
    fleets.uses(fleet.name);
    if (blocker !== undefined) {
      return report(notEvaluatedStatus(parsed, annotations, object.status, blocker, clock.now()));
    }
    const policy = store.admitted(key);
    const context = runtime?.context;
    if (policy === undefined || context === undefined || !ownedFleet.holdsScopeLease) {
      // Once the fleet has been connected to, its policies are enqueued.
      return undefined;
    }
    // A run rests on what its fleet allowed when it began.
    const mayAct = () => ownedFleet.mayAct && runtime?.context?.limits === context.limits && !runtime.isSuspended;
    return this.#run(policy, annotations, object, { context, ownedFleet, mayAct, write, log });
  }

  /** Says once why a policy can't be evaluated. */
  #recordEvent(object: WithStatus<PolicyStatus>, status: PolicyStatus, log: Logger): void {
    const [before, now] = [object.status, status].map((one) => one?.conditions?.find(({ type }) => type === 'Ready'));
    if (now?.status === 'False' && before?.reason !== now.reason) {
      log.warn({ reason: now.reason, message: now.message }, 'policy not evaluated');
      this.#options.events.record(referenceTo(POLICIES, object), 'Warning', now.reason, now.message);
    }
  }

  /** The fleet of a policy, and what stands in the way. */
  #accessOf(policy: Policy, previous: PolicyStatus | undefined) {
    const { fleets } = this.#options;
    const assignment = fleets.assign(policy);
    if ('refused' in assignment) {
      return assignment;
    }
    const { fleet } = assignment;
    const runtime = fleets.get(fleet.name);
    const blocker = lostItsFleet(policy, fleet, previous) ?? fleetBlocker(policy, fleet, runtime);
    return { fleet, runtime, blocker };
  }

  /** Returns the milliseconds until the policy is due again; undefined if it is gone. */
  async #run(
    policy: Policy,
    annotations: PolicyAnnotations,
    object: WithStatus<PolicyStatus>,
    { context, ownedFleet, mayAct, write, log }: Terms,
  ): Promise<number | undefined> {
    const { store, fleets, statusCache, stopping, clock, random } = this.#options;
    const { key } = policy;
    const remembered = this.#memories.get(key);
    const result = await reconcile(
      policy,
      annotations,
      object.status,
      remembered?.uid === policy.uid && remembered.ownedFleet === ownedFleet ? remembered.state : undefined,
      {
        ...context,
        policiesOverlapping: (one) => store.overlapping(one),
        mayAct: () => !stopping.aborted && mayAct() && this.#hasRecentContact() && !statusCache.hasPendingWrite(key),
        gracePeriodMs: SHOW_FOR,
        clock,
        random,
      },
    );
    fleets.uses(context.location.name);
    if ((stopping.aborted || ownedFleet.isEnding) && result.outcome.made.length === 0) {
      return undefined;
    }
    logOutcome(log, result.outcome);
    if (result.assessments !== undefined) {
      this.#disclosures.set(key, logDisclosures(log, this.#disclosures.get(key) ?? new Set(), result.assessments));
    }
    this.#options.observer?.evaluated(policy, result);
    for (const { type, reason, message } of result.events) {
      this.#options.events.record(referenceTo(POLICIES, object), type, reason, message);
    }
    if (store.get(key)?.uid !== policy.uid) {
      this.forget(key);
      return undefined;
    }
    if (!(await write(result.status))) {
      return writeAgainAfter(ownedFleet);
    }
    // Only what was written was shown.
    this.#memories.set(key, { uid: policy.uid, ownedFleet, state: result.state });
    if (result.assessments !== undefined) {
      this.#options.reports?.enqueue(policy, context.location, result.assessments);
    }
    return result.requeueAfter;
  }

  /** Whether the operator would know if a person had changed a policy or a fleet. */
  #hasRecentContact(): boolean {
    const { lastContactAt, clock } = this.#options;
    return clock.monotonic() - lastContactAt() < MAX_API_SILENCE_MS;
  }
}

/** When a policy is due again whose status isn't written; undefined if that is for another replica to do. */
function writeAgainAfter({ isEnding, lease }: OwnedFleet): number | undefined {
  return isEnding || lease.ended.aborted ? undefined : WRITE_AGAIN;
}

import type { Logger } from 'pino';
import { withFlow } from '../aws/flow.ts';
import type { Clock } from '../clock.ts';
import { withFirstSeenAt } from '../history/gracePeriod.ts';
import { messageOf } from '../kube/apiError.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import { POLICIES } from '../kube/resources.ts';
import { canSucceedLater, requestRetryDelay } from '../kube/retry.ts';
import type { PolicyAnnotations } from '../policy/annotations.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { UnknownFieldsError } from '../policy/parseServed.ts';
import type { Policy } from '../policy/policy.ts';
import { reconcile } from '../reconcile.ts';
import type { ReportController } from '../reports/controller.ts';
import type { FleetRunContext, Run } from '../run.ts';
import { sanitize } from '../sanitize.ts';
import {
  type Backlog,
  invalidStatus,
  isEvaluated,
  notEvaluatedStatus,
  notPermittedStatus,
  waitingStatus,
} from '../status/notEvaluated.ts';
import type { Reconciliation } from '../status/report.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { RunState } from '../status/runState.ts';
import type { OutageLog } from './apiServerOutage.ts';
import { fleetBlocker, missingDefaultFleet } from './fleetBlocker.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import type { Assignment, FleetName } from './fleetStore.ts';
import { logDisclosures, logOutcome } from './outcomeLog.ts';
import type { OwnedFleet } from './ownership/ownedFleet.ts';
import type { PolicyStore } from './policyStore.ts';
import { RunWaits } from './runWaits.ts';
import type { ServedSchemas } from './servedSchemas.ts';
import type { StatusCache, WithStatus } from './statusCache.ts';
import type { ReleaseWhile } from './worker.ts';

/** Fleets of the policies. */
interface FleetRuntimes {
  assign(policy: Policy): Assignment;
  /** Returns the runtime of a fleet, or undefined before it is connected. */
  get(name: FleetName): Pick<FleetRuntime, 'context' | 'blocker' | 'isSuspended' | 'backlog'> | undefined;
  /** Called when a policy uses a fleet. */
  onUse(name: FleetName): void;
  /** Drops the state of a deleted policy. */
  forget(policyKey: string): void;
}

export interface PolicyReconcilerOptions {
  readonly fleets: FleetRuntimes;
  /** Returns the fleet if this replica owns it. */
  readonly owned: (name: FleetName) => OwnedFleet | undefined;
  readonly store: PolicyStore;
  readonly statusCache: StatusCache<PolicyStatus>;
  /** Schemas of the CRDs, which decide on unknown fields. Defaults to none: then every unknown field counts as set by a user. */
  readonly schemas?: Pick<ServedSchemas, 'refresh' | 'settled' | 'error'> | undefined;
  /** Time of the oldest last contact over all watches that can stop changes (monotonic). */
  readonly lastContactAt: () => number;
  /** Controller that writes full results to report objects. Defaults to none. */
  readonly reports?: Pick<ReportController, 'enqueue' | 'forget'> | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  readonly observer?: PolicyObserver | undefined;
  /** Log of outages of the API server, which suppresses repeated errors. */
  readonly outages?: Pick<OutageLog, 'suppresses'> | undefined;
  readonly observePhase?: Run['observePhase'];
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** Permissions and outputs of one reconciliation. */
interface RunScope {
  readonly context: FleetRunContext;
  readonly ownedFleet: OwnedFleet;
  readonly mayAct: () => boolean;
  /** Writes the status. Resolves with whether the policy has it. */
  readonly write: (status: PolicyStatus) => Promise<boolean>;
  readonly log: Logger;
  readonly waits: RunWaits;
  /** Returns the requests to AWS that the run waits for. */
  readonly backlog: () => Backlog;
}

/** Observer of the results of policies. */
export interface PolicyObserver {
  evaluated(policy: Policy, result: Reconciliation): void;
  /** Called when a policy is deleted. */
  forget(key: string): void;
}

/** Time that a status shows a change before the change is made, so that policies applied together are evaluated together. */
const GRACE_PERIOD_MS = 5_000;
/** Maximum time without contact to the API server before changes stop: a policy may have been suspended in the meantime. */
const MAX_API_SILENCE_MS = 3 * 60_000;
/** Delay until a status is written again after the lease was too old to write it. The lease may be renewed by then. */
const STATUS_RETRY_MS = 5_000;

/** Delay until a policy with unknown fields is evaluated again, because the CRD may have changed. */
const UNKNOWN_FIELDS_RETRY_MS = 60_000;

/** Ends the waits of a run of an earlier version of a policy or a fleet. */
class OutdatedError extends Error {
  override readonly name = 'OutdatedError';
}

/** Reconciles policies in their fleets, with the state of the previous run, and reports the results. */
export class PolicyReconciler {
  readonly #options: PolicyReconcilerOptions;
  readonly #states = new Map<
    string,
    { readonly uid: string; readonly ownedFleet: OwnedFleet; readonly state: RunState }
  >();
  /** Last statuses with associations of policies that no fleet allowed when the process started, by the key of the policy. */
  readonly #recorded = new Map<string, { readonly uid: string; readonly status: PolicyStatus | undefined }>();
  /** Runs in progress, by the key of the policy. */
  readonly #runs = new Map<string, AbortController>();
  /** Logged explanations that name policies of other namespaces, by the key of the policy. */
  readonly #disclosures = new Map<string, ReadonlySet<string>>();

  constructor(options: PolicyReconcilerOptions) {
    this.#options = options;
    options.stopping.addEventListener(
      'abort',
      () => [...this.#runs.keys()].forEach((key) => void this.interrupt(key)),
      {
        once: true,
      },
    );
  }

  /** Ends the waits of a policy's run, because the policy or its fleet changed. The next run can start. */
  interrupt(key: string): void {
    this.#runs.get(key)?.abort(new OutdatedError());
  }

  /** Drops everything about a deleted policy. */
  forget(key: string): void {
    this.interrupt(key);
    this.#dropState(key);
    this.#options.statusCache.forget(key);
    this.#options.fleets.forget(key);
    this.#options.observer?.forget(key);
  }

  /** Drops the state of the policies of a fleet that this replica no longer owns, because it becomes outdated. */
  onFleetLost(name: FleetName): void {
    for (const key of this.#options.store.keys().filter((policyKey) => this.fleetOf(policyKey) === name)) {
      this.interrupt(key);
      this.#dropState(key);
    }
  }

  /** Returns the fleet whose owner manages a policy: its own fleet, or the ambient one if it is invalid or no fleet allows it. */
  fleetOf(key: string): FleetName {
    const parsed = this.#options.store.get(key)?.parsed;
    if (parsed === undefined || parsed instanceof InvalidResourceError) {
      return undefined;
    }
    const assignment = this.#options.fleets.assign(parsed);
    return 'fleet' in assignment ? assignment.fleet.name : undefined;
  }

  /**
   * Returns the milliseconds until the next run, or undefined if the policy is deleted or owned by another replica.
   *
   * @param releaseWhile lets other policies run while the run waits
   */
  async run(key: string, log: Logger, releaseWhile: ReleaseWhile = (wait) => wait): Promise<number | undefined> {
    const run = new AbortController();
    const waits = new RunWaits({ releaseWhile, clock: this.#options.clock, outdated: run.signal });
    this.#runs.set(key, run);
    try {
      return await this.#run(key, log, waits);
    } catch (error) {
      if (error instanceof OutdatedError) {
        return 0;
      }
      throw error;
    } finally {
      this.#runs.delete(key);
    }
  }

  async #run(key: string, log: Logger, waits: RunWaits): Promise<number | undefined> {
    const { store, schemas, owned } = this.#options;
    // Before the fleet is known: a policy that turns out to be valid can belong to another fleet.
    await (store.get(key)?.parsed instanceof UnknownFieldsError ? schemas?.refresh() : schemas?.settled());
    const ownedFleet = owned(this.fleetOf(key));
    // Another replica manages the policy.
    if (ownedFleet === undefined) {
      this.#dropState(key);
      return undefined;
    }
    return ownedFleet.track(() => this.#runOwned(ownedFleet, key, log, waits));
  }

  async #runOwned(ownedFleet: OwnedFleet, key: string, log: Logger, waits: RunWaits): Promise<number | undefined> {
    const { store, fleets, statusCache, schemas, clock } = this.#options;
    const object = statusCache.latest(key);
    const entry = store.get(key);
    // The policy was deleted or replaced.
    if (object === undefined || entry === undefined || object.metadata.uid !== entry.uid) {
      return undefined;
    }
    const { parsed, annotations } = entry;
    const generation = object.metadata.generation ?? 0;
    const fleetName = this.fleetOf(key);
    const mayWrite = () => ownedFleet.mayWriteStatus && this.fleetOf(key) === fleetName;
    const write = (status: PolicyStatus) =>
      this.#writeDurably(() => statusCache.write(object, status, mayWrite), waits, log);
    const report = async (status: PolicyStatus) => {
      this.#recordNotReady(object, status, log);
      return (await write(status)) ? undefined : statusRetryDelay(ownedFleet);
    };

    // The policy has fields that this version doesn't know.
    if (parsed instanceof UnknownFieldsError) {
      if (schemas?.error?.transient) {
        throw schemas.error;
      }
      const unread = schemas?.error === undefined ? '' : `; defaults are unknown, because ${schemas.error.message}`;
      const message = sanitize(`${parsed.message}${unread}`, 1024);
      const status = invalidStatus(generation, annotations, object.status, message, clock.now(), 'UnknownFields');
      return (await report(status)) ?? UNKNOWN_FIELDS_RETRY_MS;
    }

    // The policy is invalid.
    if (parsed instanceof InvalidResourceError) {
      const message = sanitize(parsed.message, 1024);
      return report(invalidStatus(generation, annotations, object.status, message, clock.now()));
    }

    // No fleet allows the policy.
    const assignment = fleets.assign(parsed);
    if ('refused' in assignment) {
      this.#keepRecord(entry.uid, key, object.status);
      // The status shows no plan, so changes need a new grace period.
      this.#states.delete(key);
      return report(notPermittedStatus(generation, annotations, object.status, assignment.refused, clock.now()));
    }

    // The fleet can't be used.
    const { fleet } = assignment;
    const runtime = fleets.get(fleet.name);
    const blocker = missingDefaultFleet(parsed, fleet, object.status) ?? fleetBlocker(parsed, fleet, runtime);
    fleets.onUse(fleet.name);
    if (blocker !== undefined) {
      return report(notEvaluatedStatus(parsed, annotations, object.status, blocker, clock.now()));
    }

    // The fleet isn't connected yet. Its policies are enqueued when it is.
    const policy = store.admitted(key);
    const context = runtime?.context;
    if (policy === undefined || runtime === undefined || context === undefined || !ownedFleet.holdsScopeLease) {
      return undefined;
    }

    // A run applies the limits that the fleet had at its start.
    const mayAct = () => ownedFleet.mayAct && runtime?.context?.limits === context.limits && !runtime.isSuspended;
    const backlog = () => runtime.backlog;
    return this.#reconcile(policy, annotations, object, { context, ownedFleet, mayAct, write, log, waits, backlog });
  }

  /** Reconciles a policy. Returns the milliseconds until the next run, or undefined if there is none. */
  async #reconcile(
    policy: Policy,
    annotations: PolicyAnnotations,
    object: WithStatus<PolicyStatus>,
    scope: RunScope,
  ): Promise<number | undefined> {
    const { context, ownedFleet, mayAct, write, log, waits } = scope;
    const { store, fleets, statusCache, events, observer, observePhase, reports, stopping, clock, random } =
      this.#options;
    const { key } = policy;
    const startedAt = clock.monotonic();
    const result = await withFlow(policy.namespace, () =>
      reconcile({
        ...context,
        policy,
        annotations,
        previous: object.status,
        state: this.#stateOf(policy, ownedFleet),
        recorded: this.#recordOf(policy),
        policiesOverlapping: (other) => store.overlapping(other),
        policiesInScope: (other) => store.inScope(other),
        mayAct: () => !stopping.aborted && mayAct() && this.#hasRecentContact() && !statusCache.hasPendingWrite(key),
        gracePeriodMs: GRACE_PERIOD_MS,
        clock,
        waitForReads: waits.forReads(() => this.#showWaiting(policy, object, scope)),
        random,
        observePhase,
      }),
    );
    fleets.onUse(context.location.name);

    // The run was interrupted before it made changes, so its result is incomplete.
    if ((stopping.aborted || ownedFleet.isReleasing) && result.outcome.made.length === 0) {
      return undefined;
    }
    logOutcome(log, result.outcome);
    if (result.assessments !== undefined) {
      this.#disclosures.set(key, logDisclosures(log, this.#disclosures.get(key) ?? new Set(), result.assessments));
    }
    observer?.evaluated(policy, result);
    for (const { type, reason, message } of result.events) {
      events.record(referenceTo(POLICIES, object), type, reason, message);
    }

    // The policy was deleted during the run.
    if (store.get(key)?.uid !== policy.uid) {
      this.forget(key);
      return undefined;
    }

    // Changes count as shown only if their status was written.
    if (!(await write(result.status))) {
      return statusRetryDelay(ownedFleet);
    }
    const firstSeen = withFirstSeenAt(result.state.firstSeen, startedAt, clock.monotonic());
    this.#states.set(key, { uid: policy.uid, ownedFleet, state: { ...result.state, firstSeen } });
    this.#recorded.delete(key);
    if (result.assessments !== undefined) {
      reports?.enqueue(policy, context.location, result.assessments);
    }
    return result.requeueAfter;
  }

  /**
   * Writes a status, and retries a write that can succeed later. The run keeps its result meanwhile, so that an API server that throttles
   * requests doesn't cost another run.
   */
  async #writeDurably(write: () => Promise<boolean>, waits: RunWaits, log: Logger): Promise<boolean> {
    const { outages, random } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        return await write();
      } catch (error) {
        const delay = requestRetryDelay(error, failures, random, canSucceedLater);
        if (delay === undefined || waits.areOver) {
          throw error;
        }
        const level = failures > 0 || outages?.suppresses(error) ? 'debug' : 'warn';
        log[level]({ error: sanitize(messageOf(error), 1024), failures }, 'the status was not written; retrying');
        // If the run becomes outdated meanwhile, the status is written once more, because it may show changes.
        await waits.pause(delay).catch(() => {});
      }
    }
  }

  /** Shows in the status of a policy that was never evaluated how long the reads of its fleet take. */
  async #showWaiting(
    policy: Policy,
    object: WithStatus<PolicyStatus>,
    { ownedFleet, log, backlog }: RunScope,
  ): Promise<void> {
    const { statusCache, clock } = this.#options;
    const { key, generation } = policy;
    const previous = statusCache.latest(key)?.status;
    if (isEvaluated(previous, generation)) {
      return;
    }
    const status = waitingStatus(policy, previous, backlog(), clock.now());
    try {
      await statusCache.write(object, status, () => ownedFleet.mayWriteStatus && !ownedFleet.isReleasing);
    } catch (error) {
      log.debug({ error: sanitize(messageOf(error), 1024) }, 'the status does not show that the policy waits');
    }
  }

  /** Returns the state of the previous run, if it was for the same object and period of ownership. */
  #stateOf(policy: Policy, ownedFleet: OwnedFleet): RunState | undefined {
    const previous = this.#states.get(policy.key);
    return previous?.uid === policy.uid && previous.ownedFleet === ownedFleet ? previous.state : undefined;
  }

  /**
   * Keeps the status of an earlier process before one without associations replaces it. The process may have made the changes that its
   * status shows as due.
   */
  #keepRecord(uid: string | undefined, key: string, status: PolicyStatus | undefined): void {
    if (uid !== undefined && !this.#states.has(key) && this.#recorded.get(key)?.uid !== uid) {
      this.#recorded.set(key, { uid, status });
    }
  }

  #recordOf({ key, uid }: Policy): PolicyStatus | undefined {
    const recorded = this.#recorded.get(key);
    return recorded?.uid === uid ? recorded.status : undefined;
  }

  #dropState(key: string): void {
    this.#states.delete(key);
    this.#recorded.delete(key);
    this.#disclosures.delete(key);
    this.#options.reports?.forget(key);
  }

  /** Records an Event when a policy starts to be not ready, or when its reason changes. */
  #recordNotReady(object: WithStatus<PolicyStatus>, status: PolicyStatus, log: Logger): void {
    const [before, after] = [object.status, status].map((version) =>
      version?.conditions?.find(({ type }) => type === 'Ready'),
    );
    if (after?.status === 'False' && before?.reason !== after.reason) {
      log.warn({ reason: after.reason, message: after.message }, 'policy not evaluated');
      this.#options.events.record(referenceTo(POLICIES, object), 'Warning', after.reason, after.message);
    }
  }

  /** Whether the operator would know about a change to a policy or a fleet. */
  #hasRecentContact(): boolean {
    const { lastContactAt, clock } = this.#options;
    return clock.monotonic() - lastContactAt() < MAX_API_SILENCE_MS;
  }
}

/** Returns the delay until an unwritten status is written, or undefined if another replica writes it. */
function statusRetryDelay({ isReleasing, lease }: OwnedFleet): number | undefined {
  return isReleasing || lease.ended.aborted ? undefined : STATUS_RETRY_MS;
}

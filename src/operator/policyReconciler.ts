import type { Logger } from 'pino';
import { withFlow } from '../aws/flow.ts';
import { withFirstSeenAt } from '../history/gracePeriod.ts';
import { referenceTo } from '../kube/events.ts';
import { POLICIES } from '../kube/resources.ts';
import type { PolicyAnnotations } from '../policy/annotations.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { UnknownFieldsError } from '../policy/parseServed.ts';
import type { Policy } from '../policy/policy.ts';
import { reconcile } from '../reconcile.ts';
import type { FleetRunContext } from '../run.ts';
import { sanitize } from '../sanitize.ts';
import { type Backlog, invalidStatus, notEvaluatedStatus, notPermittedStatus } from '../status/notEvaluated.ts';
import type { PolicyStatus } from '../status/resource.ts';
import { EventFollowing } from './eventFollowing.ts';
import { fleetBlocker, usedWorkspaceFleet } from './fleetBlocker.ts';
import type { FleetName } from './fleetStore.ts';
import { logDisclosures, logOutcome } from './outcomeLog.ts';
import type { OwnedFleet } from './ownership/ownedFleet.ts';
import type { PolicyReconcilerOptions } from './policyReconcilerOptions.ts';
import { PolicyStates } from './policyStates.ts';
import { PolicyStatusWriter, statusRetryDelay } from './policyStatusWriter.ts';
import { RunWaits } from './runWaits.ts';
import type { WithStatus } from './statusCache.ts';
import type { ReleaseWhile } from './worker.ts';

interface RunInProgress {
  readonly outdated: AbortController;
  readonly waits: RunWaits;
  /** Whether the run follows reads that events caused. */
  readonly followsEvents: boolean;
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

/** Time that a status shows a change before the change is made, so that policies applied together are evaluated together. */
const GRACE_PERIOD_MS = 5_000;
/** Time in which runs follow the reads that events caused, so that they make the changes that the first of them has shown. */
const FOLLOW_EVENTS_MS = 3 * GRACE_PERIOD_MS;
/** Maximum time without contact to the API server before changes stop: a policy may have been suspended in the meantime. */
const MAX_API_SILENCE_MS = 3 * 60_000;
/** Time for which a run that follows events waits for the reads of the run before it. */
const SHORT_READ_MS = 5_000;
/** Delay until a policy with unknown fields is evaluated again, because the CRD may have changed. */
const UNKNOWN_FIELDS_RETRY_MS = 60_000;

/** Ends the waits of a run of an earlier version of a policy or a fleet. */
class OutdatedError extends Error {
  override readonly name = 'OutdatedError';
}

/** Reconciles policies in their fleets, with the state of the previous run, and reports the results. */
export class PolicyReconciler {
  readonly #options: PolicyReconcilerOptions;
  readonly #states = new PolicyStates();
  readonly #statusWriter: PolicyStatusWriter;
  /** Runs in progress, by the key of the policy. */
  readonly #runs = new Map<string, RunInProgress>();
  readonly #eventFollowing: EventFollowing;
  /** Logged explanations that name policies of other namespaces, by the key of the policy. */
  readonly #disclosures = new Map<string, ReadonlySet<string>>();

  constructor(options: PolicyReconcilerOptions) {
    this.#options = options;
    this.#statusWriter = new PolicyStatusWriter(options);
    this.#eventFollowing = new EventFollowing(options.clock, FOLLOW_EVENTS_MS);
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
    this.#runs.get(key)?.outdated.abort(new OutdatedError());
  }

  /**
   * Handles that events caused reads: the next run of the policy doesn't wait for listings that are being renewed. A run that waits for them
   * ends, unless its reads end soon.
   */
  followEvents(key: string): void {
    this.#eventFollowing.recordReads(key);
    const run = this.#runs.get(key);
    if (run !== undefined && !run.followsEvents && run.waits.isReading) {
      const endIfReading = () => {
        if (this.#runs.get(key) === run && this.#eventFollowing.hasNews(key) && run.waits.isReading) {
          run.outdated.abort(new OutdatedError());
        }
      };
      this.#options.clock.sleep(SHORT_READ_MS, run.outdated.signal).then(endIfReading, () => {});
    }
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
    const outdated = new AbortController();
    const waits = new RunWaits({ releaseWhile, clock: this.#options.clock, outdated: outdated.signal });
    this.#runs.set(key, { outdated, waits, followsEvents: this.#eventFollowing.startRun(key) });
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
    this.#states.keepRecord(entry.uid, key, object.status);
    const { parsed, annotations } = entry;
    const generation = object.metadata.generation ?? 0;
    const fleetName = this.fleetOf(key);
    const mayWrite = () => ownedFleet.mayWriteStatus && this.fleetOf(key) === fleetName;
    const write = (status: PolicyStatus) =>
      this.#statusWriter.write(() => statusCache.write(object, status, mayWrite), waits, log);
    const report = async (status: PolicyStatus) => {
      this.#statusWriter.recordNotReady(object, status, log);
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
      // The status shows no plan, so changes need a new grace period.
      this.#states.forgetRun(key);
      return report(notPermittedStatus(generation, annotations, object.status, assignment.refused, clock.now()));
    }

    // The fleet can't be used.
    const { fleet } = assignment;
    const ended = usedWorkspaceFleet(fleet, object.status) ?? assignment.blocker;
    if (ended !== undefined) {
      return report(notEvaluatedStatus(parsed, annotations, object.status, ended, clock.now()));
    }
    const runtime = fleets.get(fleet.name);
    const blocker = fleetBlocker(parsed, fleet, runtime);
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
    const { store, fleets, statusCache, events, observer, observePhase, reports, audit, stopping, clock, random } =
      this.#options;
    const { key } = policy;
    const startedAt = clock.monotonic();
    const result = await withFlow(policy.namespace, () =>
      reconcile({
        ...context,
        policy,
        annotations,
        audit,
        authors: store.get(key)?.authors,
        previous: object.status,
        state: this.#states.stateOf(policy, ownedFleet),
        recorded: this.#states.recordOf(policy),
        policiesOverlapping: (other) => store.overlapping(other),
        policiesInScope: (other) => store.inScope(other),
        mayAct: () => !stopping.aborted && mayAct() && this.#hasRecentContact() && !statusCache.hasPendingWrite(key),
        gracePeriodMs: GRACE_PERIOD_MS,
        clock,
        followsEvents: this.#runs.get(key)?.followsEvents,
        hasNews: () => this.#eventFollowing.hasNews(key),
        waitForReads: waits.forReads(() => this.#statusWriter.showWaiting(policy, object, scope)),
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
    for (const { type, reason, message, annotations } of result.events) {
      events.record(referenceTo(POLICIES, object), type, reason, message, annotations);
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
    this.#states.set(policy, ownedFleet, { ...result.state, firstSeen });
    if (result.assessments !== undefined) {
      reports?.enqueue(policy, context.location, result.assessments);
    }
    return result.requeueAfter;
  }

  #dropState(key: string): void {
    this.#eventFollowing.forget(key);
    this.#states.drop(key);
    this.#disclosures.delete(key);
    this.#options.reports?.forget(key);
  }

  /** Whether the operator would know about a change to a policy or a fleet. */
  #hasRecentContact(): boolean {
    const { lastContactAt, clock } = this.#options;
    return clock.monotonic() - lastContactAt() < MAX_API_SILENCE_MS;
  }
}

import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import { InvalidResourceError } from '../policy/invalid.ts';
import type { Policy } from '../policy/policy.ts';
import type { Request } from '../policy/request.ts';
import { printable } from '../printable.ts';
import { type Reconciliation, reconcile } from '../reconcile.ts';
import type { Memory } from '../status/memory.ts';
import type { PolicyStatus } from '../status/resource.ts';
import { invalidStatus, refusedStatus, unevaluatedStatus } from '../status/unevaluated.ts';
import type { Assignment, FleetName } from './fleetBook.ts';
import { fleetTrouble, lostItsFleet } from './fleetTrouble.ts';
import type { OperatedContext, OperatedFleet } from './operatedFleet.ts';
import { logOutcome } from './outcomeLog.ts';
import type { Tenure } from './ownership/tenure.ts';
import type { PolicyBook } from './policyBook.ts';
import { POLICIES } from './resources.ts';
import type { ResultReports } from './resultReports.ts';
import type { Stated, Statuses } from './statuses.ts';

/** The fleets that policies are about. */
export interface OperatedFleets {
  assign(policy: Policy): Assignment;
  /** Undefined while it hasn't been connected to. */
  get(name: FleetName): Pick<OperatedFleet, 'context' | 'trouble' | 'isSuspended'> | undefined;
  /** A policy uses a fleet. */
  uses(name: FleetName): void;
  /** Forgets what is remembered of a policy. */
  forget(policyKey: string): void;
}

export interface PolicyRunsOptions {
  readonly fleets: OperatedFleets;
  /** The time for which a fleet is this replica's; undefined if it isn't. */
  readonly tenureOf: (name: FleetName) => Tenure | undefined;
  readonly book: PolicyBook;
  readonly statuses: Statuses<PolicyStatus>;
  /** When the operator was last in touch with the API server about everything that may stop it, on the clock's monotonic time. */
  readonly heardAt: () => number;
  /** Where all results of a run go, beside the status, which has room for some; undefined: nowhere. */
  readonly reports?: Pick<ResultReports, 'offer' | 'forget'> | undefined;
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
  readonly context: OperatedContext;
  readonly tenure: Tenure;
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
const IN_TOUCH = 3 * 60_000;

/** When a status is tried again that couldn't be written as the lease was too old, in milliseconds: it may be renewed yet. */
const WRITE_AGAIN = 5_000;

/** Runs policies: each in its fleet, with what its last run left to it, and reports what came of it. */
export class PolicyRuns {
  readonly #options: PolicyRunsOptions;
  readonly #memories = new Map<string, { readonly uid: string; readonly tenure: Tenure; readonly memory: Memory }>();

  constructor(options: PolicyRunsOptions) {
    this.#options = options;
  }

  /** A policy is gone. */
  forget(key: string): void {
    this.#leave(key);
    this.#options.statuses.forget(key);
    this.#options.fleets.forget(key);
    this.#options.observer?.forget(key);
  }

  /** A fleet isn't this replica's any more: what the runs of its policies left may not be true any more. */
  fleetLost(name: FleetName): void {
    for (const key of this.#options.book.keys().filter((one) => this.fleetOf(one) === name)) {
      this.#leave(key);
    }
  }

  #leave(key: string): void {
    this.#memories.delete(key);
    this.#options.reports?.forget(key);
  }

  /**
   * The fleet whose owner looks after a policy: that which the policy is about. Of policies that no fleet admits, or that aren't valid, it
   * is the operator's own.
   */
  fleetOf(key: string): FleetName {
    const parsed = this.#options.book.get(key)?.parsed;
    if (parsed === undefined || parsed instanceof InvalidResourceError) {
      return undefined;
    }
    const assignment = this.#options.fleets.assign(parsed);
    return 'fleet' in assignment ? assignment.fleet.name : undefined;
  }

  /** Returns the milliseconds until the policy is due again; undefined if it is gone, or another replica's. */
  async run(key: string, log: Logger): Promise<number | undefined> {
    const tenure = this.#options.tenureOf(this.fleetOf(key));
    if (tenure === undefined) {
      this.#leave(key);
      return undefined;
    }
    return tenure.during(() => this.#runIn(tenure, key, log));
  }

  async #runIn(tenure: Tenure, key: string, log: Logger): Promise<number | undefined> {
    const { book, fleets, statuses, clock } = this.#options;
    const object = statuses.latest(key);
    const entry = book.get(key);
    if (object === undefined || entry === undefined || object.metadata.uid !== entry.uid) {
      return undefined;
    }
    const { parsed, request } = entry;
    const generation = object.metadata.generation ?? 0;
    const fleetName = this.fleetOf(key);
    const write = (status: PolicyStatus) =>
      statuses.write(object, status, () => tenure.mayReport && this.fleetOf(key) === fleetName);
    const report = async (status: PolicyStatus) => {
      this.#tell(object, status, log);
      return (await write(status)) ? undefined : writeAgainAfter(tenure);
    };
    if (parsed instanceof InvalidResourceError) {
      const message = printable(parsed.message, 1024);
      return report(invalidStatus(generation, request, object.status, message, clock.now()));
    }
    const access = this.#accessOf(parsed, object.status);
    if ('refused' in access) {
      // The status shows nothing of what its runs were going to do any more.
      this.#memories.delete(key);
      const status = refusedStatus(generation, request, object.status, access.refused, clock.now());
      return report(status);
    }
    const { fleet, operated, trouble } = access;
    fleets.uses(fleet.name);
    if (trouble !== undefined) {
      return report(unevaluatedStatus(parsed, request, object.status, trouble, clock.now()));
    }
    const policy = book.admitted(key);
    const context = operated?.context;
    if (policy === undefined || context === undefined || !tenure.hasPlace) {
      // Once the fleet has been connected to, its policies are enqueued.
      return undefined;
    }
    // A run rests on what its fleet allowed when it began.
    const mayAct = () => tenure.mayAct && operated?.context?.terms === context.terms && !operated.isSuspended;
    return this.#run(policy, request, object, { context, tenure, mayAct, write, log });
  }

  /** Says once why a policy can't be evaluated. */
  #tell(object: Stated<PolicyStatus>, status: PolicyStatus, log: Logger): void {
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
    const operated = fleets.get(fleet.name);
    const trouble = lostItsFleet(policy, fleet, previous) ?? fleetTrouble(policy, fleet, operated);
    return { fleet, operated, trouble };
  }

  /** Returns the milliseconds until the policy is due again; undefined if it is gone. */
  async #run(
    policy: Policy,
    request: Request,
    object: Stated<PolicyStatus>,
    { context, tenure, mayAct, write, log }: Terms,
  ): Promise<number | undefined> {
    const { book, fleets, statuses, stopping, clock, random } = this.#options;
    const { key } = policy;
    const remembered = this.#memories.get(key);
    const result = await reconcile(
      policy,
      request,
      object.status,
      remembered?.uid === policy.uid && remembered.tenure === tenure ? remembered.memory : undefined,
      {
        ...context,
        policiesConcerning: (one) => book.concerning(one),
        mayAct: () => !stopping.aborted && mayAct() && this.#isInTouch() && !statuses.isUnwritten(key),
        showFor: SHOW_FOR,
        clock,
        random,
      },
    );
    fleets.uses(context.at.name);
    if ((stopping.aborted || tenure.isEnding) && result.outcome.made.length === 0) {
      return undefined;
    }
    logOutcome(log, result.outcome);
    this.#options.observer?.evaluated(policy, result);
    for (const { type, reason, message } of result.events) {
      this.#options.events.record(referenceTo(POLICIES, object), type, reason, message);
    }
    if (book.get(key)?.uid !== policy.uid) {
      this.forget(key);
      return undefined;
    }
    if (!(await write(result.status))) {
      return writeAgainAfter(tenure);
    }
    // Only what was written was shown.
    this.#memories.set(key, { uid: policy.uid, tenure, memory: result.memory });
    if (result.rows !== undefined) {
      this.#options.reports?.offer(policy, context.at, result.rows);
    }
    return result.runAgainAfter;
  }

  /** Whether the operator would know if a person had changed a policy or a fleet. */
  #isInTouch(): boolean {
    const { heardAt, clock } = this.#options;
    return clock.monotonic() - heardAt() < IN_TOUCH;
  }
}

/** When a policy is due again whose status isn't written; undefined if that is for another replica to do. */
function writeAgainAfter({ isEnding, lease }: Tenure): number | undefined {
  return isEnding || lease.ended.aborted ? undefined : WRITE_AGAIN;
}

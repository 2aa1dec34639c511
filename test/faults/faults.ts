import { seededRandom } from '../../src/simulator/random.ts';
import type { SimulatedTime } from './time.ts';

/** Kinds of faults between the operator, the cluster, and AWS. */
export type FaultKind =
  /** AWS throttles calls. */
  | 'Throttled'
  /** AWS responds with 500 or 503 and changes nothing. */
  | 'ServerError'
  /** The connection to AWS breaks before AWS changes anything. */
  | 'Reset'
  /** AWS carries out the call, and the response is lost. */
  | 'LostResponse'
  /** AWS does not respond within 30 seconds. It may or may not have carried out the call. */
  | 'Timeout'
  /** Each response of AWS, including each page of a list, takes `amount` milliseconds longer. */
  | 'SlowResponses'
  /** Reads of associations are up to `amount` milliseconds old. The two directions of reading differ in age. */
  | 'StaleReads'
  /** AWS denies changes, but allows reads. */
  | 'ChangesDenied'
  /** AWS rejects deployments with the `amount`-th error of REJECTIONS. */
  | 'DeploymentsRejected'
  /** AWS denies any call. */
  | 'AccessDenied'
  /** The second or a later page of a list returns the token that requested it. */
  | 'RepeatedToken'
  /** A page of a list is the last one too early. */
  | 'TruncatedPages'
  /** A proxy between the operator and AWS responds to reads with an empty object. */
  | 'EmptyResponses'
  /** Deployments fail with the `amount`-th error code of AWS. */
  | 'DeploymentFails'
  /** AWS does not respond to `GetCallerIdentity`. */
  | 'NoIdentity'
  /** Requests to the API server fail with 500. */
  | 'ApiErrors'
  /** The API server sends neither responses nor events. */
  | 'ApiSilence'
  /** Watches send nothing, and lists get no response. All other requests succeed. */
  | 'SilentWatches'
  /** The API server rejects writes of statuses. */
  | 'StatusRejected'
  /** The API server carries out the request, and the response is lost. */
  | 'LostWrites'
  /** Events of watches are `amount` milliseconds late. */
  | 'LateEvents'
  /** Every watch ends with 410 Gone. The operator sees the events in between only in the next list. */
  | 'WatchesExpired'
  /** Lists are `amount` revisions old. */
  | 'StaleLists'
  /** The queue of the events can't be read. All other calls succeed. */
  | 'QueueUnavailable'
  /** The audit log can't be written. */
  | 'AuditLogFull'
  /** The process is killed at the `amount`-th boundary from the start. */
  | 'Crash'
  /** The process is killed after AWS has disassociated an application, before the response arrives. */
  | 'CrashOnRemoval'
  /** The process is stopped, and another one replaces it. */
  | 'Restart'
  /** A second replica runs. */
  | 'SecondReplica'
  /** The process is paused (SIGSTOP) for the duration of the fault. */
  | 'Pause'
  /** The clock of the machine jumps by `amount` milliseconds. */
  | 'ClockJump';

/** Errors of rejected deployments: two recur until something changes, and the operator doesn't know the last one. */
export const REJECTIONS = [
  'OperationNotSupportedException',
  'InvalidParameterValuesException',
  'SomethingNewException',
] as const;

/** Errors of AWS that recur until the WorkSpace, the association, or the policy changes. */
export const PERMANENT_ERRORS: ReadonlySet<string> = new Set(REJECTIONS.slice(0, 2));

export interface Fault {
  readonly kind: FaultKind;
  /** Start, in milliseconds from the start of the schedule. `for` is the duration in milliseconds. */
  readonly at: number;
  readonly for: number;
  /** Share of the calls that the fault hits, from 0 to 1. */
  readonly rate: number;
  readonly amount: number;
}

/** Faults of a schedule. Each one draws from its own random stream, so that removing one hardly changes the others. */
export class ActiveFaults {
  readonly #time: SimulatedTime;
  readonly #faults: readonly { readonly fault: Fault; readonly random: () => number }[];
  /** Time at which all faults ended, in milliseconds from the start of the schedule. */
  #endedAt: number | undefined;

  constructor(faults: readonly Fault[], seed: number, time: SimulatedTime) {
    this.#time = time;
    this.#faults = faults.map((fault) => ({ fault, random: seededRandom(seed ^ Math.imul(fault.at + 1, 0x9e3779b1)) }));
  }

  /** Whether all faults ended. */
  get isOver(): boolean {
    return this.#endedAt !== undefined;
  }

  /** Ends all faults. */
  end(): void {
    this.#endedAt = this.#time.elapsed;
  }

  /** Returns the fault of a kind that hits this call. Undefined if none does. */
  hit(kind: FaultKind): Fault | undefined {
    if (this.isOver) {
      return undefined;
    }
    const now = this.#time.elapsed;
    const hit = this.#faults.find(
      ({ fault, random }) =>
        fault.kind === kind &&
        fault.at <= now &&
        now < fault.at + fault.for &&
        (fault.rate >= 1 || random() < fault.rate),
    );
    return hit?.fault;
  }

  /** Whether a fault of a kind was active within the last `ms` milliseconds. A clock that jumped jumps back when all faults end. */
  wasActive(kind: FaultKind, ms: number): boolean {
    const now = this.#time.elapsed;
    const isBack = this.#endedAt !== undefined && now < this.#endedAt + ms;
    return this.#faults.some(
      ({ fault }) =>
        fault.kind === kind &&
        ((fault.at <= now && now < fault.at + fault.for + ms) || (kind === 'ClockJump' && isBack)),
    );
  }
}

import { seededRandom } from '../../src/simulator/random.ts';
import type { SimulatedTime } from './time.ts';

/** What can go wrong between the operator, the cluster and AWS. */
export type FaultKind =
  /** AWS throttles. */
  | 'Throttled'
  /** AWS answers 500 or 503, and has done nothing. */
  | 'ServerError'
  /** The connection to AWS breaks before anything was done. */
  | 'Reset'
  /** AWS does what it is asked, and the answer is lost. */
  | 'LostAnswer'
  /** No answer of AWS comes within 30 seconds; whether it did what it was asked is open. */
  | 'Timeout'
  /** Answers of AWS, each page of a listing included, take `amount` milliseconds longer. */
  | 'SlowAnswers'
  /** Reads of associations are up to `amount` milliseconds old, those of the two directions by different times. */
  | 'StaleReads'
  /** AWS denies the identity changes, and no reads. */
  | 'ChangesDenied'
  /** AWS denies the identity something. */
  | 'AccessDenied'
  /** The second page of a listing, or a later one, answers with the token that asked for it. */
  | 'RepeatedToken'
  /** A page of a listing says that it is the last one, and isn't. */
  | 'TruncatedPages'
  /** Something between the operator and AWS answers reads, with an empty object. */
  | 'EmptyBodies'
  /** Deployments end in an error, the `amount`-th of those that AWS knows. */
  | 'DeploymentFails'
  /** AWS doesn't say whose credentials these are. */
  | 'NoIdentity'
  /** Requests to the API server fail with 500. */
  | 'ApiErrors'
  /** Nothing is heard of the API server, neither answers nor events. */
  | 'ApiSilent'
  /** Watches tell nothing any more, and lists aren't answered; everything else is. */
  | 'DeafWatches'
  /** Statuses are refused. */
  | 'StatusRefused'
  /** The API server does what it is asked, and the answer is lost. */
  | 'LostWrites'
  /** Events of watches come `amount` milliseconds late. */
  | 'LateEvents'
  /** Every watch ends with 410 Gone: what happened meanwhile is only seen in the next list. */
  | 'WatchesExpired'
  /** Lists are as of `amount` revisions ago. */
  | 'StaleLists'
  /** The process is killed at the `amount`-th boundary of a call from the beginning. */
  | 'Crash'
  /** The process is killed once AWS has disassociated something, before it is told. */
  | 'CrashOnRemoval'
  /** The process is asked to stop, and another one takes its place. */
  | 'Restart'
  /** A second replica runs. */
  | 'SecondReplica'
  /** The process stands still. */
  | 'Freeze'
  /** Somebody sets the machine's clock by `amount` milliseconds. */
  | 'ClockSet';

export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds from the beginning, and how long it lasts. */
  readonly at: number;
  readonly for: number;
  /** How many of the calls it befalls, from 0 to 1. */
  readonly rate: number;
  readonly amount: number;
}

/** Which faults are at work. Each decides by a random stream of its own, so that taking one away leaves the others much as they were. */
export class ActiveFaults {
  readonly #time: SimulatedTime;
  readonly #faults: readonly { readonly fault: Fault; readonly random: () => number }[];
  isOver = false;

  constructor(faults: readonly Fault[], seed: number, time: SimulatedTime) {
    this.#time = time;
    this.#faults = faults.map((fault) => ({ fault, random: seededRandom(seed ^ Math.imul(fault.at + 1, 0x9e3779b1)) }));
  }

  /** The fault of a kind that befalls a call now; undefined if none does. */
  strikes(kind: FaultKind): Fault | undefined {
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

  /** Whether one of a kind has been at work within the last `ms` milliseconds. */
  wasAtWork(kind: FaultKind, ms: number): boolean {
    const now = this.#time.elapsed;
    return this.#faults.some(({ fault }) => fault.kind === kind && fault.at <= now && now < fault.at + fault.for + ms);
  }
}

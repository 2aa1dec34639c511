import type { Call } from '../../../src/simulator/callLog.ts';
import type { SimulatedAssociation } from '../../../src/simulator/lifecycle.ts';
import type { JsonObject } from '../../../src/simulator/validate.ts';
import type { ActiveFaults } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { SimulatedTime } from '../time.ts';
import type { EventDelivery } from './eventDelivery.ts';
import type { SimulatedCloud } from './simulatedCloud.ts';

/** Dependencies of everything that handles calls to AWS. */
export interface AwsParts {
  readonly cloud: SimulatedCloud;
  readonly time: SimulatedTime;
  readonly faults: ActiveFaults;
  readonly observer: CloudObserver;
  /** Events of AWS. Undefined if the fleet has none. */
  readonly events: EventDelivery | undefined;
  /** Counts a boundary. Returns whether the process is killed at it. */
  readonly boundary: (process: SimulatedProcess) => boolean;
  /** Kills a process, and starts another one after a delay. */
  readonly crash: (process: SimulatedProcess) => void;
  readonly random: () => number;
  /** Maximum number of items on a page. */
  readonly pageSize: number;
}

/** Call of a process. */
export interface SentCall {
  readonly process: SimulatedProcess;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Time of sending, in milliseconds from the start. */
  readonly at: number;
  /** AWS request ID of the response. */
  readonly requestID: string;
}

/** Observer of the traffic between processes and AWS. Each method is called at the time of the event. */
export interface CloudObserver {
  /** A process sends a call. */
  callSent(sent: SentCall): void;
  /** AWS has made a change. `before` contains the associations of the WorkSpace before the change. */
  changeApplied(sent: SentCall, call: Call, before: readonly SimulatedAssociation[]): void;
  /** AWS has rejected a change. */
  changeRejected(sent: SentCall, call: Call): void;
  /** AWS throttled a change, so that the operator may send it again. */
  changeThrottled(sent: SentCall, call: Call): void;
  /** A change has failed, and the process receives the error. */
  changeFailed(sent: SentCall): void;
  /** A process receives an error of AWS. */
  errorReceived(sent: SentCall, error: unknown): void;
  /** A process receives the response to a read. */
  responseReceived(sent: SentCall, output: JsonObject): void;
}

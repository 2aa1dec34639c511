import type { Call } from '../../../src/simulator/callLog.ts';
import type { SimulatedAssociation } from '../../../src/simulator/lifecycle.ts';
import type { JsonObject } from '../../../src/simulator/validate.ts';
import type { ActiveFaults } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { SimulatedTime } from '../time.ts';
import type { SimulatedCloud } from './simulatedCloud.ts';

/** What calls of processes reach, what they meet, and who is told of them. */
export interface AwsParts {
  readonly cloud: SimulatedCloud;
  readonly time: SimulatedTime;
  readonly faults: ActiveFaults;
  readonly observer: CloudObserver;
  /** A boundary of a call is reached. Returns whether the process is killed at it. */
  readonly boundary: (process: SimulatedProcess) => boolean;
  /** Kills a process; another one comes after a while. */
  readonly crash: (process: SimulatedProcess) => void;
  readonly random: () => number;
  /** How many entries a page of a listing has at most. */
  readonly pageSize: number;
}

/** A call of a process. */
export interface Sent {
  readonly process: SimulatedProcess;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** When it was sent, in milliseconds from the beginning. */
  readonly at: number;
}

/** Told what passes between a process and AWS, at the moment it does. */
export interface CloudObserver {
  /** A process sends a request. */
  sending(sent: Sent): void;
  /** AWS has carried a change out; `before` is how the WorkSpace was then. */
  carriedOut(sent: Sent, call: Call, before: readonly SimulatedAssociation[]): void;
  /** AWS has refused a change. */
  refused(sent: Sent, call: Call): void;
  /** Something goes wrong with a change, and the process is told so. */
  failed(sent: Sent): void;
  /** A process gets an answer to a read. */
  answered(sent: Sent, output: JsonObject): void;
}

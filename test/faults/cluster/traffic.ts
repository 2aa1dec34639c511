import type { ActiveFaults } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { SimulatedTime } from '../time.ts';
import type { SimulatedCluster, Stored } from './simulatedCluster.ts';

/** Milliseconds that a request takes on its way, each way. */
export const LATENCY = 5;

/** What requests of processes reach, what they meet, and who is told of them. */
export interface ApiParts {
  readonly cluster: SimulatedCluster;
  readonly time: SimulatedTime;
  readonly faults: ActiveFaults;
  readonly observer: ClusterObserver;
  /** A boundary of a call is reached. Returns whether the process is killed at it. */
  readonly boundary: (process: SimulatedProcess) => boolean;
}

/** Told what passes between a process and the cluster, at the moment it does. */
export interface ClusterObserver {
  /** A process learns of objects: all of a kind, or one that has changed. */
  learnt(process: SimulatedProcess, plural: string, objects: readonly Stored[], isAll: boolean): void;
  /** A process learns that an object is gone. */
  forgot(process: SimulatedProcess, plural: string, object: Stored): void;
  /** A watch of a process shows that it still works, although nothing may have happened. */
  heard(process: SimulatedProcess, plural: string): void;
  /** A status has been written, in a request that was sent at that time. */
  statusWritten(process: SimulatedProcess, object: Stored, sentAt: number): void;
}

import type { ActiveFaults } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { SimulatedTime } from '../time.ts';
import type { SimulatedCluster, StoredObject } from './simulatedCluster.ts';

/** Latency of a request in each direction (ms). */
export const LATENCY_MS = 5;

/** Dependencies of everything that handles requests to the API server. */
export interface ApiParts {
  readonly cluster: SimulatedCluster;
  readonly time: SimulatedTime;
  readonly faults: ActiveFaults;
  readonly observer: ClusterObserver;
  /** Counts a boundary. Returns whether the process is killed at it. */
  readonly boundary: (process: SimulatedProcess) => boolean;
}

/** Observer of the traffic between processes and the cluster. Each method is called at the time of the event. */
export interface ClusterObserver {
  /** A process receives objects: all of a resource, or one that has changed. */
  objectsReceived(process: SimulatedProcess, plural: string, objects: readonly StoredObject[], isAll: boolean): void;
  /** A process receives the deletion of an object. */
  objectDeleted(process: SimulatedProcess, plural: string, object: StoredObject): void;
  /** A process receives proof that a watch works, possibly without an event. */
  contacted(process: SimulatedProcess, plural: string): void;
  /** A status was written, with a request that was sent at `sentAt` (ms from the start). */
  statusWritten(process: SimulatedProcess, object: StoredObject, sentAt: number): void;
}

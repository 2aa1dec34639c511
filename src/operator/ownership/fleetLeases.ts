import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ApiClient } from '../../kube/apiClient.ts';
import { Informer, type InformerOptions } from '../../kube/informer.ts';
import { LEASES, type Lease, LeaseClient, type LeaseTiming } from '../../kube/lease.ts';
import { LeaseManager, type LeasePause } from '../../kube/leaseManager.ts';
import type { WatchChange } from '../../kube/store.ts';
import { type AwsScope, parseScopeKey } from '../awsScopes.ts';
import type { FleetName } from '../fleetStore.ts';
import { ClusterLease, type ClusterLeaseOptions } from './clusterLease.ts';
import { ENDED_ANNOTATION, FLEET_ANNOTATION, LeaseNames, MANAGED_BY_LABELS, SCOPE_ANNOTATION } from './leaseNames.ts';

export interface FleetLeasesOptions extends Pick<InformerOptions<Lease>, 'clock' | 'random' | 'onError'> {
  /** Returns a client for the API server with a request timeout. */
  readonly clientWithTimeout: (timeoutMs: number) => ApiClient;
  /** Identity of this replica. */
  readonly identity: string;
  /** Namespace of the leases. */
  readonly namespace: string;
  /** Namespace that the operator watches. Undefined for all namespaces. */
  readonly watchedNamespace: string | undefined;
  readonly timing: LeaseTiming;
  /** Called when changes stop because leases are late, and when they resume. */
  readonly onPause: (pause: LeasePause) => void;
}

/** Creates the manager and the informer of the leases by which replicas distribute the fleets. */
export function createFleetLeases(options: FleetLeasesOptions) {
  const { clientWithTimeout, identity, namespace, watchedNamespace, timing, clock, random, onError, onPause } = options;
  // As in controller-runtime: a renewal that hangs must leave time for another one.
  const client = clientWithTimeout(timing.renewDeadline / 2);
  const names = new LeaseNames(watchedNamespace);
  const manager = new LeaseManager({
    client: new LeaseClient(client, namespace, names.labels),
    identity,
    timing,
    clock,
    onError,
    onPause,
  });
  const informer = new Informer<Lease>({
    client,
    resource: LEASES,
    namespace,
    labelSelector: names.labelSelector,
    clock,
    random,
    onError,
  });
  /** Returns the AWS scope that the owner of a fleet has recorded, or undefined if none has. */
  const recordedScope = (name: FleetName): AwsScope | undefined => {
    const key = manager.get(names.ofFleet(name))?.metadata.annotations?.[SCOPE_ANNOTATION];
    return key === undefined ? undefined : parseScopeKey(key);
  };
  return {
    manager,
    names,
    informer,
    scopeOf: recordedScope,
    /** Whether an operator has recorded that a WorkspaceFleet existed. */
    get hasAmbientFleetEnded() {
      return manager.get(names.ofFleet(undefined))?.metadata.annotations?.[ENDED_ANNOTATION] !== undefined;
    },
  };
}

/** Creates the lease in which operators of the cluster claim the policies that they manage. */
export function createClusterLease({
  clientWithTimeout,
  ...options
}: Omit<ClusterLeaseOptions, 'client'> & Pick<FleetLeasesOptions, 'clientWithTimeout'>): ClusterLease {
  const client = clientWithTimeout(options.timing.renewDeadline / 2);
  return new ClusterLease({ ...options, client: new LeaseClient(client, options.namespace, MANAGED_BY_LABELS) });
}

/** Returns the fleet whose recorded AWS scope a change of a lease modifies. Its name is undefined for the ambient fleet. */
export function relocatedFleet({ object, previous }: WatchChange<Lease>): { readonly name: FleetName } | undefined {
  const { annotations = {} } = object.metadata;
  const isRelocated = annotations[SCOPE_ANNOTATION] !== previous?.metadata.annotations?.[SCOPE_ANNOTATION];
  return isRelocated ? { name: annotations[FLEET_ANNOTATION] } : undefined;
}

/** Returns an identity for this process: the name of the pod and a random suffix that no earlier process of the pod had. */
export function newIdentity(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '');
  return `${name}-${randomBytes(4).toString('hex')}`;
}

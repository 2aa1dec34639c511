import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ApiClient } from '../../kube/apiClient.ts';
import { Informer, type InformerOptions } from '../../kube/informer.ts';
import { LEASES, type Lease, LeaseClient, type LeaseTiming } from '../../kube/lease.ts';
import { LeaseManager } from '../../kube/leaseManager.ts';
import { type AwsScope, parseScopeKey } from '../awsScopes.ts';
import type { FleetName } from '../fleetStore.ts';
import { FLEET_ANNOTATION, LeaseNames, SCOPE_ANNOTATION } from './leaseNames.ts';
import { Ownership, type OwnershipOptions } from './ownership.ts';

export interface CreateOwnershipOptions
  extends Omit<OwnershipOptions, 'leases' | 'names'>,
    Pick<InformerOptions<Lease>, 'random' | 'onError'> {
  /** A way to reach the API server, on which a request may take so long. */
  readonly clientOf: (options: { readonly timeoutMs: number }) => ApiClient;
  /** Where the leases are. */
  readonly namespace: string;
  /** The namespace that the operator watches; undefined: all. */
  readonly watched: string | undefined;
  readonly timing: LeaseTiming;
  /** A fleet was found to be somewhere else than was known, by whichever replica it is of. */
  readonly onMoved: (name: FleetName) => void;
}

/** A replica's share in the fleets, and the watch of the leases that it rests on. */
export function createOwnership(options: CreateOwnershipOptions) {
  const { clientOf, identity, namespace, watched, timing, clock, random, onError, onMoved } = options;
  // As in controller-runtime: a renewal that hangs must leave time for another.
  const client = clientOf({ timeoutMs: timing.renewDeadline / 2 });
  const names = new LeaseNames(watched);
  const leases = new LeaseManager({
    client: new LeaseClient(client, namespace, names.labels),
    identity,
    timing,
    clock,
    onError,
  });
  const ownership = new Ownership({ ...options, leases, names });
  const leaseReflector = new Informer<Lease>({
    client,
    resource: LEASES,
    namespace,
    labelSelector: names.labelSelector,
    clock,
    random,
    onError,
    handlers: [
      (change) => {
        if (leases.observe(change)) {
          ownership.wake();
        }
        const { annotations = {} } = change.object.metadata;
        if (annotations[SCOPE_ANNOTATION] !== change.previous?.metadata.annotations?.[SCOPE_ANNOTATION]) {
          onMoved(annotations[FLEET_ANNOTATION]);
        }
      },
    ],
  });
  /** Where the owner of a fleet found it to be; undefined if none has yet. */
  const placeOf = (name: FleetName): AwsScope | undefined => {
    const key = leases.get(names.ofFleet(name))?.metadata.annotations?.[SCOPE_ANNOTATION];
    return key === undefined ? undefined : parseScopeKey(key);
  };
  return { ownership, leaseReflector, placeOf };
}

/** Of this process alone: the pod's name, for people, and something that no earlier process of the pod had. */
export function newIdentity(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '');
  return `${name}-${randomBytes(4).toString('hex')}`;
}

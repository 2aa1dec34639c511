import { WorkQueue } from '../kube/queue.ts';
import { FLEETS, type FleetObject, POLICIES, type PolicyObject } from '../kube/resources.ts';
import { StatusWriter } from '../kube/statusWriter.ts';
import type { Policy } from '../policy/policy.ts';
import { ambientFleet } from '../policy/workspaceFleet.ts';
import { fleetStatusChanged } from '../status/fleetStatus.ts';
import { statusChanged } from '../status/status.ts';
import { AwsScopes, resolveScope, scopeOf } from './awsScopes.ts';
import type { OperatorClients } from './clients.ts';
import type { Dependencies } from './dependencies.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import { type FleetName, FleetStore, fleetLabel } from './fleetStore.ts';
import { FleetUsage } from './fleetUsage.ts';
import type { OperatorMetrics } from './metrics/operatorMetrics.ts';
import type { OperatorOptions } from './options.ts';
import { createClusterLease, createFleetLeases } from './ownership/fleetLeases.ts';
import { PolicyStore } from './policyStore.ts';
import { ServedSchemas } from './servedSchemas.ts';
import { StatusCache } from './statusCache.ts';

/** Stores and work queues of an operator. */
export type OperatorStores = ReturnType<typeof createStores>;

/** Creates the stores of schemas, resources, statuses, leases, and AWS scopes, and the work queues. */
export function createStores(
  options: OperatorOptions,
  stopping: AbortSignal,
  { clock, random, identity, ownNamespace }: Dependencies,
  metrics: OperatorMetrics,
  { client, clientWithTimeout, informers, onError }: OperatorClients,
) {
  const schemas = new ServedSchemas({ client, clock, stopping });
  const fleetRuntimes = new Map<FleetName, FleetRuntime>();
  const fleetLeases = createFleetLeases({
    clientWithTimeout,
    identity,
    namespace: options.leaseNamespace ?? ownNamespace,
    watchedNamespace: options.namespace,
    timing: options.leaseTiming,
    clock,
    random,
    onError,
    onPause: ({ isPaused, message }) => options.log[isPaused ? 'warn' : 'info'](message),
  });
  const clusterLease = createClusterLease({
    clientWithTimeout,
    namespace: options.clusterLeaseNamespace,
    installation: options.leaseNamespace ?? ownNamespace,
    watchedNamespace: options.namespace,
    identity,
    timing: options.leaseTiming,
    clock,
    random,
    onError,
    log: options.log,
  });
  const fleetStore = new FleetStore(
    {
      config: ambientFleet({ callsPerSecond: options.awsRequestsPerSecond, burst: options.awsBurst }),
      serves: (namespace) => options.ambientFleetNamespaces.includes(namespace),
      areFleetsKnown: () => informers.fleets.hasSynced() && fleetLeases.informer.hasSynced(),
      hasEnded: () => fleetLeases.hasAmbientFleetEnded,
      wasUsed: () =>
        fleetRuntimes.get(undefined)?.identity !== undefined || fleetLeases.scopeOf(undefined) !== undefined,
    },
    schemas,
  );
  const bindingFor = (policy: Policy) => {
    const fleet = fleetStore.of(policy);
    if (fleet === undefined) {
      return undefined;
    }
    const { name, limits, access } = fleet;
    const scope = fleetRuntimes.get(name)?.scope ?? resolveScope(scopeOf(access), fleetLeases.scopeOf(name));
    return { limits, scope };
  };
  const policyStore = new PolicyStore(clock, bindingFor, schemas);
  // Policies without a fleet only get a status, but many of them must not delay the others.
  const flowOf = (key: string) => {
    const fleet = fleetStore.of(policyStore.get(key)?.parsed);
    return { group: fleet === undefined ? '' : fleetLabel(fleet.name), flow: key.slice(0, key.indexOf('/')) };
  };
  const fleetStatuses = new StatusCache({
    writer: new StatusWriter<FleetObject>({ client, resource: FLEETS }),
    informer: informers.fleets,
    clock,
    stopping,
    statusChanged: fleetStatusChanged,
  });
  return {
    queues: {
      policy: new WorkQueue({
        clock,
        random,
        observer: metrics.queues.observe('policy'),
        flowOf,
        slotsPerGroup: options.concurrent,
      }),
      fleet: new WorkQueue({ clock, random, observer: metrics.queues.observe('fleet') }),
    },
    schemas,
    fleetStore,
    fleetRuntimes,
    fleetLeases,
    clusterLease,
    policyStore,
    fleetUsage: new FleetUsage({
      fleetStore,
      policyStore,
      fleetStatuses,
      watchesAllNamespaces: options.namespace === undefined,
    }),
    scopes: new AwsScopes(clock),
    fleetStatuses,
    policyStatuses: new StatusCache({
      writer: new StatusWriter<PolicyObject>({ client, resource: POLICIES }),
      informer: informers.policies,
      clock,
      stopping,
      statusChanged,
    }),
  };
}

import type { Clock } from '../clock.ts';
import type { Informer } from '../kube/informer.ts';
import type { QueueState, WorkQueue } from '../kube/queue.ts';
import type { KubeObject } from '../kube/resource.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import type { FleetStatus } from '../status/fleetStatus.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { FleetController } from './fleetController.ts';
import { type FleetName, type FleetStore, fleetLabel } from './fleetStore.ts';
import type { Check } from './http/health.ts';
import { workCheck } from './http/liveness.ts';
import type { AuditView } from './metrics/auditMetrics.ts';
import type { FleetMetricsView } from './metrics/fleetMetrics.ts';
import type { ProviderMetricsView } from './metrics/notificationMetrics.ts';
import type { OperatorMetricsOptions } from './metrics/operatorMetrics.ts';
import type { PolicyView } from './metrics/policyMetrics.ts';
import { CONTROLLERS, type ControllerName } from './metrics/runMetrics.ts';
import type { ClusterLease } from './ownership/clusterLease.ts';
import type { PolicyStore } from './policyStore.ts';
import type { StatusCache } from './statusCache.ts';

/** Parts of the operator that metrics and health checks read. */
export interface OperatorInternals {
  readonly queues: Readonly<Record<ControllerName, WorkQueue>>;
  /** Number of workers of each queue. */
  readonly workers: Readonly<Record<ControllerName, number>>;
  readonly informers: readonly Pick<Informer<KubeObject>, 'resource' | 'lastContactAt' | 'hasSynced'>[];
  readonly audit: AuditView;
  readonly clusterLease: Pick<ClusterLease, 'problem' | 'isAdmitted' | 'isHeld' | 'obstacle'>;
  readonly fleetStore: Pick<FleetStore, 'of' | 'get' | 'names'>;
  readonly fleets: Pick<FleetController, 'get'>;
  readonly fleetStatuses: Pick<StatusCache<FleetStatus>, 'latest'>;
  readonly store: Pick<PolicyStore, 'get' | 'keys'>;
  readonly policyStatuses: Pick<StatusCache<PolicyStatus>, 'latest'>;
  /** Whether this replica owns a fleet. Undefined if the fleet doesn't need an owner. */
  readonly ownsFleet: (name: FleetName) => boolean | undefined;
  /** Whether this replica writes the status of a policy. */
  readonly runsPolicy: (key: string) => boolean;
  /** Notification providers whose messages this replica sends. */
  readonly providers: () => readonly ProviderMetricsView[];
}

/** Returns the sources of metrics. `internals` is called when they are scraped. */
export function metricSources(internals: () => OperatorInternals | undefined): OperatorMetricsOptions['sources'] {
  return {
    queue: (name) => internals()?.queues[name].state ?? EMPTY_QUEUE,
    watches: () => internals()?.informers ?? [],
    fleets: () => fleetsIn(internals()),
    audit: () => internals()?.audit,
    actingOperator: () => internals()?.clusterLease,
    policies: () => policiesIn(internals()),
    providers: () => internals()?.providers() ?? [],
  };
}

/** Returns the readiness checks: all watches have synced, no other operator acts, and the process isn't stopping. */
export function readinessChecks(
  { informers, clusterLease }: Pick<OperatorInternals, 'informers' | 'clusterLease'>,
  stopping: AbortSignal,
): Check[] {
  const caches = informers.map((informer) => ({
    name: `${informer.resource.plural}-cache`,
    problem: () => (informer.hasSynced() ? undefined : `the ${informer.resource.plural} have not synced yet`),
  }));
  return [
    ...caches,
    { name: 'cluster-lease', problem: () => (stopping.aborted ? undefined : clusterLease.problem()) },
    { name: 'shutdown', problem: () => (stopping.aborted ? 'the operator is stopping' : undefined) },
  ];
}

/** Returns the liveness checks: due work makes progress. Workers start after all watches have synced. */
export function livenessChecks(internals: OperatorInternals, stopping: AbortSignal, clock: Clock): Check[] {
  const { queues, workers, informers, fleetStore, fleets, store } = internals;
  const isWorking = () => !stopping.aborted && informers.every((informer) => informer.hasSynced());
  const lastGrantAt = (key: string) => {
    const fleet = fleetStore.of(store.get(key)?.parsed);
    return (fleet && fleets.get(fleet.name)?.rateLimiter?.lastGrantAt) ?? NEVER;
  };
  return CONTROLLERS.map((name) =>
    workCheck(
      {
        name,
        state: () => queues[name].state,
        workers: () => (isWorking() ? workers[name] : 0),
        // A run of a policy makes progress while requests of its fleet get tokens.
        progressOf: name === 'policy' ? lastGrantAt : () => NEVER,
      },
      clock,
    ),
  );
}

const NEVER = Number.NEGATIVE_INFINITY;
const EMPTY_QUEUE: QueueState = {
  depth: 0,
  processing: new Map(),
  slots: new Map(),
  waitingSince: undefined,
  nextDue: undefined,
};

function fleetsIn(internals: OperatorInternals | undefined): FleetMetricsView[] {
  if (internals === undefined) {
    return [];
  }
  const { fleetStore, fleets, fleetStatuses, ownsFleet, clusterLease } = internals;
  // The operator that acts reports its fleets.
  if (!clusterLease.isAdmitted) {
    return [];
  }
  const ambient = fleetStore.get(undefined) === undefined ? [] : [undefined];
  return [...ambient, ...fleetStore.names()].map((name) => ({
    name,
    isOwned: ownsFleet(name),
    runtime: fleets.get(name),
    status: name === undefined ? undefined : fleetStatuses.latest(name)?.status,
  }));
}

function* policiesIn(internals: OperatorInternals | undefined): Generator<PolicyView> {
  if (internals === undefined) {
    return;
  }
  const { store, fleetStore, policyStatuses, runsPolicy } = internals;
  for (const key of store.keys()) {
    const object = policyStatuses.latest(key);
    if (object !== undefined && runsPolicy(key)) {
      const { name, namespace = '' } = object.metadata;
      const parsed = store.get(key)?.parsed;
      const fleet = fleetStore.of(parsed);
      const enforcement =
        parsed === undefined || parsed instanceof InvalidResourceError ? undefined : parsed.enforcement;
      yield { namespace, name, fleet: fleet && fleetLabel(fleet.name), enforcement, status: object.status };
    }
  }
}

import type { Logger } from 'pino';
import type { RequestResult } from '../kube/apiClient.ts';
import type { BackgroundError } from '../kube/backgroundError.ts';
import { EventRecorder } from '../kube/events.ts';
import { Informer } from '../kube/informer.ts';
import type { LeaseTiming } from '../kube/lease.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { KubeObject } from '../kube/resource.ts';
import { FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from '../kube/resources.ts';
import { StatusWriter } from '../kube/statusWriter.ts';
import { ambientFleet } from '../policy/workspaceFleet.ts';
import { ReportController, type ReportControllerOptions } from '../reports/controller.ts';
import { ReportKinds } from '../reports/reportKinds.ts';
import { ReportWriter } from '../reports/reportWriter.ts';
import { sanitize } from '../sanitize.ts';
import { fleetStatusChanged } from '../status/fleetStatus.ts';
import { statusChanged } from '../status/status.ts';
import { OutageLog } from './apiServerOutage.ts';
import { AwsScopes, resolveScope, scopeOf } from './awsScopes.ts';
import type { Dependencies } from './dependencies.ts';
import { FleetController } from './fleetController.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import { type FleetName, FleetStore, fleetLabel, refersTo } from './fleetStore.ts';
import { FleetUsage } from './fleetUsage.ts';
import type { BindAddress } from './http/bindAddress.ts';
import { metricSources, type OperatorInternals } from './introspection.ts';
import type { OperatorMetrics } from './metrics/operatorMetrics.ts';
import { createFleetLeases, relocatedFleet } from './ownership/fleetLeases.ts';
import { Ownership } from './ownership/ownership.ts';
import { PolicyController } from './policyController.ts';
import { PolicyReconciler } from './policyReconciler.ts';
import { PolicyStore } from './policyStore.ts';
import { StatusCache } from './statusCache.ts';

export interface OperatorOptions {
  /** Namespace to watch. Defaults to all namespaces. */
  readonly namespace: string | undefined;
  /** Whether policies without a fleet may use the AWS settings of the process (the ambient fleet). */
  readonly ambientFleet: boolean;
  /** Request rate and burst of the ambient fleet. */
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
  /** Maximum number of policies that are reconciled concurrently. */
  readonly concurrent: number;
  /** Namespace of the Leases. Defaults to the namespace of the pod or of the context in the kubeconfig. */
  readonly leaseNamespace: string | undefined;
  readonly leaseTiming: LeaseTiming;
  /** Addresses of metrics and probes. Undefined to serve none. */
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  /** Whether full results are written to report objects, if the cluster has their CRDs. */
  readonly reports: 'auto' | 'off';
  readonly reportResults: ReportControllerOptions['results'];
  readonly reportUserNames: boolean;
  /** Minimum interval between two updates of a policy's reports, in milliseconds. */
  readonly reportInterval: number;
  readonly version: string;
  readonly log: Logger;
}

/** Number of fleet workers. One unresponsive account must not block the others. */
export const FLEET_WORKERS = 8;

/**
 * Creates an operator in layers, each of which uses only the ones before it: clients, stores, and controllers. Then connects
 * the sources of changes to the controllers. Nothing is started. `stopping` ends the calls to AWS.
 */
export function createOperator(options: OperatorOptions, stopping: AbortSignal, dependencies: Dependencies) {
  const { version } = options;
  const { clock } = dependencies;
  // Scrapes read the finished operator. It exists by then because metrics are served later.
  const scraped: { operator?: OperatorInternals } = {};
  const metrics = dependencies.metricsOf({
    version,
    clock,
    sources: metricSources(() => scraped.operator),
  });
  const clients = createClients(options, dependencies, metrics);
  const stores = createStores(options, stopping, dependencies, clients);
  const controllers = createControllers(options, stopping, dependencies, metrics, clients, stores);
  connectHandlers(clients, stores, controllers);
  const parts = internalsOf(options, clients, stores, controllers);
  scraped.operator = parts;
  const { policies, fleets, namespaces } = clients.informers;
  return {
    metrics,
    events: clients.events,
    queues: [clients.queues.policy, clients.queues.fleet],
    /** The policies are read last: before the fleets are known, a policy could be assigned to the ambient fleet. */
    informers: { first: [fleets, namespaces, stores.fleetLeases.informer], policies },
    policyController: controllers.policyController,
    fleetController: controllers.fleetController,
    reports: controllers.reports,
    ownership: controllers.ownership,
    parts,
  };
}

type Clients = ReturnType<typeof createClients>;
type Stores = ReturnType<typeof createStores>;
type Controllers = ReturnType<typeof createControllers>;

/** Creates the clients of the API server, the informers, and the work queues. */
function createClients(
  { namespace, log }: OperatorOptions,
  { clock, random, identity, clientOf }: Dependencies,
  metrics: OperatorMetrics,
) {
  const outages = new OutageLog(clock, log);
  const onResponse = (result: RequestResult) => {
    metrics.kube.onResponse(result);
    outages.onResponse(result);
  };
  const onError = ({ message, cause }: BackgroundError) =>
    log[outages.suppresses(cause) ? 'debug' : 'warn'](sanitize(message, 2048));
  const client = clientOf({ onResponse });
  const informerOptions = { client, clock, random, onError, observer: metrics.kube };
  return {
    client,
    clientWithTimeout: (timeoutMs: number) => clientOf({ timeoutMs, onResponse }),
    events: new EventRecorder({
      client,
      clock,
      random,
      onError,
      onResult: (result) => metrics.kube.onEvent(result),
      instance: identity,
    }),
    informers: {
      policies: new Informer<PolicyObject>({ ...informerOptions, resource: POLICIES, namespace }),
      fleets: new Informer<FleetObject>({ ...informerOptions, resource: FLEETS }),
      namespaces: new Informer<KubeObject>({ ...informerOptions, resource: NAMESPACES }),
    },
    queues: {
      policy: new WorkQueue({ clock, random, observer: metrics.queues.observe('policy') }),
      fleet: new WorkQueue({ clock, random, observer: metrics.queues.observe('fleet') }),
    },
    outages,
    onError,
  };
}

/** Creates the stores of resources, statuses, leases, and AWS scopes. */
function createStores(
  options: OperatorOptions,
  stopping: AbortSignal,
  { clock, random, identity, ownNamespace }: Dependencies,
  { client, clientWithTimeout, informers, onError }: Clients,
) {
  const ambient = ambientFleet({ callsPerSecond: options.awsRequestsPerSecond, burst: options.awsBurst });
  const fleetStore = new FleetStore(options.ambientFleet ? ambient : undefined);
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
  });
  const policyStore = new PolicyStore(clock, (policy) => {
    const fleet = fleetStore.of(policy);
    if (fleet === undefined) {
      return undefined;
    }
    const { name, limits, access } = fleet;
    const scope = fleetRuntimes.get(name)?.scope ?? resolveScope(scopeOf(access), fleetLeases.scopeOf(name));
    return { limits, scope };
  });
  return {
    fleetStore,
    fleetRuntimes,
    fleetLeases,
    policyStore,
    fleetUsage: new FleetUsage({ fleetStore, policyStore, watchesAllNamespaces: options.namespace === undefined }),
    scopes: new AwsScopes(clock),
    fleetStatuses: new StatusCache({
      writer: new StatusWriter<FleetObject>({ client, resource: FLEETS }),
      informer: informers.fleets,
      clock,
      stopping,
      statusChanged: fleetStatusChanged,
    }),
    policyStatuses: new StatusCache({
      writer: new StatusWriter<PolicyObject>({ client, resource: POLICIES }),
      informer: informers.policies,
      clock,
      stopping,
      statusChanged,
    }),
  };
}

/** Creates the controllers of ownership, fleets, policies, and reports. */
function createControllers(
  options: OperatorOptions,
  stopping: AbortSignal,
  { clock, random, identity, connect }: Dependencies,
  metrics: OperatorMetrics,
  { client, events, informers, queues, outages }: Clients,
  { fleetStore, fleetRuntimes, fleetLeases, policyStore, fleetUsage, scopes, fleetStatuses, policyStatuses }: Stores,
) {
  const { log, version } = options;
  const ownership = new Ownership({
    leases: fleetLeases.manager,
    names: fleetLeases.names,
    identity,
    timing: options.leaseTiming,
    fleets: () => fleetUsage.fleetsToOwn(),
    refresh: async (signal) => {
      await Promise.allSettled([informers.fleets.refresh(signal), informers.policies.refresh(signal)]);
    },
    clock,
    log,
  });
  const fleetController = new FleetController({
    fleetStore,
    fleetUsage,
    runtimes: fleetRuntimes,
    scopes,
    connect: (fleet) => connect(fleet, metrics.aws, { clock, random, version, stopping }),
    ownership,
    queue: queues.fleet,
    statusCache: fleetStatuses,
    events,
    clock,
    random,
    log,
    observer: metrics.runs.observe('fleet', FLEET_WORKERS),
    outages,
  });
  const reports = new ReportController({
    kinds: new ReportKinds(client, clock, options.reportInterval),
    writer: new ReportWriter(client, clock),
    results: options.reportResults,
    userNames: options.reportUserNames,
    interval: options.reportInterval,
    events,
    clock,
    random,
    log,
    stopping,
    onPass: ({ policyKey: policy, outcome }) => log.debug({ policy, outcome }, 'reports synced'),
  });
  const watched = [informers.fleets, informers.namespaces, informers.policies];
  const reconciler = new PolicyReconciler({
    fleets: {
      assign: (policy) => fleetStore.assign(policy),
      get: (name) => fleetController.get(name),
      onUse: (name) => fleetController.onUse(name),
      forget: (key) => scopes.forget(key),
    },
    owned: (name) => ownership.owned(name),
    store: policyStore,
    statusCache: policyStatuses,
    lastContactAt: () => Math.min(...watched.map(({ lastContactAt }) => lastContactAt)),
    reports: options.reports === 'off' ? undefined : reports,
    events,
    clock,
    random,
    observer: metrics.policies,
    stopping,
  });
  const policyController = new PolicyController({
    informer: informers.policies,
    queue: queues.policy,
    store: policyStore,
    reconciler,
    clock,
    random,
    log,
    observer: metrics.runs.observe('policy', options.concurrent),
    outages,
    logFields: (key) => {
      const fleet = fleetStore.of(policyStore.get(key)?.parsed);
      return { policy: key, fleet: fleet && fleetLabel(fleet.name) };
    },
    stopping,
  });
  return { ownership, fleetController, reports, reconciler, policyController };
}

/** Connects informers, leases, and fleets to the controllers that handle their changes. */
function connectHandlers(
  { informers }: Clients,
  { fleetStore, fleetLeases, scopes }: Stores,
  { ownership, fleetController, reconciler, policyController }: Controllers,
): void {
  informers.policies.addEventHandler((change) => policyController.observe(change));
  informers.fleets.addEventHandler((change) => fleetController.observe(change));
  informers.fleets.addEventHandler(() => ownership.wake());
  informers.namespaces.addEventHandler((change) => {
    if (fleetStore.observeNamespace(change)) {
      const { name } = change.object.metadata;
      policyController.onFleetsChanged(({ namespace }) => namespace === name);
    }
  });
  fleetLeases.informer.addEventHandler((change) => {
    if (fleetLeases.manager.observe(change)) {
      ownership.wake();
    }
    const relocated = relocatedFleet(change);
    if (relocated !== undefined) {
      policyController.onFleetsChanged((policy) => refersTo(policy, relocated.name));
    }
  });
  fleetController.subscribe((name) => policyController.onFleetsChanged((policy) => refersTo(policy, name)));
  ownership.subscribe({
    onGained: (name) => {
      fleetController.onGained(name);
      policyController.onFleetGained(name);
    },
    onLost: (name) => {
      fleetController.onLost(name);
      reconciler.onFleetLost(name);
    },
    onScopeLeft: (scope) => scopes.vacate(scope),
  });
}

/** Returns the parts of the operator that metrics and health checks read. */
function internalsOf(
  { concurrent }: OperatorOptions,
  { queues, informers }: Clients,
  { fleetStore, fleetUsage, fleetStatuses, policyStore, policyStatuses }: Stores,
  { ownership, fleetController, reconciler }: Controllers,
): OperatorInternals {
  return {
    queues,
    workers: { policy: concurrent, fleet: FLEET_WORKERS },
    informers: [informers.fleets, informers.namespaces, informers.policies],
    fleetStore,
    fleets: fleetController,
    fleetStatuses,
    store: policyStore,
    policyStatuses,
    ownsFleet: (name) =>
      name === undefined || fleetUsage.isManaged(name) ? ownership.owned(name) !== undefined : undefined,
    runsPolicy: (key) => ownership.owned(reconciler.fleetOf(key)) !== undefined,
  };
}

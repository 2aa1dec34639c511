import type { AuditTrail } from '../audit/auditTrail.ts';
import { objectKey } from '../kube/resource.ts';
import { ReportController } from '../reports/controller.ts';
import { ReportKinds } from '../reports/reportKinds.ts';
import { ReportWriter } from '../reports/reportWriter.ts';
import type { OperatorClients } from './clients.ts';
import type { Dependencies } from './dependencies.ts';
import { createEventHost } from './eventbridge/createEventHost.ts';
import { FleetController } from './fleetController.ts';
import { fleetLabel, refersTo } from './fleetStore.ts';
import type { OperatorMetrics } from './metrics/operatorMetrics.ts';
import type { OperatorOptions } from './options.ts';
import { relocatedFleet } from './ownership/fleetLeases.ts';
import { ENDED_ANNOTATION, FLEET_ANNOTATION } from './ownership/leaseNames.ts';
import { Ownership } from './ownership/ownership.ts';
import { PolicyController } from './policyController.ts';
import { PolicyReconciler } from './policyReconciler.ts';
import type { OperatorStores } from './stores.ts';

/** Number of fleet workers. One unresponsive account must not block the others. */
export const FLEET_WORKERS = 8;

/** Controllers of an operator. */
export type OperatorControllers = ReturnType<typeof createControllers>;

/** Creates the controllers of ownership, fleets, policies, and reports. */
export function createControllers(
  options: OperatorOptions,
  stopping: AbortSignal,
  { clock, random, identity, connect }: Dependencies,
  metrics: OperatorMetrics,
  { client, events, informers, outages }: OperatorClients,
  {
    schemas,
    fleetStore,
    fleetRuntimes,
    fleetLeases,
    clusterLease,
    policyStore,
    fleetUsage,
    scopes,
    fleetStatuses,
    policyStatuses,
    queues,
  }: OperatorStores,
  audit: AuditTrail,
) {
  const { log, version } = options;
  const ownership: Ownership = new Ownership({
    leases: fleetLeases.manager,
    names: fleetLeases.names,
    cluster: clusterLease,
    identity,
    timing: options.leaseTiming,
    fleets: () => fleetUsage.fleetsToOwn((name) => ownership.owned(name) !== undefined),
    annotationsOf: (name) => {
      if (name !== undefined) {
        return { [FLEET_ANNOTATION]: name };
      }
      return fleetStore.hasAmbientFleetEnded ? { [ENDED_ANNOTATION]: 'true' } : {};
    },
    refresh: async (signal) => {
      await Promise.allSettled([informers.fleets.refresh(signal), informers.policies.refresh(signal)]);
    },
    clock,
    log,
  });
  const fleetController: FleetController = new FleetController({
    fleetStore,
    fleetUsage,
    runtimes: fleetRuntimes,
    scopes,
    connect: (fleet) => connect(fleet, metrics.aws, { clock, random, version, stopping }),
    eventsOf: (name) => ({
      host: createEventHost(name, {
        fleetStore,
        policyStore,
        owned: () => ownership.owned(name),
        context: () => fleetController.get(name)?.context,
        policies: () => policyController,
        onStateChanged: () => fleetController.onGained(name),
        clock,
      }),
      observer: metrics.events.observe(fleetLabel(name)),
      random,
      stopping,
      log: log.child({ fleet: fleetLabel(name) }),
    }),
    ownership,
    schemas,
    recordedAccounts: (name) => {
      const inLease = fleetLeases.scopeOf(name)?.accountID;
      const inPolicies = policyStore
        .valid()
        .filter((policy) => fleetStore.of(policy)?.name === name)
        .map(({ key }) => policyStatuses.latest(key)?.status?.fleet)
        .flatMap((used) => (used?.name === name ? (used?.accountID ?? []) : []));
      return [...(inLease === undefined ? [] : [inLease]), ...inPolicies];
    },
    queue: queues.fleet,
    statusCache: fleetStatuses,
    events,
    audit,
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
    schemas,
    lastContactAt: () => Math.min(...watched.map(({ lastContactAt }) => lastContactAt)),
    reports: options.reports === 'off' ? undefined : reports,
    events,
    audit,
    clock,
    random,
    observer: metrics.policies,
    outages,
    observePhase: metrics.runs.observePhase,
    stopping,
  });
  const policyController: PolicyController = new PolicyController({
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
export function connectHandlers(
  { informers }: OperatorClients,
  { schemas, fleetStore, fleetLeases, clusterLease, scopes }: OperatorStores,
  { ownership, fleetController, reconciler, policyController }: OperatorControllers,
): void {
  informers.policies.addEventHandler((change) => {
    const key = objectKey(change.object.metadata);
    const before = reconciler.fleetOf(key);
    policyController.observe(change);
    if (before !== reconciler.fleetOf(key)) {
      fleetController.onUsageChanged(before);
    }
  });
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
    fleetController.closeEndedAmbientFleet();
    const relocated = relocatedFleet(change);
    if (relocated !== undefined) {
      policyController.onFleetsChanged((policy) => refersTo(policy, relocated.name));
    }
  });
  clusterLease.subscribe(() => ownership.wake());
  schemas.subscribe(() => fleetController.onSchemasRead());
  schemas.subscribe(() => policyController.onSchemasRead());
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

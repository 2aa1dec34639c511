import type { AuditTrail } from '../audit/auditTrail.ts';
import { createAuditTrail } from './audit/createAuditTrail.ts';
import { createClients, type OperatorClients } from './clients.ts';
import { connectHandlers, createControllers, FLEET_WORKERS, type OperatorControllers } from './controllers.ts';
import type { Dependencies } from './dependencies.ts';
import { metricSources, type OperatorInternals } from './introspection.ts';
import { createNotifications, type Notifications } from './notifications/createNotifications.ts';
import type { OperatorOptions } from './options.ts';
import { createStores, type OperatorStores } from './stores.ts';

/**
 * Creates an operator in layers, each of which uses only the ones before it: clients, stores, and controllers. Then connects
 * the sources of changes to the controllers. Nothing is started. `stopping` ends the calls to AWS.
 */
export function createOperator(options: OperatorOptions, stopping: AbortSignal, dependencies: Dependencies) {
  // Scrapes read the finished operator. It exists by then because metrics are served later.
  const scraped: { operator?: OperatorInternals } = {};
  const metrics = dependencies.metricsOf({
    version: options.version,
    watchedNamespace: options.namespace,
    clock: dependencies.clock,
    sources: metricSources(() => scraped.operator),
  });
  const clients = createClients(options, dependencies, metrics);
  const audit = createAuditTrail(options, stopping, dependencies);
  const stores = createStores(options, stopping, dependencies, metrics, clients);
  const controllers = createControllers(options, stopping, dependencies, metrics, clients, stores, audit);
  connectHandlers(clients, stores, controllers);
  const notifications = options.notifications
    ? createNotifications(options, stopping, dependencies, metrics, clients, stores)
    : undefined;
  const parts = internalsOf(clients, stores, controllers, audit, notifications);
  scraped.operator = parts;
  const { policies, fleets, namespaces } = clients.informers;
  return {
    metrics,
    audit,
    events: clients.events,
    queues: [stores.queues.policy, stores.queues.fleet],
    /** The policies are read last: before the fleets are known, a policy could be assigned to the ambient fleet. */
    informers: { first: [fleets, namespaces, stores.fleetLeases.informer], policies },
    schemas: stores.schemas,
    policyController: controllers.policyController,
    fleetController: controllers.fleetController,
    reports: controllers.reports,
    ownership: controllers.ownership,
    notifications,
    clusterLease: stores.clusterLease,
    parts,
  };
}

/** Returns the parts of the operator that metrics and health checks read. */
function internalsOf(
  { informers }: OperatorClients,
  { queues, fleetStore, fleetUsage, fleetStatuses, policyStore, policyStatuses, clusterLease }: OperatorStores,
  { ownership, fleetController, reconciler }: OperatorControllers,
  audit: AuditTrail,
  notifications: Notifications | undefined,
): OperatorInternals {
  return {
    queues,
    // The slots of its queue limit the runs of policies.
    workers: { policy: Number.POSITIVE_INFINITY, fleet: FLEET_WORKERS },
    informers: [informers.fleets, informers.namespaces, informers.policies],
    audit,
    clusterLease,
    fleetStore,
    fleets: fleetController,
    fleetStatuses,
    store: policyStore,
    policyStatuses,
    ownsFleet: (name) =>
      name === undefined || fleetUsage.isManaged(name) ? ownership.owned(name) !== undefined : undefined,
    providers: () => (notifications?.lease.isHeld ? providersIn(notifications) : []),
    runsPolicy: (key) => ownership.owned(reconciler.fleetOf(key)) !== undefined,
  };
}

function providersIn({ controller }: Notifications) {
  return controller.names().map((name) => ({ name, status: controller.latest(name)?.status }));
}

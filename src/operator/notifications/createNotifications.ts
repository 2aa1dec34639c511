import { COMPONENT, userAgentOf } from '../../kube/apiClient.ts';
import { Informer } from '../../kube/informer.ts';
import { PROVIDERS, type ProviderObject } from '../../kube/resources.ts';
import { StatusWriter } from '../../kube/statusWriter.ts';
import { selectsNotice } from '../../notifications/selection.ts';
import { Notifier } from '../../notifiers/notifier.ts';
import type { OperatorClients } from '../clients.ts';
import type { Dependencies } from '../dependencies.ts';
import type { OperatorMetrics } from '../metrics/operatorMetrics.ts';
import type { OperatorOptions } from '../options.ts';
import type { OperatorStores } from '../stores.ts';
import { drainNotifications } from './drain.ts';
import { NoticeStore } from './noticeStore.ts';
import { NotificationController } from './notificationController.ts';
import { NotificationLease } from './notificationLease.ts';
import { ProviderReconciler } from './providerReconciler.ts';

/** Number of providers that are served at the same time. Unresponsive receivers must not block the others. */
export const NOTIFICATION_WORKERS = 16;

/** Notifications of an operator. */
export type Notifications = ReturnType<typeof createNotifications>;

/** Creates the informer, the lease, and the controller of notifications, and connects them to the sources of notices. */
export function createNotifications(
  options: OperatorOptions,
  stopping: AbortSignal,
  { clock, random, ownNamespace }: Dependencies,
  metrics: OperatorMetrics,
  { client, events, informers, onError }: OperatorClients,
  { fleetLeases, clusterLease }: OperatorStores,
) {
  const { log, leaseTiming, namespace: watchedNamespace, version } = options;
  const providers = new Informer<ProviderObject>({
    client,
    resource: PROVIDERS,
    clock,
    random,
    onError,
    observer: metrics.kube,
  });
  const lease = new NotificationLease({
    leases: fleetLeases.manager,
    name: fleetLeases.names.ofNotifications(),
    cluster: clusterLease,
    timing: leaseTiming,
    refresh: async (signal) => {
      await Promise.allSettled([providers.refresh(signal), informers.policies.refresh(signal)]);
    },
    clock,
    log,
  });
  const notices = new NoticeStore();
  const requests = new AbortController();
  const labelsOf = (namespace: string) => {
    const object = informers.namespaces.get(namespace);
    return object === undefined ? undefined : (object.metadata.labels ?? {});
  };
  const reconciler = new ProviderReconciler({
    client,
    writer: new StatusWriter<ProviderObject>({ client, resource: PROVIDERS }),
    namespace: ownNamespace,
    lease,
    notifier: new Notifier({
      clock,
      version,
      userAgent: userAgentOf(COMPONENT, version),
      stopping: requests.signal,
    }),
    notices: () => notices.all(),
    selects: (provider, notice, now) =>
      selectsNotice(provider, notice, labelsOf(notice.policy.metadata.namespace ?? ''), now),
    isOwnNamespace: (namespace) => watchedNamespace === undefined || namespace === watchedNamespace,
    events,
    metrics: metrics.notifications,
    clock,
    log,
  });
  const controller = new NotificationController({
    providers,
    client,
    notices,
    reconciler,
    lease,
    clock,
    random,
    log,
    stopping,
  });
  providers.addEventHandler((change) => controller.observeProvider(change));
  informers.policies.addEventHandler((change) => controller.observePolicy(change));
  informers.namespaces.addEventHandler((change) => controller.observeNamespace(change));
  lease.subscribe(() => controller.onGained());
  return {
    providers,
    lease,
    controller,
    /** Ends the runs in progress within a bounded time. */
    drain: (workers: readonly Promise<void>[]) => drainNotifications(controller.queue, workers, requests, clock),
  };
}

import { Registry } from 'prom-client';
import type { Clock } from '../../clock.ts';
import type { QueueState } from '../../kube/queue.ts';
import { type AuditView, auditMetrics } from './auditMetrics.ts';
import { AwsMetrics } from './awsMetrics.ts';
import { type ClusterLeaseView, clusterLeaseMetrics } from './clusterLeaseMetrics.ts';
import { EventMetrics } from './eventMetrics.ts';
import { type FleetMetricsView, fleetMetrics } from './fleetMetrics.ts';
import { KubeMetrics, type WatchView } from './kubeMetrics.ts';
import { NotificationMetrics, type ProviderMetricsView } from './notificationMetrics.ts';
import { PolicyMetrics, type PolicyView } from './policyMetrics.ts';
import { processMetrics } from './processMetrics.ts';
import { QueueMetrics } from './queueMetrics.ts';
import { type ControllerName, RunMetrics } from './runMetrics.ts';

export interface OperatorMetricsOptions {
  readonly version: string;
  /** Namespace that the operator watches. Undefined for all namespaces. */
  readonly watchedNamespace: string | undefined;
  readonly clock: Clock;
  /** Sources that are read for each scrape. */
  readonly sources: {
    readonly queue: (name: ControllerName) => QueueState;
    readonly watches: () => readonly WatchView[];
    readonly fleets: () => readonly FleetMetricsView[];
    readonly audit: () => AuditView | undefined;
    readonly actingOperator: () => ClusterLeaseView | undefined;
    /** Policies that this replica reconciles. */
    readonly policies: () => Iterable<PolicyView>;
    /** Notification providers whose messages this replica sends. */
    readonly providers: () => readonly ProviderMetricsView[];
  };
}

/**
 * All metrics of the operator in their own registry. Their names and labels are an interface, documented by `npm run
 * generate`.
 */
export class OperatorMetrics {
  readonly registry = new Registry();
  readonly aws: AwsMetrics;
  readonly events: EventMetrics;
  readonly kube: KubeMetrics;
  readonly policies: PolicyMetrics;
  readonly queues: QueueMetrics;
  readonly runs: RunMetrics;
  readonly notifications: NotificationMetrics;

  constructor({ version, watchedNamespace, clock, sources }: OperatorMetricsOptions) {
    const { registry } = this;
    if (watchedNamespace !== undefined) {
      registry.setDefaultLabels({ watched_namespace: watchedNamespace });
    }
    processMetrics(registry, version);
    clusterLeaseMetrics(registry, sources.actingOperator);
    auditMetrics(registry, sources.audit);
    this.policies = new PolicyMetrics(registry, sources.policies);
    fleetMetrics(registry, clock, sources.fleets);
    this.aws = new AwsMetrics(registry);
    this.events = new EventMetrics(registry);
    this.runs = new RunMetrics(registry);
    this.queues = new QueueMetrics(registry, clock, sources.queue);
    this.notifications = new NotificationMetrics(registry, sources.providers);
    this.kube = new KubeMetrics(registry, clock, sources.watches);
  }
}

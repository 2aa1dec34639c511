import type { Logger } from 'pino';
import type { LeaseTiming } from '../kube/lease.ts';
import type { ReportControllerOptions } from '../reports/controller.ts';
import type { BindAddress } from './http/bindAddress.ts';

export interface OperatorOptions {
  /** Namespace to watch. Defaults to all namespaces. */
  readonly namespace: string | undefined;
  /** Namespaces whose policies without a fleet use the AWS settings of the process (the ambient fleet) while no WorkspaceFleet exists. */
  readonly ambientFleetNamespaces: readonly string[];
  /** Request rate and burst of the ambient fleet. */
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
  /** Maximum number of policies of each fleet that are reconciled concurrently. Policies that wait for reads don't count. */
  readonly concurrent: number;
  /** Namespace of the Leases. Defaults to the namespace of the pod or of the context in the kubeconfig. */
  readonly leaseNamespace: string | undefined;
  /** Namespace of the Lease by which the operators of a cluster exclude each other. */
  readonly clusterLeaseNamespace: string;
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
  /** Whether the operator sends notifications to NotificationProviders. */
  readonly notifications: boolean;
  readonly version: string;
  readonly log: Logger;
}

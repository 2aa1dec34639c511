import { type Clock, systemClock } from '../clock.ts';
import { ApiClient, type ApiClientOptions } from '../kube/apiClient.ts';
import { loadRestConfig } from '../kube/loadRestConfig.ts';
import { connect } from './connect.ts';
import { OperatorMetrics, type OperatorMetricsOptions } from './metrics/operatorMetrics.ts';
import { newIdentity } from './ownership/create.ts';

/** What the operator's process stands in: time, chance, a cluster and AWS. A simulation puts its own in their place. */
export interface Dependencies {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Of this process alone. */
  readonly identity: string;
  /** The cluster's address, for the log. */
  readonly server: string;
  /** The namespace that the process is in. */
  readonly ownNamespace: string;
  /** A way to reach the API server. */
  readonly clientOf: (options: Pick<ApiClientOptions, 'timeoutMs' | 'onResponse'>) => ApiClient;
  readonly metricsOf: (options: OperatorMetricsOptions) => OperatorMetrics;
  /** How to reach a fleet. */
  readonly connect: typeof connect;
}

/** The machine's time, the cluster of the kubeconfig or the pod's own, and AWS as the SDK's default chain finds it. */
export async function defaultDependencies(): Promise<Dependencies> {
  const access = await loadRestConfig();
  return {
    clock: systemClock,
    random: Math.random,
    identity: newIdentity(),
    server: access.server,
    ownNamespace: access.namespace ?? 'default',
    clientOf: (options) => new ApiClient(access, { clock: systemClock, ...options }),
    metricsOf: (options) => new OperatorMetrics(options),
    connect,
  };
}

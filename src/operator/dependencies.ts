import type { AuditSink } from '../audit/auditTrail.ts';
import { type Clock, systemClock } from '../clock.ts';
import { ApiClient, type ApiClientOptions } from '../kube/apiClient.ts';
import { loadRestConfig } from '../kube/loadRestConfig.ts';
import { auditSinkOf } from './audit/auditSink.ts';
import { connect } from './connect.ts';
import { OperatorMetrics, type OperatorMetricsOptions } from './metrics/operatorMetrics.ts';
import { newIdentity } from './ownership/fleetLeases.ts';

/** External dependencies of the operator: time, randomness, the cluster, and AWS. Simulations replace them. */
export interface Dependencies {
  readonly clock: Clock;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
  /** Identity of this process. */
  readonly identity: string;
  /** Address of the API server, for the log. */
  readonly server: string;
  /** Namespace of the process. */
  readonly ownNamespace: string;
  /** Creates a client for the API server. */
  readonly clientOf: (options: Pick<ApiClientOptions, 'timeoutMs' | 'userAgent' | 'onResponse'>) => ApiClient;
  readonly metricsOf: (options: OperatorMetricsOptions) => OperatorMetrics;
  /** Returns the audit log at a path, or on standard output. */
  readonly auditSinkOf: (path: string) => AuditSink;
  /** Connects to a fleet. */
  readonly connect: typeof connect;
}

/**
 * Returns the real dependencies: system time, the cluster of the kubeconfig or the pod, and AWS with the SDK's default
 * chain.
 */
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
    auditSinkOf,
    connect,
  };
}

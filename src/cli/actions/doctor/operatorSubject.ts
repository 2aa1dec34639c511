import { CLUSTER_LEASE_NAMESPACE } from '../../../operator/ownership/clusterLease.ts';
import type { Cluster } from '../connectToCluster.ts';

/** A user that runs the operator, and the namespaces that the operator uses. */
export interface OperatorSubject {
  /** Human-readable name. */
  readonly title: string;
  /** ServiceAccount. Undefined for the current user. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  /** Namespace of the Leases. */
  readonly leaseNamespace: string;
  /** Namespace of the Lease by which the operators of a cluster exclude each other. */
  readonly clusterLeaseNamespace: string;
  /** Only namespace whose policies the operator watches. Undefined for all namespaces. */
  readonly watchedNamespace: string | undefined;
}

/**
 * Returns the current user as the operator. In a pod, this is the pod's ServiceAccount, and the environment variables of the operator apply.
 * Elsewhere, these are the defaults of `wsap operator`.
 */
export function currentSubject(
  { namespace, isInPod }: Pick<Cluster, 'namespace' | 'isInPod'>,
  { WSAP_LEASE_NAMESPACE, WSAP_CLUSTER_LEASE_NAMESPACE, WSAP_NAMESPACE }: NodeJS.ProcessEnv,
): OperatorSubject {
  return {
    title: isInPod ? 'the ServiceAccount of this pod' : 'the current user',
    serviceAccount: undefined,
    leaseNamespace: WSAP_LEASE_NAMESPACE || namespace,
    clusterLeaseNamespace: WSAP_CLUSTER_LEASE_NAMESPACE || CLUSTER_LEASE_NAMESPACE,
    watchedNamespace: WSAP_NAMESPACE || undefined,
  };
}

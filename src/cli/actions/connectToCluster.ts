import { systemClock } from '../../clock.ts';
import { ApiClient, userAgentOf } from '../../kube/apiClient.ts';
import { InClusterConfig } from '../../kube/inClusterConfig.ts';
import { kubeConfigAccess } from '../../kube/kubeconfig/kubeConfigAccess.ts';
import type { KubeFlags } from '../commands/flags.ts';
import { version } from '../version.ts';

/** A cluster and the namespace that the flags or the kubeconfig select. */
export interface Cluster {
  readonly client: ApiClient;
  readonly namespace: string;
  /** Whether this process runs in a pod and uses its service account. */
  readonly isInPod: boolean;
}

/**
 * Returns a client for the cluster that the flags select. Makes no calls.
 *
 * @throws Error if the kubeconfig can't be used
 */
export function connectToCluster({
  kubeconfig,
  context,
  namespace,
  as: user,
  asUid: uid,
  asGroup: groups,
  asUserExtra: userExtra,
}: KubeFlags): Cluster {
  // As in kubectl, an empty flag counts as not set.
  const access = kubeConfigAccess({
    kubeconfig: kubeconfig || undefined,
    context: context || undefined,
    impersonation: { user, uid, groups, userExtra },
  });
  return {
    client: new ApiClient(access, { clock: systemClock, userAgent: userAgentOf('kubectl-wsap', version) }),
    namespace: namespace || access.namespace || 'default',
    isInPod: access instanceof InClusterConfig,
  };
}

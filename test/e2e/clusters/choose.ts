import { spawnSync } from 'node:child_process';

/** Kinds of clusters. */
export type ClusterKind = 'existing' | 'kind' | 'node';

/**
 * Returns the kind of cluster to use: WSAP_E2E_CLUSTER, or kind where a Docker daemon responds, or a node on this machine. Never an
 * existing cluster without WSAP_E2E_CLUSTER=existing, even if KUBECONFIG is set. Throws if the value is invalid.
 */
export function chooseCluster(
  { WSAP_E2E_CLUSTER: chosen }: NodeJS.ProcessEnv,
  hasDocker = dockerResponds,
): ClusterKind {
  if (chosen === 'existing' || chosen === 'kind' || chosen === 'node') {
    return chosen;
  }
  if (chosen) {
    throw new Error(`WSAP_E2E_CLUSTER is ${chosen}; set it to existing, kind, or node`);
  }
  return hasDocker() ? 'kind' : 'node';
}

function dockerResponds(): boolean {
  return spawnSync('docker', ['info'], { timeout: 20_000 }).status === 0;
}

import process from 'node:process';
import { sanitize } from '../../sanitize.ts';
import { InClusterConfig } from '../inClusterConfig.ts';
import type { RestConfig } from '../restConfig.ts';
import { impersonationOf } from './impersonation.ts';
import { KubeConfigFile } from './kubeConfigFile.ts';
import type { Impersonation } from './kubeConfigTypes.ts';
import { kubeConfigFiles, loadKubeConfig } from './loadKubeConfig.ts';

/** Flags that override a kubeconfig, as those of kubectl. */
export interface KubeConfigOverrides {
  /** The only file to read. Defaults to the files in `KUBECONFIG`, else the one in the home directory. */
  readonly kubeconfig?: string | undefined;
  /** Context to use. Defaults to the current context. */
  readonly context?: string | undefined;
  readonly impersonation?: Impersonation | undefined;
}

/**
 * Returns the access that kubectl uses: the context of the kubeconfig, or, if the kubeconfig names no cluster, the service account of the
 * pod. Reads files but makes no calls.
 *
 * @throws Error if the kubeconfig is invalid or names no cluster, and the process is not in a pod
 */
export function kubeConfigAccess({ kubeconfig, context, impersonation }: KubeConfigOverrides = {}): RestConfig {
  const config = loadKubeConfig(kubeconfig);
  if (context !== undefined) {
    config.setCurrentContext(context);
  }
  const name = config.getCurrentContext();
  const selected = config.contexts.find((candidate) => candidate.name === name);
  if (name !== '' && selected === undefined) {
    const names = config.contexts.map((candidate) => candidate.name).join(', ');
    throw new Error(
      `context ${sanitize(name)} not found in the kubeconfig; available contexts: ${sanitize(names, 512) || 'none'}`,
    );
  }
  if (selected?.cluster && config.getCurrentCluster() === null) {
    throw new Error(
      `context ${sanitize(name)} refers to the cluster ${sanitize(selected.cluster)}, which is not in the kubeconfig`,
    );
  }
  if (config.getCurrentCluster() !== null) {
    return new KubeConfigFile(config, impersonation);
  }
  const pod = InClusterConfig.find(process.env, { impersonation: impersonationOf(null, impersonation) });
  if (pod !== undefined) {
    return pod;
  }
  throw new Error(
    config.contexts.length > 0
      ? 'the kubeconfig has no current context with a cluster; select a context with --context or kubectl config use-context'
      : `no kubeconfig found in ${sanitize((kubeconfig === undefined ? kubeConfigFiles() : [kubeconfig]).join(', '), 512)}, and the process is not in a pod; set KUBECONFIG to the path of a kubeconfig`,
  );
}

import { systemClock } from '../../clock.ts';
import { ApiClient, userAgentOf } from '../../kube/apiClient.ts';
import { loadKubeConfig } from '../../kube/kubeConfig.ts';
import { KubeConfigFile } from '../../kube/kubeConfigFile.ts';
import { sanitize } from '../../sanitize.ts';
import type { KubeFlags } from '../commands/flags.ts';
import { CliError } from '../exit.ts';
import { version } from '../version.ts';

/** A cluster and the namespace that the flags or the kubeconfig select. */
export interface Cluster {
  readonly client: ApiClient;
  readonly namespace: string;
}

/**
 * Returns a client for the cluster that the flags select. Makes no calls.
 *
 * @throws CliError or Error if the kubeconfig can't be used
 */
export function connectToCluster({ kubeconfig, context, namespace }: KubeFlags): Cluster {
  const config = loadKubeConfig(kubeconfig);
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const names = config
        .getContexts()
        .map(({ name }) => name)
        .join(', ');
      throw new CliError(
        `context ${sanitize(context)} not found in the kubeconfig; available contexts: ${sanitize(names, 512)}`,
      );
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) {
    throw new CliError('the kubeconfig has no current context with a cluster; select a context with --context');
  }
  const access = new KubeConfigFile(config);
  return {
    client: new ApiClient(access, { clock: systemClock, userAgent: userAgentOf('kubectl-wsap', version) }),
    namespace: namespace ?? access.namespace ?? 'default',
  };
}

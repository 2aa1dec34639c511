import { systemClock } from '../../clock.ts';
import { ApiClient } from '../../kube/apiClient.ts';
import { loadKubeConfig } from '../../kube/kubeConfig.ts';
import { KubeConfigFile } from '../../kube/kubeConfigFile.ts';
import { sanitize } from '../../sanitize.ts';
import type { KubeFlags } from '../commands/kubeFlags.ts';
import { CliError } from '../output/cliError.ts';

/** A cluster, and the namespace that commands are about unless they name another. */
export interface Cluster {
  readonly client: ApiClient;
  readonly namespace: string;
}

/** @throws CliError, or another Error whose message says it, for a kubeconfig that can't be used */
export function connectToCluster({ kubeconfig, context, namespace }: KubeFlags): Cluster {
  const config = loadKubeConfig(kubeconfig);
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const names = config
        .getContexts()
        .map(({ name }) => name)
        .join(', ');
      throw new CliError(`the kubeconfig has no context ${sanitize(context)}; there are: ${sanitize(names, 512)}`);
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) {
    throw new CliError('the kubeconfig has no current context with a cluster; name one with --context');
  }
  const access = new KubeConfigFile(config);
  return {
    client: new ApiClient(access, { clock: systemClock }),
    namespace: namespace ?? access.namespace ?? 'default',
  };
}

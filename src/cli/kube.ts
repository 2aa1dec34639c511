import { KubeConfig } from '@kubernetes/client-node';
import { systemClock } from '../clock.ts';
import { ApiClient } from '../kube/apiClient.ts';
import { printable } from '../printable.ts';
import { CliError } from './failure.ts';
import type { KubeFlags } from './kubeFlags.ts';

/** A cluster, and the namespace that commands are about unless they name another. */
export interface Cluster {
  readonly client: ApiClient;
  readonly namespace: string;
}

/** The library's name for the localhost:8080 that it makes up where it finds no configuration. */
const PLACEHOLDER = 'loaded-context';

/** @throws CliError for a kubeconfig that can't be used */
export function connectToCluster({ kubeconfig, context, namespace }: KubeFlags): Cluster {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) {
      config.loadFromDefault();
    } else {
      config.loadFromFile(kubeconfig);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`the kubeconfig can't be read: ${printable(reason, 512)}`);
  }
  if (config.getCurrentContext() === PLACEHOLDER) {
    throw new CliError('there is no kubeconfig, and this is no pod; name one with --kubeconfig or KUBECONFIG');
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const names = config
        .getContexts()
        .map(({ name }) => name)
        .join(', ');
      throw new CliError(`the kubeconfig has no context ${printable(context)}; there are: ${printable(names, 512)}`);
    }
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) {
    throw new CliError('the kubeconfig has no current context with a cluster; name one with --context');
  }
  const own = config.getContextObject(config.getCurrentContext())?.namespace;
  return { client: new ApiClient(config, { clock: systemClock }), namespace: namespace ?? own ?? 'default' };
}

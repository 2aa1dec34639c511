import type { KubeConfig } from '@kubernetes/client-node';
import { sanitize } from '../../sanitize.ts';

/** A server without a scheme, for example, `localhost:8080` or `[::1]:8080`. */
const HOST_AND_PORT = /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?\/?$/i;

/**
 * Returns the URL of the API server of the current context, without a trailing slash. A host and a port without a scheme use plain HTTP,
 * as in client-go. Throws an Error, which doesn't contain the URL, if the URL is invalid or contains a user or a password.
 */
export function serverURL(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error('the current context of the kubeconfig has no cluster; set it with kubectl config use-context');
  }
  const name = sanitize(cluster.name);
  if (!cluster.server) {
    throw new Error(`cluster ${name} in the kubeconfig has no server`);
  }
  const url = URL.parse(HOST_AND_PORT.test(cluster.server) ? `http://${cluster.server}` : cluster.server);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error(`the server of cluster ${name} in the kubeconfig isn't a URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`the server URL of cluster ${name} in the kubeconfig contains a user; move it to users`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

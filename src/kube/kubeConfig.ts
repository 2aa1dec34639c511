import { basename } from 'node:path';
import { KubeConfig, type User } from '@kubernetes/client-node';

/** Context name of the `localhost:8080` configuration that the library uses if it finds none. */
const FALLBACK_CONTEXT = 'loaded-context';

/**
 * Reads a kubeconfig. Without a file, it is found as `kubectl` does, or the service account of the pod is used. Throws
 * an Error that never quotes the file because it contains credentials.
 */
export function loadKubeConfig(file?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) {
      config.loadFromDefault();
    } else {
      config.loadFromFile(file);
    }
  } catch (error) {
    throw new Error(`cannot read the kubeconfig: ${describeError(error)}`);
  }
  if (config.getCurrentContext() === FALLBACK_CONTEXT) {
    throw new Error('no kubeconfig found, and the process is not in a pod; set --kubeconfig or KUBECONFIG');
  }
  return config;
}

/** Describes an error without the message of the YAML parser, which quotes lines of the file. */
function describeError(error: unknown): string {
  const { name, message, mark } = Object(error) as { name?: string; message?: string; mark?: Partial<Mark> };
  return name === 'YAMLException' && mark !== undefined
    ? `invalid YAML at line ${Number(mark.line) + 1}, column ${Number(mark.column) + 1}`
    : String(message ?? error);
}

/** Position in the file, counted from 0. */
interface Mark {
  readonly line: number;
  readonly column: number;
}

/**
 * Returns the URL of the API server. Throws an Error, which doesn't contain the URL, if the URL is invalid or contains
 * a user or a password.
 */
export function serverURL(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error('the current context of the kubeconfig has no cluster; set it with kubectl config use-context');
  }
  const url = URL.parse(cluster.server);
  if (url === null) {
    throw new Error(`the server of cluster ${cluster.name} in the kubeconfig isn't a URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`the server URL of cluster ${cluster.name} in the kubeconfig contains a user; move it to users`);
  }
  return cluster.server.replace(/\/+$/, '');
}

/**
 * Returns the error to show for a failed authentication. The output of a credential plugin or provider is hidden
 * because it can contain credentials.
 */
export function authenticationFailure(user: User | null, error: unknown): unknown {
  const { syscall } = Object(error) as NodeJS.ErrnoException;
  if (syscall !== undefined || (user?.exec === undefined && user?.authProvider === undefined)) {
    return error;
  }
  const [kind, name, advice] =
    user.exec === undefined
      ? ['provider', user.authProvider?.name, '']
      : ['plugin', basename(user.exec.command ?? ''), '; run the plugin yourself to see it'];
  return new Error(
    `the credential ${kind} ${name} of the kubeconfig failed; its output is hidden because it can contain credentials${advice}`,
  );
}

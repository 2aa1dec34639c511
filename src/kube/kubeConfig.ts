import { basename } from 'node:path';
import { KubeConfig, type User } from '@kubernetes/client-node';

/** The library's name for the localhost:8080 that it makes up where it finds no configuration. */
const PLACEHOLDER = 'loaded-context';

/**
 * Reads a kubeconfig, or finds it as kubectl does, or the pod's own service account. Throws an Error that says what is wrong and
 * nothing of what stands in the file, as it holds credentials.
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
    throw new Error(`the kubeconfig can't be read: ${whatIsWrong(error)}`);
  }
  if (config.getCurrentContext() === PLACEHOLDER) {
    throw new Error('there is no kubeconfig, and this is no pod; name one with --kubeconfig or KUBECONFIG');
  }
  return config;
}

/** What the parser says of bad YAML repeats the lines around it. */
function whatIsWrong(error: unknown): string {
  const { name, message, mark } = Object(error) as { name?: string; message?: string; mark?: Partial<Mark> };
  return name === 'YAMLException' && mark !== undefined
    ? `it isn't YAML at line ${Number(mark.line) + 1}, column ${Number(mark.column) + 1}`
    : String(message ?? error);
}

/** Where the parser stopped, counted from 0. */
interface Mark {
  readonly line: number;
  readonly column: number;
}

/** The address of the API server. Throws an Error, without the address, where it has a user or a password in it, or isn't a URL. */
export function serverOf(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error('the kubeconfig has no current context with a cluster');
  }
  const url = URL.parse(cluster.server);
  if (url === null) {
    throw new Error(`the server of the kubeconfig's cluster ${cluster.name} isn't a URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`the server of the kubeconfig's cluster ${cluster.name} has a user in its URL; put it under users`);
  }
  return cluster.server.replace(/\/+$/, '');
}

/** What is said of a user that couldn't be authenticated: not what a credential plugin or provider has printed, which may be credentials. */
export function authenticationFailure(user: User | null, error: unknown): unknown {
  const { syscall } = Object(error) as NodeJS.ErrnoException;
  if (syscall !== undefined || (user?.exec === undefined && user?.authProvider === undefined)) {
    return error;
  }
  const [kind, name, advice] =
    user.exec === undefined
      ? ['provider', user.authProvider?.name, '']
      : ['plugin', basename(user.exec.command ?? ''), '; run it yourself to see'];
  return new Error(
    `the kubeconfig's credential ${kind} ${name} failed: what it says isn't shown, as it may hold credentials${advice}`,
  );
}

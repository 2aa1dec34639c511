import type { ConnectionOptions } from 'node:tls';
import type { ProxyServer } from '../network/proxyRules.ts';

/** Access to an API server: address and credentials (client-go's rest.Config). */
export interface RestConfig {
  /** URL without a trailing slash, for example, `https://10.96.0.1:443`. */
  readonly server: string;
  /** Namespace of the pod or of the context in the kubeconfig. */
  readonly namespace: string | undefined;
  /** Whether `credentials` may wait for a person, so that no timeout applies to it. Defaults to false. */
  readonly isInteractive?: boolean;
  /** Returns the current credentials. Called before each request because credentials rotate. */
  credentials(): Promise<Credentials>;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** TLS options: certificates and server name. */
  readonly tls: ConnectionOptions;
  /** Proxy of the cluster. Defaults to the proxy in the environment. */
  readonly proxy?: ProxyServer | undefined;
  /** Called if the API server rejects the credentials, so that the next request gets new ones. */
  readonly reject?: (() => void) | undefined;
}

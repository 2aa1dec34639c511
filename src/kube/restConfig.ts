import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';

/** Access to an API server: address and credentials (client-go's rest.Config). */
export interface RestConfig {
  /** URL without a trailing slash, for example, `https://10.96.0.1:443`. */
  readonly server: string;
  /** Namespace of the pod or of the context in the kubeconfig. */
  readonly namespace: string | undefined;
  /** Returns the current credentials. Called before each request because credentials rotate. */
  credentials(): Promise<Credentials>;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** TLS options: certificates and server name. */
  readonly tls: ConnectionOptions;
  /** Agent that connects through a proxy. Undefined for a direct connection. */
  readonly proxy?: Agent | undefined;
}

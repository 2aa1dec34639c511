import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';

/** How to reach an API server, and who this process is to it. */
export interface RestConfig {
  /** The address, as `https://10.96.0.1:443`, without a slash at its end. */
  readonly server: string;
  /** Where the pod is, or what the kubeconfig's context is about. */
  readonly namespace: string | undefined;
  /** What a request comes with now: credentials are replaced from time to time. Asked before each request. */
  credentials(): Promise<Credentials>;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** What TLS rests on: certificates and names. */
  readonly tls: ConnectionOptions;
  /** Where requests don't go straight to the API server, but through a proxy. */
  readonly proxy?: Agent | undefined;
}

import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { impersonationHeaders } from './kubeconfig/impersonation.ts';
import type { Impersonation } from './kubeconfig/kubeConfigTypes.ts';
import type { Credentials, RestConfig } from './restConfig.ts';

/** Directory in which the kubelet mounts the token, CA certificate, and namespace of the service account. */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

interface PodOptions {
  /** Directory of the service account's files. Defaults to the one that the kubelet mounts. */
  readonly directory?: string;
  readonly impersonation?: Impersonation | undefined;
}

/** Access with the service account of the pod, as client-go's rest.InClusterConfig. */
export class InClusterConfig implements RestConfig {
  readonly server: string;
  /** Namespace of the pod. */
  readonly namespace: string;
  readonly #directory: string;
  readonly #impersonation: Impersonation;

  private constructor(
    server: string,
    namespace: string,
    { directory, impersonation = {} }: PodOptions & { readonly directory: string },
  ) {
    this.server = server;
    this.namespace = namespace;
    this.#directory = directory;
    this.#impersonation = impersonation;
  }

  /** Returns undefined outside of a pod and in a pod without a service account token. `POD_NAMESPACE` overrides the namespace. */
  static find(
    env: NodeJS.ProcessEnv,
    { directory = SERVICE_ACCOUNT_DIRECTORY, impersonation }: PodOptions = {},
  ): InClusterConfig | undefined {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
    if (!host || !port) {
      return undefined;
    }
    try {
      statSync(join(directory, 'token'));
      const namespace = env.POD_NAMESPACE || readFileSync(join(directory, 'namespace'), 'utf8').trim();
      return new InClusterConfig(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`, namespace, {
        directory,
        impersonation,
      });
    } catch {
      return undefined;
    }
  }

  /** Reads both files on each call because the kubelet replaces them. */
  async credentials(): Promise<Credentials> {
    const [token, ca] = await Promise.all(
      ['token', 'ca.crt'].map((name) => readFile(join(this.#directory, name), 'utf8')),
    );
    return {
      headers: { ...impersonationHeaders(this.#impersonation), Authorization: `Bearer ${token?.trim()}` },
      tls: { ca },
    };
  }
}

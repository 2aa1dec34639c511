import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Credentials, RestConfig } from './restConfig.ts';

/** Directory in which the kubelet mounts the token, CA certificate, and namespace of the service account. */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Access with the service account of the pod, as client-go's rest.InClusterConfig. */
export class InClusterConfig implements RestConfig {
  readonly server: string;
  /** Namespace of the pod. */
  readonly namespace: string;
  readonly #directory: string;

  private constructor(server: string, directory: string) {
    this.server = server;
    this.namespace = readFileSync(join(directory, 'namespace'), 'utf8').trim();
    this.#directory = directory;
  }

  /** Returns undefined outside of a pod and in a pod without a service account token. */
  static find(env: NodeJS.ProcessEnv, directory = SERVICE_ACCOUNT_DIRECTORY): InClusterConfig | undefined {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
    if (!host || !port) {
      return undefined;
    }
    try {
      return new InClusterConfig(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`, directory);
    } catch {
      return undefined;
    }
  }

  /** Reads both files on each call because the kubelet replaces them. */
  async credentials(): Promise<Credentials> {
    const [token, ca] = await Promise.all(
      ['token', 'ca.crt'].map((name) => readFile(join(this.#directory, name), 'utf8')),
    );
    return { headers: { Authorization: `Bearer ${token?.trim()}` }, tls: { ca } };
  }
}

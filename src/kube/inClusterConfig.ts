import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Credentials, RestConfig } from './restConfig.ts';

/** Where a kubelet puts what a pod's service account needs. */
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** As the service account of the pod that this process runs in: client-go's rest.InClusterConfig. */
export class InClusterConfig implements RestConfig {
  readonly server: string;
  /** Of the pod. */
  readonly namespace: string;
  readonly #folder: string;

  private constructor(server: string, folder: string) {
    this.server = server;
    this.namespace = readFileSync(join(folder, 'namespace'), 'utf8').trim();
    this.#folder = folder;
  }

  /** Undefined where this is no pod, or one without a service account's token. */
  static find(env: NodeJS.ProcessEnv, folder = FOLDER): InClusterConfig | undefined {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
    if (!host || !port) {
      return undefined;
    }
    try {
      return new InClusterConfig(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`, folder);
    } catch {
      return undefined;
    }
  }

  /** The kubelet replaces both files in time. */
  async credentials(): Promise<Credentials> {
    const [token, ca] = await Promise.all(
      ['token', 'ca.crt'].map((name) => readFile(join(this.#folder, name), 'utf8')),
    );
    return { headers: { Authorization: `Bearer ${token?.trim()}` }, tls: { ca } };
  }
}

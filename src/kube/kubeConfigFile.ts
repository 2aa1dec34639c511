import { readFile } from 'node:fs/promises';
import type { Agent, RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { authenticationFailure, serverURL } from './kubeConfig.ts';
import type { Credentials, RestConfig } from './restConfig.ts';

/**
 * Access by the current context of a kubeconfig, with all authentication methods and proxies that the library supports.
 */
export class KubeConfigFile implements RestConfig {
  readonly server: string;
  readonly #config: KubeConfig;

  /** Throws an Error if the cluster of the context is invalid. */
  constructor(config: KubeConfig) {
    this.server = serverURL(config);
    this.#config = config;
  }

  get namespace(): string | undefined {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace;
  }

  async credentials(): Promise<Credentials> {
    const { agent, auth, headers, ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } =
      await this.#authenticate();
    const token = await this.#tokenInFile();
    const authorization = {
      ...(auth && { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
      ...(headers as Record<string, string> | undefined),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    if (/[^\t\x20-\x7e\x80-\xff]/.test(authorization.Authorization ?? '')) {
      throw new Error('the token in the kubeconfig contains an invalid character, for example, a line break');
    }
    return {
      headers: authorization,
      tls: { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername },
      // The library uses one agent per cluster, which keeps no connections.
      proxy: this.#config.getCurrentCluster()?.proxyUrl ? (agent as Agent) : undefined,
    };
  }

  async #authenticate(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      throw authenticationFailure(this.#config.getCurrentUser(), error);
    }
    return options;
  }

  /** Returns the token from its file, because the library keeps using a replaced token for a minute. */
  async #tokenInFile(): Promise<string | undefined> {
    const path: unknown = this.#config.getCurrentUser()?.authProvider?.config?.tokenFile;
    return typeof path === 'string' ? (await readFile(path, 'utf8')).trim() : undefined;
  }
}

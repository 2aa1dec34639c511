import { readFile } from 'node:fs/promises';
import type { Agent, RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { authenticationFailure, serverOf } from './kubeConfig.ts';
import type { Credentials, RestConfig } from './restConfig.ts';

/** By the current context of a kubeconfig, with every way of authentication and every proxy that the library knows. */
export class KubeConfigFile implements RestConfig {
  readonly server: string;
  readonly #config: KubeConfig;

  /** Throws an Error that says what is wrong with the context's cluster. */
  constructor(config: KubeConfig) {
    this.server = serverOf(config);
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
      throw new Error("the kubeconfig's token has characters that no token has, as a line break");
    }
    return {
      headers: authorization,
      tls: { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername },
      // The library has an agent for each cluster, which keeps no connection.
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

  /** The library goes on for a minute with a token that was replaced in its file. */
  async #tokenInFile(): Promise<string | undefined> {
    const path: unknown = this.#config.getCurrentUser()?.authProvider?.config?.tokenFile;
    return typeof path === 'string' ? (await readFile(path, 'utf8')).trim() : undefined;
  }
}

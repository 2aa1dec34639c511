import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import { sanitize } from '../../sanitize.ts';
import type { Credentials, RestConfig } from '../restConfig.ts';
import { CredentialPlugin, type PluginCluster, type PluginCredential } from './credentialPlugin.ts';
import { impersonationHeaders, impersonationOf } from './impersonation.ts';
import type { Impersonation, KubeCluster, KubeUser } from './kubeConfigTypes.ts';
import { serverURL } from './serverURL.ts';
import { validateCluster, validateUser } from './validateKubeConfig.ts';

/** Access by the current context of a kubeconfig, with the meaning that client-go gives to it. */
export class KubeConfigFile implements RestConfig {
  readonly server: string;
  readonly #config: KubeConfig;
  readonly #impersonation: Impersonation;
  readonly #plugin: CredentialPlugin | undefined;
  /** Token that was last read from a file. */
  #fileToken: string | undefined;

  /** Throws an Error if the cluster or the user of the context is invalid. */
  constructor(config: KubeConfig, impersonation?: Impersonation) {
    this.#config = config;
    this.server = serverURL(config);
    const user = this.#user;
    validateCluster(this.#cluster);
    if (user === null) {
      this.#requireNoUser();
    } else {
      validateUser(user);
    }
    this.#impersonation = impersonationOf(user, impersonation);
    this.#plugin = user?.exec === undefined ? undefined : new CredentialPlugin(user.exec);
  }

  get namespace(): string | undefined {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace || undefined;
  }

  get isInteractive(): boolean {
    return this.#plugin?.isInteractive ?? false;
  }

  async credentials(): Promise<Credentials> {
    const { proxyUrl } = this.#cluster;
    const proxy = proxyUrl ? { url: new URL(proxyUrl), setting: 'proxy-url in the kubeconfig' } : undefined;
    const headers = impersonationHeaders(this.#impersonation);
    // As in client-go, credentials never go over plain HTTP.
    const { authorization, tls, reject } = this.server.startsWith('https:')
      ? await this.#authenticate()
      : { authorization: undefined, tls: {}, reject: undefined };
    if (/[^\t\x20-\x7e\x80-\xff]/.test(authorization ?? '')) {
      throw new Error('the token in the kubeconfig contains an invalid character, for example, a line break');
    }
    return {
      headers: { ...headers, ...(authorization !== undefined && { Authorization: authorization }) },
      tls,
      proxy,
      reject,
    };
  }

  get #cluster(): KubeCluster {
    return this.#config.getCurrentCluster() as KubeCluster;
  }

  get #user(): KubeUser | null {
    return this.#config.getCurrentUser() as KubeUser | null;
  }

  #requireNoUser(): void {
    const context = this.#config.getCurrentContext();
    const name = this.#config.getContextObject(context)?.user;
    if (name) {
      throw new Error(
        `context ${sanitize(context)} refers to the user ${sanitize(name)}, which is not in the kubeconfig`,
      );
    }
  }

  async #authenticate(): Promise<{
    readonly authorization: string | undefined;
    readonly tls: ConnectionOptions;
    readonly reject?: (() => void) | undefined;
  }> {
    const cluster = this.#cluster;
    const user = this.#user;
    const [ca, cert, key, own] = await Promise.all([
      contentOf(cluster.caFile, cluster.caData),
      contentOf(user?.certFile, user?.certData),
      contentOf(user?.keyFile, user?.keyData),
      this.#ownAuthorization(user),
    ]);
    const plugin = own === undefined && cert === undefined ? await this.#pluginCredential() : undefined;
    const authorization = own ?? (plugin?.token ? `Bearer ${plugin.token}` : await this.#providerAuthorization(user));
    return {
      authorization,
      tls: {
        ca,
        cert: cert ?? (plugin?.cert || undefined),
        key: cert === undefined ? plugin?.key || undefined : key,
        rejectUnauthorized: cluster.skipTLSVerify ? false : undefined,
        servername: cluster.tlsServerName || undefined,
      },
      reject: plugin && (() => this.#plugin?.reject(plugin)),
    };
  }

  /** Returns the authorization by a token or a password in the kubeconfig. */
  async #ownAuthorization(user: KubeUser | null): Promise<string | undefined> {
    const token = user?.tokenFile ? await this.#tokenIn(user.tokenFile, user.token) : user?.token;
    if (token) {
      return `Bearer ${token}`;
    }
    return user?.username || user?.password
      ? `Basic ${Buffer.from(`${user.username ?? ''}:${user.password ?? ''}`).toString('base64')}`
      : undefined;
  }

  /** Reads a token from its file. If that fails, an earlier token or the `fallback` may still be valid. */
  async #tokenIn(file: string, fallback: string | undefined): Promise<string> {
    try {
      const token = (await readFile(file, 'utf8')).trim();
      if (token === '') {
        throw new Error(`the token file ${file} of the kubeconfig is empty`);
      }
      this.#fileToken = token;
    } catch (error) {
      this.#fileToken ??= fallback || undefined;
      if (this.#fileToken === undefined) {
        throw error;
      }
    }
    return this.#fileToken;
  }

  async #pluginCredential(): Promise<PluginCredential | undefined> {
    return await this.#plugin?.credential(() => this.#pluginCluster());
  }

  /** Returns the cluster for a plugin. A certificate authority in a file is included. */
  async #pluginCluster(): Promise<PluginCluster> {
    const cluster = this.#cluster;
    const ca = await contentOf(cluster.caFile, cluster.caData);
    return {
      server: cluster.server,
      'tls-server-name': cluster.tlsServerName || undefined,
      'insecure-skip-tls-verify': cluster.skipTLSVerify || undefined,
      'certificate-authority-data': ca?.toString('base64'),
      'proxy-url': cluster.proxyUrl || undefined,
      'disable-compression': cluster.disableCompression || undefined,
      config: cluster.pluginConfig ?? null,
    };
  }

  /** Returns the authorization by an authentication provider, for example, oidc, which the library supports. */
  async #providerAuthorization(user: KubeUser | null): Promise<string | undefined> {
    if (!user?.authProvider) {
      return undefined;
    }
    const options: RequestOptions = {};
    const { name, authProvider } = user;
    const provider = new KubeConfig();
    provider.loadFromClusterAndUser({ ...this.#cluster, caFile: '', proxyUrl: '' }, { name, authProvider });
    try {
      await provider.applyToHTTPSOptions(options);
    } catch {
      throw new Error(
        `the credential provider ${sanitize(String(authProvider.name))} of the kubeconfig failed; its output is hidden because it can contain credentials; log in again with kubectl`,
      );
    }
    return (options.headers as Record<string, string> | undefined)?.Authorization;
  }
}

/** Returns the content of a file or of base64 data. */
async function contentOf(file: string | undefined, data: string | undefined): Promise<Buffer | undefined> {
  if (data) {
    return Buffer.from(data, 'base64');
  }
  return file ? await readFile(file) : undefined;
}

import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

/**
 * HTTP/2 would have all requests share one connection. Where that is lost without a sign, every later request is lost with it, as a request
 * that is given up ends only its stream; here it ends its connection. An idle one is kept, in milliseconds, for longer than a lease goes
 * without a renewal.
 */
const CONNECTION = { allowH2: false, keepAliveTimeout: 10_000 } as const;

/** What TLS to the API server rests on. */
type Tls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'>;

/**
 * The connections to the API server of a KubeConfig, and who this process is to it. The library (2.0.1) opens a connection for each request;
 * here requests share them.
 */
export class Connections {
  readonly #config: KubeConfig;
  #shared: { readonly tls: Tls; readonly dispatcher: Promise<Dispatcher> } | undefined;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Authenticates a request, and has it sent over a connection that serves others as well. */
  async prepare(context: RequestContext): Promise<void> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { auth, headers, ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const token = await this.#tokenInFile();
    const credentials = {
      ...(auth && { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
      ...headers,
      ...(token && { Authorization: `Bearer ${token}` }),
    };
    for (const [name, value] of Object.entries(credentials)) {
      context.setHeaderParam(name, String(value));
    }
    const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
    context.setDispatcher(await this.#dispatcher(tls));
  }

  /** That of a pod's service account, which is replaced from time to time. The library goes on with the one before for a minute. */
  async #tokenInFile(): Promise<string | undefined> {
    const path: unknown = this.#config.getCurrentUser()?.authProvider?.config?.tokenFile;
    return typeof path === 'string' ? (await readFile(path, 'utf8')).trim() : undefined;
  }

  async #dispatcher(tls: Tls): Promise<Dispatcher> {
    const before = this.#shared;
    if (before !== undefined && isDeepStrictEqual(before.tls, tls)) {
      return before.dispatcher;
    }
    const dispatcher = this.#connect(tls);
    this.#shared = { tls, dispatcher };
    // What is under way ends over the connections that it has.
    before?.dispatcher.then((one) => one.close()).catch(() => {});
    return dispatcher;
  }

  async #connect(tls: Tls): Promise<Dispatcher> {
    const cluster = this.#config.getCurrentCluster();
    const options = this.#config.createDispatcherOptions(cluster, tls);
    if (options.type === 'socks') {
      const context = new RequestContext(cluster?.server ?? '', HttpMethod.GET);
      await this.#config.applySecurityAuthentication(context);
      return context.getDispatcher() ?? new Agent(CONNECTION);
    }
    // The library's types allow members that are undefined, and undici takes them for absent.
    return options.type === 'proxy'
      ? new ProxyAgent({ ...CONNECTION, ...options } as ProxyAgent.Options)
      : new Agent({ ...CONNECTION, ...options } as Agent.Options);
  }
}

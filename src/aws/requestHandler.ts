import process from 'node:process';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { createProxyAgent } from '../network/proxyAgent.ts';
import { describeProxy, ProxyRules, type ProxyServer } from '../network/proxyRules.ts';
import { loadCaBundle } from './caBundle.ts';

type Handle = NodeHttpHandler['handle'];

/** Connection settings of the SDK. */
const KEEP_ALIVE = { keepAlive: true, maxSockets: 50 } as const;

/**
 * HTTP handler of the SDK that connects through the proxies of `HTTPS_PROXY`, `HTTP_PROXY`, and `NO_PROXY`, and trusts the certificates
 * of `AWS_CA_BUNDLE`. The SDK ignores both. Instance metadata and container credentials use another handler, which connects directly.
 */
export class AwsRequestHandler
  implements Pick<NodeHttpHandler, 'handle' | 'destroy' | 'metadata' | 'httpHandlerConfigs'>
{
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #options: NodeHttpHandlerOptions;
  readonly #rules = new ProxyRules(process.env);
  readonly #handlers = new Map<string, Promise<NodeHttpHandler>>();

  constructor(options: NodeHttpHandlerOptions) {
    this.#options = options;
  }

  /** Sends a request. A failure without a response contains the proxy in its member `proxy`. */
  async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const port = request.port === undefined ? '' : `:${request.port}`;
    const proxy = this.#rules.proxyFor(new URL(`${request.protocol}//${bracketed(request.hostname)}${port}`));
    const handler = await this.#handler(proxy, request.protocol === 'https:');
    try {
      return await handler.handle(request, options);
    } catch (error) {
      throw proxy === undefined ? error : Object.assign(Object(error), { proxy: describeProxy(proxy) });
    }
  }

  destroy(): void {
    for (const handler of this.#handlers.values()) {
      handler.then(
        (created) => created.destroy(),
        () => {},
      );
    }
  }

  httpHandlerConfigs(): NodeHttpHandlerOptions {
    return this.#options;
  }

  /** Keeps the settings. The SDK calls this method to set its logger and its own socket timeout. */
  updateHttpClientConfig(): void {}

  #handler(proxy: ProxyServer | undefined, isSecure: boolean): Promise<NodeHttpHandler> {
    const key = `${isSecure} ${proxy?.url.href}`;
    const handler = this.#handlers.get(key) ?? this.#createHandler(proxy, isSecure);
    this.#handlers.set(key, handler);
    // The next request reads the certificates again.
    handler.catch(() => this.#handlers.delete(key));
    return handler;
  }

  async #createHandler(proxy: ProxyServer | undefined, isSecure: boolean): Promise<NodeHttpHandler> {
    const ca = isSecure ? await loadCaBundle() : undefined;
    const tls = ca === undefined ? {} : { ca };
    if (proxy === undefined) {
      return new NodeHttpHandler({ ...this.#options, httpsAgent: tls });
    }
    const agent = await createProxyAgent(proxy, { isSecure, agent: KEEP_ALIVE, tls });
    return new NodeHttpHandler({ ...this.#options, httpAgent: agent, httpsAgent: agent as never });
  }
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

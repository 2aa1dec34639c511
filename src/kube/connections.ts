import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request as sendPlain } from 'node:http';
import { request as sendOverTls, Agent as TlsAgent } from 'node:https';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { isUntrustedCertificate } from '../network/certificateErrors.ts';
import { createProxyAgent, PROXY_REFUSED } from '../network/proxyAgent.ts';
import { describeProxy, ProxyRules, type ProxyServer } from '../network/proxyRules.ts';
import type { Credentials } from './restConfig.ts';

/**
 * Keep-alive settings, in milliseconds. The idle timeout exceeds the renewal period of leases; TCP keep-alive works as
 * in client-go. HTTP/1.1 is deliberate: HTTP/2 requests share one connection, and if it is lost silently, all later
 * requests fail, too, because a canceled request ends only its stream. Here it ends its connection.
 */
const KEEP_ALIVE = { keepAlive: true, timeout: 10_000, keepAliveMsecs: 30_000 } as const;

/** Response whose body is still arriving. */
export interface HttpResponse {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  /** Body in UTF-8, as it arrives. Ending the iteration early closes the connection. */
  readonly text: AsyncIterable<string>;
}

export interface Message extends Pick<RequestOptions, 'method' | 'headers'> {
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** Settings that all requests over the same connections have in common. */
interface ConnectionSettings {
  readonly tls: Credentials['tls'];
  readonly proxy: ProxyServer | undefined;
}

/** Connections to an API server. Requests share them as long as the TLS settings and the proxy are the same. */
export class Connections {
  /** Proxies in the environment, for clusters without a proxy of their own. */
  readonly #rules = new ProxyRules(process.env);
  #shared: { readonly settings: ConnectionSettings; readonly agent: Agent | Promise<Agent> } | undefined;

  /** Sends a request. Resolves when the response starts. */
  async send(
    url: URL,
    { tls, proxy = this.#rules.proxyFor(url) }: Credentials,
    { body, headers, ...more }: Message,
  ): Promise<HttpResponse> {
    // Node.js sends no length for the body of a DELETE, so the server would parse the body as the next request.
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const message = { ...more, headers: { ...headers, ...length } };
    const isPlain = url.protocol === 'http:';
    const agent = await this.#agent({ tls, proxy }, isPlain);
    const request = isPlain ? sendPlain(url, { ...message, agent }) : sendOverTls(url, { ...message, ...tls, agent });
    request.end(body);
    try {
      const response = await responseTo(request);
      return { code: response.statusCode ?? 0, headers: response.headers, text: textOf(response) };
    } catch (error) {
      throw explained(error, proxy);
    }
  }

  #agent(settings: ConnectionSettings, isPlain: boolean): Agent | Promise<Agent> {
    if (this.#shared === undefined || !isDeepStrictEqual(this.#shared.settings, settings)) {
      // Requests in flight end on their old connections; idle connections close automatically.
      this.#shared = { settings, agent: agentFor(settings, isPlain) };
    }
    return this.#shared.agent;
  }
}

function agentFor({ tls, proxy }: ConnectionSettings, isPlain: boolean): Agent | Promise<Agent> {
  if (proxy !== undefined) {
    return createProxyAgent(proxy, { isSecure: !isPlain, agent: KEEP_ALIVE, tls });
  }
  return isPlain ? new Agent(KEEP_ALIVE) : new TlsAgent({ ...KEEP_ALIVE, ...tls });
}

/** Returns the error of a request without a response, with what a user can change: the proxy, or the trusted certificates. */
function explained(error: unknown, proxy: ProxyServer | undefined): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (isUntrustedCertificate(code)) {
    return new Error(
      `the certificate of the API server, or of a proxy in between, isn't signed by a trusted authority (${code}); set certificate-authority of the cluster in the kubeconfig`,
    );
  }
  const isComplete = proxy === undefined || code === PROXY_REFUSED || (error as Error).name === 'AbortError';
  return isComplete ? error : new Error(`${message || code} (through ${describeProxy(proxy)})`);
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(request, 'response');
  // Later errors are reported by the response.
  request.on('error', () => {});
  return response;
}

async function* textOf(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  try {
    yield* response.setEncoding('utf8');
  } catch (error) {
    // Node.js reports only "aborted".
    const isConnectionLost = !response.complete && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    throw isConnectionLost ? new Error('the connection was lost in the middle of the response') : error;
  }
}

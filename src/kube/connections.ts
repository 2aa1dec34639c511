import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request as sendPlain } from 'node:http';
import { request as sendOverTls, Agent as TlsAgent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
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

/** Connections to an API server. Requests share them as long as the TLS settings are the same. */
export class Connections {
  #shared: { readonly tls: Credentials['tls']; readonly agent: Agent } | undefined;

  /** Sends a request. Resolves when the response starts. */
  async send(url: URL, { tls, proxy }: Credentials, { body, headers, ...more }: Message): Promise<HttpResponse> {
    // Node.js sends no length for the body of a DELETE, so the server would parse the body as the next request.
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const message = { ...more, headers: { ...headers, ...length } };
    const isPlain = url.protocol === 'http:';
    const agent = proxy ?? this.#agent(tls, isPlain);
    const request = isPlain ? sendPlain(url, { ...message, agent }) : sendOverTls(url, { ...message, ...tls, agent });
    request.end(body);
    const response = await responseTo(request);
    return { code: response.statusCode ?? 0, headers: response.headers, text: textOf(response) };
  }

  #agent(tls: Credentials['tls'], isPlain: boolean): Agent {
    if (this.#shared === undefined || !isDeepStrictEqual(this.#shared.tls, tls)) {
      // Requests in flight end on their old connections; idle connections close automatically.
      this.#shared = { tls, agent: isPlain ? new Agent(KEEP_ALIVE) : new TlsAgent({ ...KEEP_ALIVE, ...tls }) };
    }
    return this.#shared.agent;
  }
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

import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request as sendPlain } from 'node:http';
import { request as sendOverTls, Agent as TlsAgent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import type { Credentials } from './restConfig.ts';

/**
 * Idle connections are kept, in milliseconds, for longer than a lease goes without a renewal, and are looked after by TCP as client-go does. Over
 * HTTP/2 all requests would share one. Where that is lost without a sign, every later request is lost with it, as a request that is given up
 * ends only its stream; here it ends its connection.
 */
const KEPT = { keepAlive: true, timeout: 10_000, keepAliveMsecs: 30_000 } as const;

/** An answer that has begun. */
export interface HttpAnswer {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  /** The body as it comes, in UTF-8. Leaving it early ends the connection. */
  readonly text: AsyncIterable<string>;
}

export interface Message extends Pick<RequestOptions, 'method' | 'headers'> {
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** The connections to an API server, which requests share for as long as what TLS rests on is the same. */
export class Connections {
  #shared: { readonly tls: Credentials['tls']; readonly agent: Agent } | undefined;

  /** Sends a request. Resolves when the answer begins. */
  async send(url: URL, { tls, proxy }: Credentials, { body, headers, ...more }: Message): Promise<HttpAnswer> {
    // Node tells the length of a DELETE's body to nobody: the server would take it for the beginning of the next request.
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const message = { ...more, headers: { ...headers, ...length } };
    const isPlain = url.protocol === 'http:';
    const agent = proxy ?? this.#agent(tls, isPlain);
    const request = isPlain ? sendPlain(url, { ...message, agent }) : sendOverTls(url, { ...message, ...tls, agent });
    request.end(body);
    const response = await answerTo(request);
    return { code: response.statusCode ?? 0, headers: response.headers, text: textOf(response) };
  }

  #agent(tls: Credentials['tls'], isPlain: boolean): Agent {
    if (this.#shared === undefined || !isDeepStrictEqual(this.#shared.tls, tls)) {
      // What is under way over connections from before ends there; those that are idle close by themselves.
      this.#shared = { tls, agent: isPlain ? new Agent(KEPT) : new TlsAgent({ ...KEPT, ...tls }) };
    }
    return this.#shared.agent;
  }
}

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(request, 'response');
  // What happens from here on befalls the response.
  request.on('error', () => {});
  return response;
}

async function* textOf(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  try {
    yield* response.setEncoding('utf8');
  } catch (error) {
    // Node says only "aborted".
    const isCut = !response.complete && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    throw isCut ? new Error('the connection was lost in the middle of the answer') : error;
  }
}

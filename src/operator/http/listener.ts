import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sanitize } from '../../sanitize.ts';
import { type BindAddress, formatBindAddress } from './bindAddress.ts';

/** What a path answers with. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What is served by path. */
export type Pages = Readonly<Record<string, (query: URLSearchParams) => Page | Promise<Page>>>;

/** Far more than Prometheus and kubelets need, in bytes, milliseconds and connections. */
const MAX_HEADERS = 8 * 1024;
const REQUEST_TIMEOUT = 10_000;
const MAX_CONNECTIONS = 256;
/** Longer than most scrape intervals, in milliseconds, so that a scraper isn't cut off as it sends its next request. */
const KEEP_ALIVE = 75_000;
const TEXT = 'text/plain; charset=utf-8';

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there already; choose another port, or 0 to serve nothing',
  EACCES: 'that port needs privileges; choose one from 1024',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host name',
};

/** Pages of plain text over HTTP: GET and HEAD, without TLS, for scrapers and probes. */
export class Listener {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Begins to listen. Rejects with an error for people if that isn't possible; later, `onError` learns of connections that can't be taken. */
  static async open(address: BindAddress, pages: Pages, onError: (error: Error) => void): Promise<Listener> {
    const server = createServer(
      { maxHeaderSize: MAX_HEADERS, requestTimeout: REQUEST_TIMEOUT, keepAliveTimeout: KEEP_ALIVE },
      (request, response) => void serve(pages, request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.listen({ host: address.host, port: address.port });
    try {
      await once(server, 'listening');
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      throw new Error(`can't listen on ${formatBindAddress(address)}: ${ADVICE[code] ?? message}`);
    }
    // A listener alone is no reason to go on.
    server.unref().on('error', onError);
    return new Listener(server);
  }

  /** Where it listens: the port is known by now. */
  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return formatBindAddress({ host: address, port });
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function serve(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, contentType, body, ...headers } = await pageFor(pages, request);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  // Node sends no body to HEAD.
  response.end(body);
}

async function pageFor(pages: Pages, { method, url = '' }: IncomingMessage): Promise<Page & { allow?: string }> {
  const [path = '', query] = url.split('?', 2);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) {
    return { status: 404, contentType: TEXT, body: `there is only ${Object.keys(pages).join(', ')}\n` };
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, contentType: TEXT, body: 'only GET and HEAD\n', allow: 'GET, HEAD' };
  }
  try {
    return await page(new URLSearchParams(query));
  } catch (error) {
    return { status: 500, contentType: TEXT, body: `${sanitize(String(error), 1024)}\n` };
  }
}

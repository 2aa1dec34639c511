import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sanitize } from '../../sanitize.ts';
import { type BindAddress, formatBindAddress } from './bindAddress.ts';
import { limitConnections } from './connectionLimit.ts';

/** Response of a path. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Pages by path. */
export type Pages = Readonly<Record<string, (query: URLSearchParams) => Page | Promise<Page>>>;

/** Limits far above the needs of Prometheus and kubelets. */
const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
/** Interval at which the request timeout is checked. */
const TIMEOUT_CHECK_MS = 5_000;
const MAX_CONNECTIONS = 256;
const TEXT = 'text/plain; charset=utf-8';

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use; choose another port, or 0 to disable it',
  EACCES: 'the port requires privileges; choose 1024 or higher',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'the host name does not resolve',
};

/** HTTP server for scrapers and probes: GET and HEAD, without TLS. Each connection serves one request. */
export class Listener {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Starts to listen. Rejects with a human-readable error if that fails. `onError` is called for later connections that
   * can't be accepted.
   */
  static async open(address: BindAddress, pages: Pages, onError: (error: Error) => void): Promise<Listener> {
    const server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      },
      (request, response) => void serve(pages, request, response),
    );
    limitConnections(server, MAX_CONNECTIONS);
    server.listen({ host: address.host, port: address.port });
    try {
      await once(server, 'listening');
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      throw new Error(`cannot listen on ${formatBindAddress(address)}: ${ADVICE[code] ?? message}`);
    }
    // The listener must not keep the process alive.
    server.unref().on('error', onError);
    return new Listener(server);
  }

  /** Address of the listener with its actual port. */
  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return formatBindAddress({ host: address, port });
  }

  /** Stops listening and closes all connections. */
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
    connection: 'close',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  // Node.js omits the body for HEAD.
  response.end(body);
}

async function pageFor(pages: Pages, { method, url = '' }: IncomingMessage): Promise<Page & { allow?: string }> {
  const [path = '', query] = url.split('?', 2);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) {
    return { status: 404, contentType: TEXT, body: `not found; the paths are ${Object.keys(pages).join(', ')}\n` };
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, contentType: TEXT, body: 'only GET and HEAD are allowed\n', allow: 'GET, HEAD' };
  }
  try {
    return await page(new URLSearchParams(query));
  } catch (error) {
    return { status: 500, contentType: TEXT, body: `${sanitize(String(error), 1024)}\n` };
  }
}

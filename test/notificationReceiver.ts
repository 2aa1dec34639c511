import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Request that a receiver got. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly receivedAt: number;
}

/** Answers a request after it was received. */
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const ACCEPT: Answer = (response) => response.writeHead(200).end('ok');

/** Real HTTP server on a free port of this machine that records requests. */
export class NotificationReceiver implements AsyncDisposable {
  readonly requests: ReceivedRequest[] = [];
  readonly #server;
  readonly #scheme: string;
  answer: Answer = ACCEPT;

  private constructor(tls: { readonly key: string; readonly cert: string } | undefined) {
    const handle = async (request: IncomingMessage, response: ServerResponse) => {
      const body = await text(request);
      const { method = '', url: path = '', headers } = request;
      this.requests.push({ method, path, headers, body, receivedAt: performance.now() });
      this.answer(response, request);
    };
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(handle) : createSecureServer(tls, handle);
  }

  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<NotificationReceiver> {
    const receiver = new NotificationReceiver(tls);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

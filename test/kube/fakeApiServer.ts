import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { vi } from 'vitest';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY } from '../certificates.ts';

/** Custom resource that the tests use. */
export const WIDGETS: Resource = {
  group: 'test.wsap.dev',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON can be sent
  readonly body: any;
}

export type Responder = (response: ServerResponse, request: ReceivedRequest) => void;

export function json(value: unknown, code = 200, headers: Record<string, string> = {}): Responder {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
}

/** Waits until `condition` stops throwing and returns its result. */
export function eventually<T>(condition: () => T): Promise<T> {
  return vi.waitFor(condition, { interval: 2, timeout: 30_000 });
}

/** Returns a failure as the API server writes it. */
export function status(code: number, reason: string, message: string, details: object = {}): Responder {
  return json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details }, code);
}

export function list(items: object[], resourceVersion: string, token?: string): Responder {
  return json({ kind: 'List', metadata: { resourceVersion, ...(token && { continue: token }) }, items });
}

/** TCP connections by the port of the client. TLS hides them. */
const tcpConnections = new Map<number | undefined, Socket>();

/** Resets the connection without a response. */
export const reset: Responder = (response) => {
  tcpConnections.get(response.socket?.remotePort)?.resetAndDestroy();
};

/** Never responds. */
export const silence: Responder = () => {};

/** Watch that the server keeps open. */
export class OpenWatch {
  readonly request: ReceivedRequest;
  readonly #response: ServerResponse;

  constructor(request: ReceivedRequest, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  }

  get closed(): boolean {
    return this.#response.destroyed;
  }

  send(type: string, object: unknown): void {
    this.sendRaw(`${JSON.stringify({ type, object })}\n`);
  }

  sendRaw(text: string): void {
    this.#response.write(text);
  }

  /** Ends the watch properly, as after `timeoutSeconds`. */
  end(): void {
    this.#response.end();
  }

  cut(): void {
    reset(this.#response, this.request);
  }
}

/**
 * API server without a store. Lists and other requests get the next response of their script, or the default. Watches
 * stay open and are controlled by the test unless the script of watches has a response.
 */
export class FakeApiServer {
  readonly requests: ReceivedRequest[] = [];
  readonly watches: OpenWatch[] = [];
  readonly lists: Responder[] = [];
  readonly watchResponses: Responder[] = [];
  readonly others: Responder[] = [];
  defaultList: Responder = list([], '1');
  defaultOther: Responder = json({});
  /** Number of connections that clients have opened. */
  connected = 0;
  #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeApiServer> {
    const server = createServer({ cert: SERVER_CERTIFICATE, key: SERVER_KEY });
    const fake = new FakeApiServer(server);
    server.on('request', async (incoming, response) => {
      const url = new URL(incoming.url ?? '', 'http://fake');
      let text = '';
      for await (const chunk of incoming) {
        text += chunk;
      }
      const body = text === '' ? undefined : JSON.parse(text);
      const { method = '', headers } = incoming;
      fake.#respond({ method, headers, path: url.pathname, query: url.searchParams, body }, response);
    });
    server.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      tcpConnections.set(remotePort, socket);
      socket.once('close', () => tcpConnections.delete(remotePort));
      fake.connected++;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return fake;
  }

  get address(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  access(): KubeConfigFile {
    return new KubeConfigFile(this.kubeConfig());
  }

  kubeConfig(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [
        {
          name: 'fake',
          server: this.address,
          skipTLSVerify: false,
          caData: Buffer.from(CA_CERTIFICATE).toString('base64'),
        },
      ],
      users: [{ name: 'tester', token: 'secret' }],
      contexts: [{ name: 'fake', cluster: 'fake', user: 'tester' }],
      currentContext: 'fake',
    });
    return config;
  }

  /** Returns the watch with this index, starting at 0, when it is open. */
  async watch(index: number): Promise<OpenWatch> {
    return eventually(() => {
      const watch = this.watches[index];
      if (watch === undefined) {
        throw new Error(`only ${this.watches.length} watches were opened`);
      }
      return watch;
    });
  }

  listRequests(): ReceivedRequest[] {
    return this.requests.filter(({ method, query }) => method === 'GET' && !query.has('watch'));
  }

  watchRequests(): ReceivedRequest[] {
    return this.requests.filter(({ query }) => query.has('watch'));
  }

  /** Returns the number of connected clients. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #respond(request: ReceivedRequest, response: ServerResponse): void {
    this.requests.push(request);
    if (request.method !== 'GET') {
      (this.others.shift() ?? this.defaultOther)(response, request);
    } else if (!request.query.has('watch')) {
      (this.lists.shift() ?? this.defaultList)(response, request);
    } else {
      const scripted = this.watchResponses.shift();
      if (scripted) {
        scripted(response, request);
      } else {
        this.watches.push(new OpenWatch(request, response));
      }
    }
  }
}

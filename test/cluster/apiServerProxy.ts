import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the network between two does to their connections. */
export type Network =
  /** It passes everything on. */
  | 'Open'
  /** Nobody listens. */
  | 'Refusing'
  /** Nothing goes through connections any more, be they there already or made now, and no end learns of it. */
  | 'Silent'
  /** What one sends arrives half a second later. */
  | 'Slow';

const DELAY = 500;

/** A TCP proxy before the API server: the network between that and the operator, in the test's hands. */
export class ApiServerProxy implements AsyncDisposable {
  readonly #port: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #network: Network = 'Open';
  /** How many connections there have been. */
  connections = 0;

  private constructor(port: number, server: Server) {
    this.#port = port;
    this.#server = server;
  }

  /** `port`: of the API server, on this machine. */
  static async open(port: number): Promise<ApiServerProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new ApiServerProxy(port, server);
    server.on('connection', (near) => proxy.#connect(near));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  become(network: Network): void {
    this.#network = network;
    if (network === 'Silent') {
      this.silence();
    }
  }

  /** Nothing goes through the connections that there are any more, as where a router has forgotten them. */
  silence(): void {
    for (const pair of this.#pairs) {
      for (const socket of pair) {
        socket.pause();
      }
    }
  }

  /** Resets every connection. */
  cut(): void {
    for (const pair of this.#pairs) {
      for (const socket of pair) {
        socket.resetAndDestroy();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #connect(near: Socket): void {
    if (this.#network === 'Refusing') {
      near.resetAndDestroy();
      return;
    }
    this.connections++;
    const far = createConnection({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    this.#pass(near, far, pair);
    this.#pass(far, near, pair);
    if (this.#network === 'Silent') {
      this.silence();
    }
  }

  #pass(from: Socket, to: Socket, pair: readonly [Socket, Socket]): void {
    let passed = Promise.resolve();
    const pass = (act: () => void) => {
      passed = passed.then(() => (this.#network === 'Slow' ? sleep(DELAY) : undefined)).then(act);
    };
    from.on('data', (data) => pass(() => to.writable && to.write(data)));
    from.on('end', () => pass(() => to.end()));
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => this.#pairs.delete(pair));
  }
}

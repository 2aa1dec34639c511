import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the proxy treats connections. */
export type NetworkMode =
  /** Forwards all data. */
  | 'Open'
  /** Rejects new connections. */
  | 'Refusing'
  /** Forwards nothing, on existing and on new connections. Neither end notices. */
  | 'Silent'
  /** Delays all data by half a second. */
  | 'Slow';

const DELAY_MS = 500;

/** TCP proxy between the operator and the API server, controlled by a test. */
export class ApiServerProxy implements AsyncDisposable {
  readonly #port: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #network: NetworkMode = 'Open';
  /** Number of connections so far. */
  connections = 0;

  private constructor(port: number, server: Server) {
    this.#port = port;
    this.#server = server;
  }

  /** Starts a proxy for an API server on a port of this machine. */
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

  setMode(network: NetworkMode): void {
    this.#network = network;
    if (network === 'Silent') {
      this.freezeConnections();
    }
  }

  /** Stops forwarding on existing connections, as a router does that has lost its state. */
  freezeConnections(): void {
    for (const pair of this.#pairs) {
      for (const socket of pair) {
        socket.pause();
      }
    }
  }

  /** Resets all connections. */
  resetConnections(): void {
    for (const pair of this.#pairs) {
      for (const socket of pair) {
        socket.resetAndDestroy();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.resetConnections();
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
      this.freezeConnections();
    }
  }

  #pass(from: Socket, to: Socket, pair: readonly [Socket, Socket]): void {
    let passed = Promise.resolve();
    const pass = (act: () => void) => {
      // Starts immediately, because a distant network delays data, but not the data that follow even more.
      const delay = this.#network === 'Slow' ? sleep(DELAY_MS) : undefined;
      passed = passed.then(() => delay).then(act);
    };
    from.on('data', (data) => pass(() => to.writable && to.write(data)));
    from.on('end', () => pass(() => to.end()));
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => this.#pairs.delete(pair));
  }
}

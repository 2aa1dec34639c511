import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Agent, request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { inject } from 'vitest';

/** How it answers: by the API server behind it, with an HTTP status of its own, or not at all. */
export type ProxyMode = 'Open' | 401 | 403 | 500 | 'Closed';

/** A way to the test's API server that takes a bearer token, and can be shut. */
export class AuthProxy implements AsyncDisposable {
  mode: ProxyMode = 'Open';
  readonly #token: string;
  readonly #target = new KubeConfig();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  private constructor(token: string) {
    this.#token = token;
    this.#target.loadFromString(inject('kubeconfig'));
  }

  /** `token`: the only one that is let in. */
  static async open(token: string): Promise<AuthProxy> {
    const door = new AuthProxy(token);
    door.#server.listen(0, '127.0.0.1');
    await once(door.#server, 'listening');
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A kubeconfig for it, in JSON, which is YAML. */
  kubeconfig(user: object, cluster: object = {}): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'front', cluster: { server: this.url, 'insecure-skip-tls-verify': true, ...cluster } }],
      users: [{ name: 'operator', user }],
      contexts: [{ name: 'front', context: { cluster: 'front', user: 'operator' } }],
      'current-context': 'front',
    });
  }

  /** Ends what is open, as a server does that goes away. */
  shut(mode: ProxyMode): void {
    this.mode = mode;
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const mode = request.headers.authorization === `Bearer ${this.#token}` ? this.mode : 401;
    if (mode === 'Closed') {
      response.destroy();
    } else if (mode !== 'Open') {
      const status = {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        code: mode,
        message: `answered with ${mode}`,
      };
      response.writeHead(mode, { 'content-type': 'application/json' }).end(JSON.stringify(status));
    } else {
      await this.#passOn(request, response);
    }
  }

  async #passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { server = '' } = this.#target.getCurrentCluster() ?? {};
    const { authorization: _, host: __, ...headers } = request.headers;
    const options: { headers: object; agent?: Agent } = { headers };
    await this.#target.applyToHTTPSOptions(options);
    const passed = send(
      new URL(request.url ?? '/', server),
      { ...options, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  }
}

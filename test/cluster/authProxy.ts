import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Agent, createServer, request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { inject } from 'vitest';
import { CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY } from '../certificates.ts';

const CA = Buffer.from(CA_CERTIFICATE).toString('base64');

/** How the proxy responds: with the API server's response, with an HTTP status of its own, or not at all. */
export type ProxyMode = 'Open' | 401 | 403 | 500 | 'Closed';

/** HTTP proxy of the API server that requires a bearer token and can be closed. */
export class AuthProxy implements AsyncDisposable {
  mode: ProxyMode = 'Open';
  readonly #token: string;
  readonly #target = new KubeConfig();
  readonly #server = createServer({ cert: SERVER_CERTIFICATE, key: SERVER_KEY }, (request, response) =>
    this.#respond(request, response),
  );

  private constructor(token: string) {
    this.#token = token;
    this.#target.loadFromString(inject('kubeconfig'));
  }

  /** Starts a proxy that accepts only this token. */
  static async open(token: string): Promise<AuthProxy> {
    const proxy = new AuthProxy(token);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Returns a kubeconfig that uses the proxy, in JSON, which is also YAML. */
  kubeconfig(user: object, cluster: object = {}): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'front', cluster: { server: this.url, 'certificate-authority-data': CA, ...cluster } }],
      users: [{ name: 'operator', user }],
      contexts: [{ name: 'front', context: { cluster: 'front', user: 'operator' } }],
      'current-context': 'front',
    });
  }

  /** Changes the mode and closes all connections. */
  setMode(mode: ProxyMode): void {
    this.mode = mode;
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
      await this.#forward(request, response);
    }
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
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

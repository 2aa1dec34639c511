import { once } from 'node:events';
import {
  createServer as createPlain,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecure } from 'node:https';
import { connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY } from '../certificates.ts';

/** A request for policies or fleets, as a server received it. */
export interface RecordedRequest {
  readonly server: string;
  readonly path: string;
  readonly authorization: string | undefined;
  /** Values of the `Impersonate-*` headers by lower-case name. */
  readonly impersonation: Readonly<Record<string, string[]>>;
  /** Common name of the client certificate. */
  readonly certificate: string | undefined;
  /** Server name that the client asked for (SNI). */
  readonly serverName: string | undefined;
}

const CREDENTIALS = { cert: SERVER_CERTIFICATE, key: SERVER_KEY };
const RESOURCE = 'workspaceapplicationpolicies';
/** Lists of policies, which commands read, and of fleets, which the operator reads first. */
const RECORDED = /\/(workspaceapplicationpolicies|workspacefleets)$/;

/** Responses to the discovery of kubectl, by path. */
const DISCOVERY: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/api/v1': { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'v1', resources: [] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [
      {
        name: 'wsap.dev',
        versions: [{ groupVersion: 'wsap.dev/v1alpha1', version: 'v1alpha1' }],
        preferredVersion: { groupVersion: 'wsap.dev/v1alpha1', version: 'v1alpha1' },
      },
    ],
  },
  '/apis/wsap.dev/v1alpha1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: 'wsap.dev/v1alpha1',
    resources: [
      {
        name: RESOURCE,
        singularName: 'workspaceapplicationpolicy',
        namespaced: true,
        kind: 'WorkspaceApplicationPolicy',
        verbs: ['list'],
        shortNames: ['wsap'],
      },
    ],
  },
};

/** API servers that record requests for policies and fleets, and proxies to them. */
export class RecordingServers implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  /** Targets that clients asked the proxies for, by the kind of the proxy. */
  readonly proxied: string[] = [];
  readonly #servers = new Map<string, Server>();

  /** Starts two servers with TLS, one without, and three proxies. Each proxy connects to the server `first`, or forwards to `plain`. */
  static async start(): Promise<RecordingServers> {
    const servers = new RecordingServers();
    const tls = { ...CREDENTIALS, ca: CA_CERTIFICATE, requestCert: true, rejectUnauthorized: false };
    for (const name of ['first', 'second']) {
      await servers.#listen(name, createSecure(tls, servers.#respondAs(name)));
    }
    await servers.#listen('plain', createPlain(servers.#respondAs('plain')));
    const httpProxy = createPlain((request, response) => {
      servers.proxied.push(`http ${request.method} ${request.url}`);
      servers.#respondAs('plain')(withPath(request), response);
    });
    await servers.#listen('http', httpProxy.on('connect', servers.#tunnel('http')));
    await servers.#listen('https', createSecure(CREDENTIALS).on('connect', servers.#tunnel('https')));
    await servers.#listen(
      'socks5',
      createTcp((socket) => servers.#serveSocks(socket)),
    );
    return servers;
  }

  hasServer(name: string): boolean {
    return this.#servers.has(name);
  }

  port(name: string): number {
    const address = this.#servers.get(name)?.address();
    if (typeof address !== 'object' || address === null) {
      throw new Error(`no server ${name}`);
    }
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) {
      server.close();
      (server as { closeAllConnections?(): void }).closeAllConnections?.();
    }
  }

  async #listen(name: string, server: Server): Promise<void> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.set(name, server);
  }

  #respondAs(server: string): RequestListener {
    return (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://server');
      const path = pathname.replace(/^\/prefix/, '');
      if (RECORDED.test(path)) {
        this.requests.push(recordOf(server, pathname, request));
        send(response, {
          kind: 'WorkspaceApplicationPolicyList',
          apiVersion: 'wsap.dev/v1alpha1',
          metadata: { resourceVersion: '1' },
          items: [],
        });
      } else {
        send(response, DISCOVERY[path] ?? {}, DISCOVERY[path] === undefined ? 404 : 200);
      }
    };
  }

  #tunnel(kind: string): (request: IncomingMessage, socket: Socket) => void {
    return ({ url, headers }, socket) => {
      const user = headers['proxy-authorization'];
      this.proxied.push(`${kind} CONNECT ${url}${user === undefined ? '' : ` ${user}`}`);
      this.#connect(socket, 'HTTP/1.1 200 OK\r\n\r\n');
    };
  }

  #connect(client: Socket, greeting: string | Buffer): void {
    const server = connect(this.port('first'), '127.0.0.1', () => {
      client.write(greeting);
      server.pipe(client);
      client.pipe(server);
    });
    server.on('error', () => client.destroy());
    client.on('error', () => server.destroy());
  }

  /** Serves one connection of SOCKS 5 (RFC 1928) without authentication, to a host name. */
  async #serveSocks(socket: Socket): Promise<void> {
    await once(socket, 'readable');
    socket.read();
    socket.write(Buffer.from([5, 0]));
    await once(socket, 'readable');
    const request: Buffer = socket.read();
    const length = request[4] ?? 0;
    const host = request.subarray(5, 5 + length).toString();
    this.proxied.push(`socks5 CONNECT ${host}:${request.readUInt16BE(5 + length)}`);
    this.#connect(socket, Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
  }
}

/** Returns a request to a proxy with the path of its absolute URL. */
function withPath(request: IncomingMessage): IncomingMessage {
  request.url = new URL(request.url ?? '/', 'http://server').pathname;
  return request;
}

function send(response: ServerResponse, body: object, code = 200): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function recordOf(server: string, path: string, request: IncomingMessage): RecordedRequest {
  const headers = Object.entries(request.headersDistinct).filter(([name]) => name.startsWith('impersonate-'));
  const socket = request.socket as TLSSocket;
  const certificate = 'getPeerCertificate' in socket ? socket.getPeerCertificate()?.subject?.CN : undefined;
  const serverName = (socket as { servername?: string | false }).servername;
  return {
    server,
    path,
    authorization: request.headers.authorization,
    impersonation: Object.fromEntries(headers.map(([name, values = []]) => [name, values])),
    certificate: typeof certificate === 'string' ? certificate : undefined,
    serverName: serverName || undefined,
  };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** An HTTP proxy that records its targets and connects all of them to one port of this machine. */
export interface RecordingProxy extends AsyncDisposable {
  readonly url: string;
  /** `host:port` of each CONNECT, or the URL of each forwarded request. */
  readonly targets: string[];
}

/** Starts a proxy. Without a port, it refuses each connection with the HTTP status. */
export async function startProxy({
  port,
  status = 503,
}: {
  readonly port?: number;
  readonly status?: number;
} = {}): Promise<RecordingProxy> {
  const targets: string[] = [];
  const server = createServer((request, response) => {
    targets.push(request.url ?? '');
    response.writeHead(status).end();
  });
  server.on('connect', ({ url }, socket) => {
    targets.push(url ?? '');
    if (port === undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

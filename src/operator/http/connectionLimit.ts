import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Limits the connections of a server. A new connection is always accepted: if there are too many, the oldest idle one of the client with the
 * most connections is closed, so that no client can prevent the probes of the kubelet.
 */
export function limitConnections(server: Server, limit: number): void {
  /** Open connections, oldest first. */
  const open = new Set<Socket>();
  /** Connections whose complete request is not answered yet. */
  const answering = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      answering.delete(socket);
    });
    if (open.size > limit) {
      connectionToClose(open, answering)?.destroy();
    }
  });
  server.on('request', ({ socket }, response) => {
    answering.add(socket);
    response.once('close', () => answering.delete(socket));
  });
}

function connectionToClose(open: ReadonlySet<Socket>, answering: ReadonlySet<Socket>): Socket | undefined {
  const byClient = Map.groupBy(open, ({ remoteAddress }) => remoteAddress);
  const [most = []] = [...byClient.values()].sort((a, b) => b.length - a.length);
  return most.find((socket) => !answering.has(socket)) ?? most[0];
}

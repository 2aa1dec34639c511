import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CertificateAuthority } from '../environment/node/certificates.ts';

/** HTTPS server with a certificate of a private authority in front of a simulator. */
export interface HttpsEndpoint extends AsyncDisposable {
  readonly port: number;
  /** Certificate of the authority, in PEM. */
  readonly authority: string;
}

/** Starts the server. `address`: IP address that clients connect to. `directory`: an empty folder. */
export async function startHttpsEndpoint(target: string, address: string, directory: string): Promise<HttpsEndpoint> {
  const authority = await CertificateAuthority.create(directory);
  await authority.issue('server', '/CN=aws', [`IP:${address}`]);
  const [key, cert] = await Promise.all(
    ['server.key', 'server.crt'].map((file) => readFile(authority.path(file), 'utf8')),
  );
  const server = createServer({ key: key ?? '', cert: cert ?? '' }, (incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    const forwarded = request(new URL(url, target), { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    authority: await readFile(authority.path('ca.crt'), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

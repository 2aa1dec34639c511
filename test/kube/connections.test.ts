import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient, type ApiRequest } from '../../src/kube/apiClient.ts';
import { InClusterConfig } from '../../src/kube/inClusterConfig.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import type { KubeUser } from '../../src/kube/kubeconfig/kubeConfigTypes.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { SERVER_CERTIFICATE, SERVER_KEY } from '../certificates.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { eventually, FakeApiServer, json, type Responder, silence, status } from './fakeApiServer.ts';

const UPDATE: ApiRequest = { verb: 'update', resource: LEASES, namespace: 'ns', name: 'one', body: {} };

/** Whether this machine has the IPv6 loopback address. */
const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

/** Starts a server on the IPv6 loopback address, which responds with the Host header of a request. */
async function startOnIPv6() {
  const listener = createServer({ cert: SERVER_CERTIFICATE, key: SERVER_KEY }, ({ headers }, response) =>
    response.end(JSON.stringify({ host: headers.host })),
  ).listen(0, '::1');
  await once(listener, 'listening');
  const host = `[::1]:${(listener.address() as AddressInfo).port}`;
  return {
    host,
    url: `https://${host}`,
    [Symbol.asyncDispose]: async () => void listener.close().closeAllConnections(),
  };
}

let server: FakeApiServer;

beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(() => server.stop());

test('requests share connections, even after a failed one', async () => {
  const client = new ApiClient(server.access(), { clock: systemClock });
  server.others.push(status(409, 'Conflict', 'it has changed'));
  await expect(client.request(UPDATE)).rejects.toThrow('409');
  for (let n = 0; n < 20; n++) {
    await client.request(UPDATE);
  }
  // A connection may not be idle yet when the next request is sent.
  expect(server.connected).toBeLessThanOrEqual(2);
});

test('a request after a timeout uses a new connection', async () => {
  const client = new ApiClient(server.access(), { clock: systemClock, timeoutMs: 3_000 });
  server.others.push(silence, json({ answered: true }));
  await expect(client.request(UPDATE)).rejects.toThrow('no data from the API server');
  expect(await client.request(UPDATE)).toEqual({ answered: true });
  expect(server.connected).toBe(2);
});

test.each([
  ['a list takes any time as long as data arrive', { verb: 'list', resource: LEASES }, undefined],
  ['a renewal ends in time for another one', UPDATE, /no data from the API server for 30 s/],
] as const)('over a slow connection, %s', async (_, request, failure) => {
  const clock = new VirtualClock();
  const client = new ApiClient(server.access(), { clock });
  let write = (_piece: string) => {};
  const slow: Responder = (response) => {
    write = (piece) => response.write(piece);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    clock.sleep(90_000).then(
      () => response.end('}'),
      () => {},
    );
  };
  const responses = request.verb === 'list' ? server.lists : server.others;
  responses.push(slow);
  const response = client.request(request).catch((error: unknown) => String(error));
  await eventually(() => expect(server.requests).toHaveLength(1));
  const other = new ApiClient(server.access(), { clock: systemClock });
  for (const piece of ['{"items":', '[]', ',"kind":', '"List"', ' ']) {
    write(piece);
    // Their responses arrive after the piece.
    for (let n = 0; n < 3; n++) {
      await other.request(UPDATE);
    }
    await clock.advance(20_000);
  }
  expect(await response).toEqual(failure === undefined ? { items: [], kind: 'List' } : expect.stringMatching(failure));
});

test('requests use a new connection after the TLS settings change', async () => {
  const config = server.kubeConfig();
  const client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  await client.request(UPDATE);
  const [cluster] = config.clusters;
  config.clusters = [{ ...cluster, name: 'fake', server: server.address, skipTLSVerify: true, tlsServerName: 'other' }];
  await client.request(UPDATE);
  expect(server.connected).toBe(2);
});

test.skipIf(!hasIPv6)('an API server with an IPv6 address', async () => {
  await using six = await startOnIPv6();
  const config = server.kubeConfig();
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, server: six.url }));
  const access = new KubeConfigFile(config);
  expect(access.server).toBe(six.url);
  expect(await new ApiClient(access, { clock: systemClock }).request(UPDATE)).toEqual({ host: six.host });
});

describe('a token in a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wsap-token-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const tokens = () => server.requests.map(({ headers }) => headers.authorization);
  const replaceToken = (token: string) => writeFile(join(folder, 'token'), `${token}\n`);

  test('is read for each request with a kubeconfig', async () => {
    const config = server.kubeConfig();
    const tokenFile = join(folder, 'token');
    config.users = [{ name: 'tester', tokenFile } as KubeUser];
    const client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
    for (const token of ['first', 'second']) {
      await replaceToken(token);
      await client.request(UPDATE);
    }
    expect(tokens()).toEqual(['Bearer first', 'Bearer second']);
  });

  test('is read for each request with a service account, with the CA certificate of the cluster', async () => {
    await Promise.all([writeFile(join(folder, 'ca.crt'), 'CA'), writeFile(join(folder, 'namespace'), 'wsap-system')]);
    await replaceToken('first');
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const access = InClusterConfig.find(env, { directory: folder });
    expect(access).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'wsap-system' });
    expect(await access?.credentials()).toEqual({ headers: { Authorization: 'Bearer first' }, tls: { ca: 'CA' } });
    await replaceToken('second');
    expect((await access?.credentials())?.headers).toEqual({ Authorization: 'Bearer second' });
  });

  test('makes no service account outside of a pod or without a namespace file', async () => {
    expect(InClusterConfig.find({}, { directory: folder })).toBeUndefined();
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
    expect(InClusterConfig.find(env, { directory: folder })).toBeUndefined();
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient, type ApiRequest } from '../../src/kube/apiClient.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { FakeApiServer, json, silence, status } from './fakeApiServer.ts';

const UPDATE: ApiRequest = { verb: 'update', resource: LEASES, namespace: 'ns', name: 'one', body: {} };

let server: FakeApiServer;

beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(() => server.stop());

test('requests share connections, also after one that was refused', async () => {
  const client = new ApiClient(server.kubeConfig(), { clock: systemClock });
  server.others.push(status(409, 'Conflict', 'it has changed'));
  await expect(client.request(UPDATE)).rejects.toThrow('409');
  for (let n = 0; n < 20; n++) {
    await client.request(UPDATE);
  }
  // A connection may not count as idle yet by the time that the next request is sent.
  expect(server.connected).toBeLessThanOrEqual(2);
});

test('a connection over which no answer came is given up: the next request has another', async () => {
  const client = new ApiClient(server.kubeConfig(), { clock: systemClock, timeoutMs: 50 });
  server.others.push(silence, json({ answered: true }));
  await expect(client.request(UPDATE)).rejects.toThrow('nothing was heard');
  expect(await client.request(UPDATE)).toEqual({ answered: true });
  expect(server.connected).toBe(2);
});

test('what TLS rests on has changed: no connection from before is used any more', async () => {
  const config = server.kubeConfig();
  const client = new ApiClient(config, { clock: systemClock });
  await client.request(UPDATE);
  const [cluster] = config.clusters;
  config.clusters = [{ ...cluster, name: 'fake', server: server.address, skipTLSVerify: true, tlsServerName: 'other' }];
  await client.request(UPDATE);
  expect(server.connected).toBe(2);
});

test('a token that was replaced in its file goes with the next request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wsap-token-'));
  const tokenFile = join(folder, 'token');
  const config = server.kubeConfig();
  config.users = [{ name: 'tester', authProvider: { name: 'tokenFile', config: { tokenFile } } }];
  const client = new ApiClient(config, { clock: systemClock });
  for (const token of ['first', 'second']) {
    await writeFile(tokenFile, `${token}\n`);
    await client.request(UPDATE);
  }
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  await rm(folder, { recursive: true });
});

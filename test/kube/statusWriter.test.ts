import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient, userAgentOf } from '../../src/kube/apiClient.ts';
import type { KubeObject } from '../../src/kube/resource.ts';
import { StatusWriter } from '../../src/kube/statusWriter.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeApiServer, json, reset, silence, status, WIDGETS } from './fakeApiServer.ts';

const TARGET = { name: 'a', namespace: 'ns', uid: 'uid-a', resourceVersion: '7' };
const conflict = status(409, 'Conflict', 'the object has been modified', { name: 'a' });
const gone = status(404, 'NotFound', 'widgets.test.wsap.dev "a" not found', { name: 'a' });

let server: FakeApiServer;
let clock: VirtualClock;
let writer: StatusWriter<KubeObject>;

beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new VirtualClock();
  writer = new StatusWriter({
    client: new ApiClient(server.access(), { clock, userAgent: userAgentOf('wsap-operator', '1.2.3') }),
    resource: WIDGETS,
  });
});

afterEach(async () => {
  await server.stop();
  expect(clock.sleeping(), 'remaining timers').toEqual([]);
});

/** Returns the response to a read of the object. */
const current = (uid: string, resourceVersion: string) => json({ metadata: { name: 'a', uid, resourceVersion } });

test('applies a status with force, as the operator’s field manager, to the version it was computed for', async () => {
  server.others.push(json({ metadata: { name: 'a' }, status: { phase: 'Up' } }));
  expect(await writer.apply(TARGET, { phase: 'Up' })).toEqual({ metadata: { name: 'a' }, status: { phase: 'Up' } });
  expect(server.requests).toMatchObject([
    {
      method: 'PATCH',
      path: '/apis/test.wsap.dev/v1/namespaces/ns/widgets/a/status',
      headers: {
        'content-type': 'application/apply-patch+yaml',
        'user-agent': expect.stringMatching(/^wsap-operator\/1\.2\.3 \([a-z0-9]+\/[a-z0-9]+\)$/),
      },
      body: {
        apiVersion: 'test.wsap.dev/v1',
        kind: 'Widget',
        metadata: { name: 'a', namespace: 'ns', resourceVersion: '7' },
        status: { phase: 'Up' },
      },
    },
  ]);
  expect(server.requests[0]?.query.toString()).toBe('fieldManager=wsap-operator&force=true');
});

test('applies the status to the new version of an object that changed', async () => {
  server.others.push(conflict, json({ status: { phase: 'Up' } }));
  server.lists.push(current('uid-a', '9'));
  expect(await writer.apply(TARGET, { phase: 'Up' })).toEqual({ status: { phase: 'Up' } });
  expect(server.requests.at(-1)?.body.metadata.resourceVersion).toBe('9');
});

/** Object with a status of which other managers own parts. */
const RESTORED = {
  metadata: { name: 'a', resourceVersion: '8' },
  status: {
    phase: 'Up',
    restored: true,
    counts: { all: 2, lost: 1 },
    conditions: [{ type: 'Stalled' }, { type: 'Ready' }],
  },
};
const WANTED = { phase: 'Up', restored: undefined, counts: { all: 2 }, conditions: [{ type: 'Ready' }] };

test('removes the fields of other managers, which server-side apply keeps, from the version that it wrote', async () => {
  const cleaned = { metadata: { name: 'a', resourceVersion: '9' }, status: WANTED };
  server.others.push(json(RESTORED), json(cleaned));
  expect(await writer.apply(TARGET, WANTED)).toEqual(JSON.parse(JSON.stringify(cleaned)));
  expect(server.requests[1]).toMatchObject({
    method: 'PATCH',
    path: '/apis/test.wsap.dev/v1/namespaces/ns/widgets/a/status',
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(server.requests[1]?.body).toEqual({
    metadata: { resourceVersion: '8' },
    status: { restored: null, counts: { lost: null }, conditions: [{ type: 'Ready' }] },
  });
});

test('sends one request if the written object only has other values and another order', async () => {
  const status = {
    observedGeneration: -1,
    counts: { all: 1 },
    empty: {},
    conditions: [{ type: 'Ready', reason: 'Up' }, { type: 'Stalled' }],
  };
  const wanted = {
    observedGeneration: 2,
    counts: { all: '1', lost: undefined },
    empty: { some: undefined },
    conditions: [{ type: 'Stalled' }, { type: 'Ready', reason: 'Down', message: undefined }],
    pruned: { by: 'an earlier CRD' },
    none: undefined,
  };
  server.others.push(json({ metadata: { name: 'a', resourceVersion: '8' }, status }));
  await writer.apply(TARGET, wanted);
  expect(server.requests).toHaveLength(1);
});

test.each([
  ['a conflict', conflict],
  ['a lost connection', reset],
])('returns the written object if %s prevents the removal of fields of other managers', async (_, failure) => {
  server.others.push(json(RESTORED), failure);
  expect(await writer.apply(TARGET, WANTED, { maxAttempts: 1 })).toEqual(RESTORED);
  expect(server.requests).toHaveLength(2);
});

test('returns NotFound for a replaced object and doesn’t write to the new one', async () => {
  server.others.push(conflict);
  server.lists.push(current('uid-b', '9'));
  expect(await writer.apply(TARGET, {})).toBe('NotFound');
  expect(server.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
});

test('returns GivenUp after a conflict if mayWrite returns false', async () => {
  let isMine = true;
  server.others.push((response, request) => {
    isMine = false;
    conflict(response, request);
  });
  server.lists.push(current('uid-a', '9'));
  expect(await writer.apply(TARGET, {}, { mayWrite: () => isMine })).toBe('GivenUp');
  expect(server.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
});

test('reads the object first if its version is unknown', async () => {
  const { resourceVersion: _, ...target } = TARGET;
  server.lists.push(current('uid-b', '9'));
  expect(await writer.apply(target, {})).toBe('NotFound');
  server.lists.push(gone);
  expect(await writer.apply(target, {})).toBe('NotFound');
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
});

test('fails if the object keeps changing', async () => {
  server.defaultOther = conflict;
  server.defaultList = current('uid-a', '9');
  await expect(writer.apply(TARGET, {})).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
  expect(server.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(5);
});

test('returns NotFound for a deleted object and fails with advice for a resource that isn’t served', async () => {
  server.others.push(gone);
  expect(await writer.apply(TARGET, {})).toBe('NotFound');
  server.others.push((response) => response.writeHead(404).end('404 page not found\n'));
  await expect(writer.apply(TARGET, {})).rejects.toThrow(
    'cannot patch widgets/status.test.wsap.dev a in namespace ns: 404: 404 page not found; install the CRD of Widget: kubectl apply -f crds/',
  );
});

test('shows the sanitized message of the API server and the missing permission', async () => {
  server.others.push(status(422, 'Invalid', 'status.phase: Unsupported value: "\u001b[2J"'));
  await expect(writer.apply(TARGET, {})).rejects.toThrow(/422: status.phase: Unsupported value: "\uFFFD\[2J"$/);
  server.others.push(status(403, 'Forbidden', 'no'));
  await expect(writer.apply(TARGET, {})).rejects.toThrow(
    'cannot patch widgets/status.test.wsap.dev a in namespace ns: 403: no; grant the verb "patch" on widgets/status.test.wsap.dev',
  );
});

test('fails for a lost response, an HTML response, and a malformed Status', async () => {
  server.others.push(reset);
  await expect(writer.apply(TARGET, {})).rejects.toMatchObject({ code: undefined, transient: true });
  server.others.push((response) => response.writeHead(502).end('<h1>Bad Gateway</h1>'));
  await expect(writer.apply(TARGET, {})).rejects.toMatchObject({ code: 502, transient: true });
  server.others.push(json({ kind: 'Status', code: 'x', message: {}, details: null }, 400));
  await expect(writer.apply(TARGET, {})).rejects.toMatchObject({ code: 400, transient: false });
});

test('fails with the reason of its signal, and after 30 s of silence', async () => {
  server.defaultOther = silence;
  const abort = new AbortController();
  const aborted = expect(writer.apply(TARGET, {}, { signal: abort.signal })).rejects.toThrow('shutdown');
  abort.abort(new Error('shutdown'));
  await aborted;
  const silent = expect(writer.apply(TARGET, {})).rejects.toThrow(/no data from the API server for 30 s/);
  await clock.advance(30_000);
  await silent;
});

test('throws a TypeError for an object without a UID', async () => {
  await expect(writer.apply({ name: 'a' }, {})).rejects.toThrow(TypeError);
  expect(server.requests).toEqual([]);
});

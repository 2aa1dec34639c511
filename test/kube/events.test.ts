import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/apiClient.ts';
import type { BackgroundError } from '../../src/kube/backgroundError.ts';
import { EventRecorder, referenceTo } from '../../src/kube/events.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { eventually, FakeApiServer, json, reset, silence, status, WIDGETS } from './fakeApiServer.ts';

const A = referenceTo(WIDGETS, { metadata: { name: 'a', namespace: 'ns', uid: 'uid-a', resourceVersion: '7' } });

let server: FakeApiServer;
let clock: VirtualClock;
let errors: BackgroundError[];
let recorder: EventRecorder;

beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new VirtualClock('2027-01-01T00:00:00Z');
  errors = [];
  const client = new ApiClient(server.access(), { clock });
  const onError = (error: BackgroundError) => errors.push(error);
  recorder = new EventRecorder({ client, clock, random: () => 0, onError, instance: 'pod-1' });
});

afterEach(async () => {
  await recorder.flush(AbortSignal.abort());
  await server.stop();
  expect(clock.sleeping(), 'remaining timers').toEqual([]);
});

test('writes an Event with all fields that kubectl describe shows', async () => {
  recorder.record(A, 'Warning', 'Broken', 'it is broken');
  await recorder.flush();
  expect(server.requests).toMatchObject([{ method: 'POST', path: '/api/v1/namespaces/ns/events' }]);
  expect(server.requests[0]?.body).toEqual({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^a\.[0-9a-f]{16}$/), namespace: 'ns' },
    involvedObject: {
      apiVersion: 'test.wsap.dev/v1',
      kind: 'Widget',
      name: 'a',
      namespace: 'ns',
      uid: 'uid-a',
      resourceVersion: '7',
    },
    type: 'Warning',
    reason: 'Broken',
    message: 'it is broken',
    count: 1,
    firstTimestamp: '2027-01-01T00:00:00Z',
    lastTimestamp: '2027-01-01T00:00:00Z',
    source: { component: 'wsap-operator' },
    reportingComponent: 'wsap-operator',
    reportingInstance: 'pod-1',
  });
});

test('increments the count of an equal Event', async () => {
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  await clock.advance(60_000);
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  await recorder.flush();
  const [created, patched] = server.requests;
  expect(patched).toMatchObject({
    method: 'PATCH',
    path: `/api/v1/namespaces/ns/events/${created?.body.metadata.name}`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { count: 2, lastTimestamp: '2027-01-01T00:01:00Z' },
  });
});

test('writes annotations, of which equal Events share the latest', async () => {
  recorder.record(A, 'Normal', 'Seen', 'it was seen', { 'wsap.dev/plan': 'one' });
  recorder.record(A, 'Normal', 'Seen', 'it was seen', { 'wsap.dev/plan': 'two' });
  await recorder.flush();
  expect(server.requests.map(({ method, body }) => [method, body.metadata.annotations])).toEqual([
    ['POST', { 'wsap.dev/plan': 'one' }],
    ['PATCH', { 'wsap.dev/plan': 'two' }],
  ]);
});

test('creates an expired Event again with its count and first time', async () => {
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  await recorder.flush();
  await clock.advance(7_200_000);
  server.others.push(status(404, 'NotFound', 'gone', { name: 'a.1' }));
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  await recorder.flush();
  expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
  expect(server.requests[2]?.body).toMatchObject({
    count: 2,
    firstTimestamp: '2027-01-01T00:00:00Z',
    lastTimestamp: '2027-01-01T02:00:00Z',
  });
});

test('sanitizes messages and truncates them after 1024 characters', async () => {
  recorder.record(A, 'Normal', 'Seen', `\u001b[31m${'é'.repeat(2000)}`);
  await recorder.flush();
  const { message } = server.requests[0]?.body ?? {};
  expect(message).toMatch(/^\uFFFD\[31mé+…$/);
  expect(message).toHaveLength(1024);
});

test('writes Events on cluster-scoped objects to the namespace default', async () => {
  const rack = referenceTo({ ...WIDGETS, kind: 'Rack', namespaced: false }, { metadata: { name: 'r', uid: 'u' } });
  recorder.record(rack, 'Normal', 'Seen', 'it was seen');
  await recorder.flush();
  expect(server.requests[0]).toMatchObject({ path: '/api/v1/namespaces/default/events' });
  expect(server.requests[0]?.body.involvedObject).not.toHaveProperty('namespace');
});

test('reports a rejected Event immediately and writes the next one', async () => {
  server.others.push(status(403, 'Forbidden', 'no events for you'));
  recorder.record(A, 'Normal', 'First', 'refused');
  recorder.record(A, 'Normal', 'Second', 'accepted');
  await recorder.flush();
  expect(errors.map(({ message }) => message)).toEqual([
    'the event First on Widget a (refused) is lost: cannot create events in namespace ns: 403: no events for you; ' +
      'grant the verb "create" on events to this user or service account (RBAC)',
  ]);
  expect(server.requests.map(({ body }) => body.reason)).toEqual(['First', 'Second']);
});

test('retries an Event without a response and accepts that an earlier attempt created it', async () => {
  server.others.push(reset, status(500, 'InternalError', 'away'), status(409, 'AlreadyExists', 'it exists'));
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  await eventually(() => expect(clock.sleeping()).toEqual([1000]));
  await clock.advance(1000);
  await eventually(() => expect(clock.sleeping()).toEqual([2000]));
  await clock.advance(2000);
  await recorder.flush();
  expect(server.requests).toHaveLength(3);
  expect(errors).toEqual([]);
});

test('gives up an Event after four attempts', async () => {
  server.defaultOther = reset;
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  for (const backoff of [1000, 2000, 4000]) {
    await eventually(() => expect(clock.sleeping()).toEqual([backoff]));
    await clock.advance(backoff);
  }
  await recorder.flush();
  expect(server.requests).toHaveLength(4);
  expect(errors).toHaveLength(1);
});

test('drops events beyond the buffer and reports their number once', async () => {
  server.defaultOther = silence;
  for (let n = 0; n < 1010; n++) {
    recorder.record(A, 'Normal', 'Seen', `number ${n}`);
  }
  server.defaultOther = (response) => response.end('{}');
  await recorder.flush();
  expect(errors.map(({ message }) => message)).toEqual(['dropped 10 events: more than 1000 events were waiting']);
});

test('drops only Events of the namespace with the most waiting Events', async () => {
  server.defaultOther = silence;
  for (let n = 0; n < 1010; n++) {
    recorder.record(A, 'Normal', 'Seen', `number ${n}`);
  }
  const other = referenceTo(WIDGETS, { metadata: { name: 'b', namespace: 'other', uid: 'uid-b' } });
  recorder.record(other, 'Warning', 'Broken', 'it is broken');
  server.defaultOther = (response) => response.end('{}');
  await recorder.flush();
  // The first Event is being written when the other one is recorded; each further Event of ns is spam after the first 25.
  expect([1, 2]).toContain(server.requests.map(({ body }) => body.reason).indexOf('Broken'));
  expect(errors.map(({ message }) => message)).toEqual(['dropped 11 events: more than 1000 events were waiting']);
});

test('writes an Event again after the time that the API server demands', async () => {
  server.others.push(json({}, 429, { 'retry-after': '7' }));
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  await eventually(() => expect(clock.sleeping()).toEqual([7000]));
  await clock.advance(7000);
  await recorder.flush();
  expect(server.requests).toHaveLength(2);
  expect(errors).toEqual([]);
});

test('ends a flush when its signal aborts and reports the lost events', async () => {
  server.defaultOther = silence;
  for (const n of [1, 2, 3]) {
    recorder.record(A, 'Normal', 'Seen', `number ${n}`);
  }
  await eventually(() => expect(server.requests).toHaveLength(1));
  await recorder.flush(AbortSignal.abort());
  expect(errors.map(({ message }) => message)).toEqual([
    'the event Seen on Widget a (number 1) is lost: the operator is stopping',
    'dropped 2 events: the operator is stopping',
  ]);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/apiClient.ts';
import type { BackgroundError } from '../../src/kube/backgroundError.ts';
import { EventRecorder, referenceTo } from '../../src/kube/events.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { eventually, FakeApiServer, reset, silence, status } from './fakeApiServer.ts';

const WIDGETS: Resource = {
  group: 'test.wsap.dev',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};
const A = referenceTo(WIDGETS, { metadata: { name: 'a', namespace: 'ns', uid: 'uid-a', resourceVersion: '7' } });

let server: FakeApiServer;
let clock: VirtualClock;
let problems: BackgroundError[];
let recorder: EventRecorder;

beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new VirtualClock('2027-01-01T00:00:00Z');
  problems = [];
  const client = new ApiClient(server.access(), { clock });
  const onError = (problem: BackgroundError) => problems.push(problem);
  recorder = new EventRecorder({ client, clock, random: () => 0, onError, instance: 'pod-1' });
});

afterEach(async () => {
  await recorder.flush(AbortSignal.abort());
  await server.stop();
  expect(clock.sleeping(), 'timers that were left behind').toEqual([]);
});

test('an Event has everything that kubectl describe shows', async () => {
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

test('an equal event counts up the first', async () => {
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

test('an Event that expired is created again, with its count and first time', async () => {
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

test('a message is printable and at most 1024 characters long', async () => {
  recorder.record(A, 'Normal', 'Seen', `\u001b[31m${'é'.repeat(2000)}`);
  await recorder.flush();
  const { message } = server.requests[0]?.body ?? {};
  expect(message).toMatch(/^\uFFFD\[31mé+…$/);
  expect(message).toHaveLength(1024);
});

test('an event about a cluster-scoped object is in the namespace default', async () => {
  const rack = referenceTo({ ...WIDGETS, kind: 'Rack', namespaced: false }, { metadata: { name: 'r', uid: 'u' } });
  recorder.record(rack, 'Normal', 'Seen', 'it was seen');
  await recorder.flush();
  expect(server.requests[0]).toMatchObject({ path: '/api/v1/namespaces/default/events' });
  expect(server.requests[0]?.body.involvedObject).not.toHaveProperty('namespace');
});

test('an event that is refused is reported at once, and the next is written', async () => {
  server.others.push(status(403, 'Forbidden', 'no events for you'));
  recorder.record(A, 'Normal', 'First', 'refused');
  recorder.record(A, 'Normal', 'Second', 'accepted');
  await recorder.flush();
  expect(problems.map(({ message }) => message)).toEqual([
    'the event First on Widget a (refused) is lost: cannot create events in namespace ns: 403: no events for you; ' +
      'grant the verb "create" on events to this user or service account (RBAC)',
  ]);
  expect(server.requests.map(({ body }) => body.reason)).toEqual(['First', 'Second']);
});

test('an event without an answer is tried again, and an earlier attempt that did arrive is fine', async () => {
  server.others.push(reset, status(500, 'InternalError', 'away'), status(409, 'AlreadyExists', 'it exists'));
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  await eventually(() => expect(clock.sleeping()).toEqual([1000]));
  await clock.advance(1000);
  await eventually(() => expect(clock.sleeping()).toEqual([2000]));
  await clock.advance(2000);
  await recorder.flush();
  expect(server.requests).toHaveLength(3);
  expect(problems).toEqual([]);
});

test('an event is given up after four attempts', async () => {
  server.defaultOther = reset;
  recorder.record(A, 'Normal', 'Seen', 'it was seen');
  for (const backoff of [1000, 2000, 4000]) {
    await eventually(() => expect(clock.sleeping()).toEqual([backoff]));
    await clock.advance(backoff);
  }
  await recorder.flush();
  expect(server.requests).toHaveLength(4);
  expect(problems).toHaveLength(1);
});

test('what does not fit the buffer is dropped and reported, once', async () => {
  server.defaultOther = silence;
  for (let n = 0; n < 1010; n++) {
    recorder.record(A, 'Normal', 'Seen', `number ${n}`);
  }
  server.defaultOther = (response) => response.end('{}');
  await recorder.flush();
  expect(problems.map(({ message }) => message)).toEqual([
    '10 events were dropped: more than 1000 were waiting to be written',
  ]);
});

test('a flush whose time is up ends at once, and says what is lost', async () => {
  server.defaultOther = silence;
  for (const n of [1, 2, 3]) {
    recorder.record(A, 'Normal', 'Seen', `number ${n}`);
  }
  await eventually(() => expect(server.requests).toHaveLength(1));
  await recorder.flush(AbortSignal.abort());
  expect(problems.map(({ message }) => message)).toEqual([
    'the event Seen on Widget a (number 1) is lost: the operator stops',
    '2 events were dropped: the operator stops',
  ]);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient, type RequestResult } from '../../src/kube/apiClient.ts';
import { EventRecorder, type EventResult, referenceTo } from '../../src/kube/events.ts';
import { Informer } from '../../src/kube/informer.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { eventually, FakeApiServer, json, list, reset, status, WIDGETS } from './fakeApiServer.ts';

let server: FakeApiServer;
let clock: VirtualClock;
let results: RequestResult[];
let client: ApiClient;

beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new VirtualClock();
  results = [];
  client = new ApiClient(server.access(), { clock, onResponse: (result) => results.push(result) });
});
afterEach(() => server.stop());

test('reports every request once, with its status if there was a response', async () => {
  const access = { resource: WIDGETS, namespace: 'ns', name: 'a' };
  server.others.push(status(409, 'Conflict', 'changed'), reset);
  await client.request({ ...access, verb: 'get' });
  await client.request({ ...access, verb: 'patch', body: {} }).catch(() => {});
  await client.request({ ...access, verb: 'delete' }).catch(() => {});
  expect(results.map(({ access: { verb }, method, code }) => [verb, method, code])).toEqual([
    ['get', 'GET', 200],
    ['patch', 'PATCH', 409],
    ['delete', 'DELETE', undefined],
  ]);
  expect(new Set(results.map(({ host }) => host))).toEqual(new Set([new URL(server.address).host]));
});

test('reports lists, watches, and their failures', async () => {
  const calls: string[] = [];
  const observer = {
    onList: ({ plural }: Resource) => void calls.push(`listed ${plural}`),
    onWatchStart: ({ plural }: Resource) => void calls.push(`watching ${plural}`),
    onWatchFailure: ({ plural }: Resource) => void calls.push(`failed ${plural}`),
  };
  const options = { resource: WIDGETS, client, clock, random: () => 0, handlers: [], onError: () => {}, observer };
  const informer = new Informer(options);
  server.lists.push(status(500, 'InternalError', 'no'), list([], '10'));
  informer.start();
  await eventually(() => expect(calls).toEqual(['failed widgets']));
  await clock.advance(30_000);
  const watch = await server.watch(0);
  await eventually(() => expect(calls).toEqual(['failed widgets', 'listed widgets', 'watching widgets']));
  watch.cut();
  await eventually(() => expect(calls.at(-1)).toBe('failed widgets'));
  await informer.stop();
});

test('reports the result of each event', async () => {
  const eventResults: EventResult[] = [];
  const onResult = (result: EventResult) => eventResults.push(result);
  const recorder = new EventRecorder({ client, clock, random: () => 0, onError: () => {}, onResult });
  const about = referenceTo(WIDGETS, { metadata: { name: 'a', namespace: 'ns', uid: 'uid-a' } });
  server.others.push(json({}), status(403, 'Forbidden', 'no'));
  recorder.record(about, 'Normal', 'Fine', 'written');
  recorder.record(about, 'Normal', 'Denied', 'lost');
  await recorder.flush();
  expect(eventResults).toEqual(['written', 'lost']);
  for (let i = 0; i < 30; i++) {
    recorder.record(about, 'Normal', 'Again', `and again ${i}`);
  }
  await recorder.flush();
  expect(eventResults.filter((result) => result === 'silenced')).toHaveLength(7);
  await recorder.flush(AbortSignal.abort());
  recorder.record(about, 'Normal', 'Late', 'too late');
  expect(eventResults.at(-1)).toBe('dropped');
});

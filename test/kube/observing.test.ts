import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient, type RequestResult } from '../../src/kube/apiClient.ts';
import { EventRecorder, type EventResult, referenceTo } from '../../src/kube/events.ts';
import { Informer } from '../../src/kube/informer.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { eventually, FakeApiServer, json, list, reset, status } from './fakeApiServer.ts';

const WIDGETS: Resource = {
  group: 'test.wsap.dev',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};

let server: FakeApiServer;
let clock: VirtualClock;
let answered: RequestResult[];
let client: ApiClient;

beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new VirtualClock();
  answered = [];
  client = new ApiClient(server.access(), { clock, onAnswer: (one) => answered.push(one) });
});
afterEach(() => server.stop());

test('every request is told of once, with its status or without any', async () => {
  const access = { resource: WIDGETS, namespace: 'ns', name: 'a' };
  server.others.push(status(409, 'Conflict', 'changed'), reset);
  await client.request({ ...access, verb: 'get' });
  await client.request({ ...access, verb: 'patch', body: {} }).catch(() => {});
  await client.request({ ...access, verb: 'delete' }).catch(() => {});
  expect(answered.map(({ access: { verb }, method, code }) => [verb, method, code])).toEqual([
    ['get', 'GET', 200],
    ['patch', 'PATCH', 409],
    ['delete', 'DELETE', undefined],
  ]);
  expect(new Set(answered.map(({ host }) => host))).toEqual(new Set([new URL(server.address).host]));
});

test('lists, watches and their failures are told of', async () => {
  const told: string[] = [];
  const observer = {
    listed: ({ plural }: Resource) => void told.push(`listed ${plural}`),
    watching: ({ plural }: Resource) => void told.push(`watching ${plural}`),
    failed: ({ plural }: Resource) => void told.push(`failed ${plural}`),
  };
  const options = { resource: WIDGETS, client, clock, random: () => 0, handlers: [], onError: () => {}, observer };
  const informer = new Informer(options);
  server.lists.push(status(500, 'InternalError', 'no'), list([], '10'));
  informer.start();
  await eventually(() => expect(told).toEqual(['failed widgets']));
  await clock.advance(30_000);
  const watch = await server.watch(0);
  await eventually(() => expect(told).toEqual(['failed widgets', 'listed widgets', 'watching widgets']));
  watch.cut();
  await eventually(() => expect(told.at(-1)).toBe('failed widgets'));
  await informer.stop();
});

test('what becomes of each Event is told', async () => {
  const fates: EventResult[] = [];
  const onResult = (fate: EventResult) => fates.push(fate);
  const recorder = new EventRecorder({ client, clock, random: () => 0, onError: () => {}, onResult });
  const about = referenceTo(WIDGETS, { metadata: { name: 'a', namespace: 'ns', uid: 'uid-a' } });
  server.others.push(json({}), status(403, 'Forbidden', 'no'));
  recorder.record(about, 'Normal', 'Fine', 'written');
  recorder.record(about, 'Normal', 'Denied', 'lost');
  await recorder.flush();
  expect(fates).toEqual(['written', 'lost']);
  for (let one = 0; one < 30; one++) {
    recorder.record(about, 'Normal', 'Again', `and again ${one}`);
  }
  await recorder.flush();
  expect(fates.filter((fate) => fate === 'silenced')).toHaveLength(7);
  await recorder.flush(AbortSignal.abort());
  recorder.record(about, 'Normal', 'Late', 'too late');
  expect(fates.at(-1)).toBe('dropped');
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/apiClient.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { metadataProblems } from '../../src/policy/metadata.ts';
import { REPORTS } from '../../src/reports/reportKinds.ts';
import { ReportWriter } from '../../src/reports/reportWriter.ts';
import type { ResultChunk } from '../../src/reports/resultChunks.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeApiServer, json, list, reset, status } from '../kube/fakeApiServer.ts';

const WIDGETS: Resource = { group: 'test.dev', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true };
const OWNER = { resource: WIDGETS, metadata: { name: 'a', namespace: 'ns', uid: 'uid-a' } };
const SUMMARY = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
const signal = new AbortController().signal;

let server: FakeApiServer;
let writer: ReportWriter;

beforeEach(async () => {
  server = await FakeApiServer.start();
  const clock = new VirtualClock();
  writer = new ReportWriter(new ApiClient(server.access(), { clock }), clock);
});
afterEach(() => server.stop());

const chunks = (...prefixes: string[]) =>
  prefixes.map((prefix): ResultChunk => ({ prefix, results: [], summary: SUMMARY }));
const write = (...prefixes: string[]) => writer.write(REPORTS, OWNER, () => chunks(...prefixes), signal);
const written = json({ metadata: { name: 'r', namespace: 'ns', resourceVersion: '2' } });

/** Returns the requested changes in the form `PATCH 01`. */
function changes(): string[] {
  return server.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.split('-').at(-1)}`);
}

test.each([
  ['63 characters', 'no-visio.'.repeat(6).padEnd(63, 'x'), true],
  ['79 characters', `${'no-visio.'.repeat(8)}desktop`, false],
  ['252 characters', `${'x'.repeat(31)}.${'desktops.'.repeat(24)}ends`, false],
])('a policy of %s has a report with a valid name, and the label only if it fits', async (_, name, fits) => {
  server.others.push(written);
  const owner = { ...OWNER, metadata: { ...OWNER.metadata, name } };
  await writer.write(REPORTS, owner, () => chunks('00'), signal);
  const { metadata } = server.requests.find(({ method }) => method === 'PATCH')?.body ?? {};
  expect(metadataProblems('WorkspaceApplicationPolicy', { metadata })).toEqual([]);
  expect(metadata.name).toMatch(/^wsap-(no-visio|xxx)/);
  expect(metadata.labels['wsap.dev/policy']).toBe(fits ? name : undefined);
});

test('writes the other reports if the API server rejects one, and then fails', async () => {
  server.others.push(written, status(413, 'RequestEntityTooLarge', 'too large'), status(422, 'Invalid', 'no'), written);
  await expect(write('00', '01', '10', '11')).rejects.toMatchObject({ code: 413 });
  expect(changes()).toEqual(['PATCH 00', 'PATCH 01', 'PATCH 10', 'PATCH 11']);
});

test.each([
  ['forbidden', status(403, 'Forbidden', 'no')],
  ['unanswered', reset],
  ['unavailable', status(503, 'ServiceUnavailable', 'no')],
])('after one that is %s the others are not tried', async (_, answer) => {
  server.others.push(answer);
  await expect(write('0', '1')).rejects.toThrow('cannot patch reports.openreports.io');
  expect(changes()).toEqual(['PATCH 0']);
});

test('writes only the missing reports the next time', async () => {
  server.others.push(written, status(503, 'ServiceUnavailable', 'no'), written);
  await expect(write('0', '1')).rejects.toThrow();
  const [first] = server.requests.filter(({ method }) => method === 'PATCH');
  server.lists.push(list([{ metadata: { ...first?.body.metadata, resourceVersion: '2' } }], '3'));
  expect(await write('0', '1')).toEqual({ written: 1, deleted: 0 });
  expect(changes()).toEqual(['PATCH 0', 'PATCH 1', 'PATCH 1']);
});

test('deletes surplus reports first, even if they no longer exist', async () => {
  const surplus = ['r-0', 'r-1'].map((name) => ({ metadata: { name, namespace: 'ns', resourceVersion: '1' } }));
  const gone = status(404, 'NotFound', 'gone', { name: 'r-1' });
  server.lists.push(list(surplus, '3'), json({ results: [] }), gone);
  server.others.push(json({}), gone, written);
  expect(await write('00')).toEqual({ written: 1, deleted: 2 });
  expect(changes()).toEqual(['DELETE 0', 'DELETE 1', 'PATCH 00']);
});

test('lists only the metadata of its own reports', async () => {
  await write();
  const [{ headers, query } = { headers: {}, query: new URLSearchParams() }] = server.requests;
  expect(headers.accept).toContain('PartialObjectMetadataList');
  expect(query.get('labelSelector')).toBe('app.kubernetes.io/managed-by=wsap,wsap.dev/policy-uid=uid-a');
});

test('yields to the event loop while it builds many reports', async () => {
  let turns = 0;
  let isOver = false;
  const takeTurn = () => {
    turns++;
    if (!isOver) {
      setImmediate(takeTurn);
    }
  };
  setImmediate(takeTurn);
  const turnsAt: number[] = [];
  function* slowly() {
    for (const chunk of chunks(...Array.from({ length: 50 }, (_, n) => `${n}`))) {
      turnsAt.push(turns);
      yield chunk;
    }
  }
  server.others.push(status(403, 'Forbidden', 'no'));
  await expect(writer.write(REPORTS, OWNER, slowly, signal)).rejects.toThrow();
  isOver = true;
  expect((turnsAt[49] ?? 0) - (turnsAt[0] ?? 0)).toBeGreaterThan(40);
});

import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/apiClient.ts';
import type { BackgroundError } from '../../src/kube/backgroundError.ts';
import { type ChangeHandler, Informer } from '../../src/kube/informer.ts';
import type { KubeObject } from '../../src/kube/resource.ts';
import type { RestConfig } from '../../src/kube/restConfig.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { eventually, FakeApiServer, json, list, reset, silence, status, WIDGETS } from './fakeApiServer.ts';

interface Widget extends KubeObject {
  spec?: { size: number };
}

function widget(name: string, resourceVersion: string, more: { uid?: string; size?: number } = {}): Widget {
  const { uid = `uid-${name}`, size = 1 } = more;
  return { metadata: { name, namespace: 'ns', uid, resourceVersion }, spec: { size } };
}

let server: FakeApiServer;
let clock: VirtualClock;
let errors: BackgroundError[];
let changes: string[];
let informer: Informer<Widget>;

const record: ChangeHandler<Widget> = ({ type, object }) =>
  changes.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);

function create(handlers: ChangeHandler<Widget>[] = [record], access: RestConfig = server.access()) {
  const client = new ApiClient(access, { clock });
  const onError = (error: BackgroundError) => errors.push(error);
  return new Informer<Widget>({ resource: WIDGETS, client, clock, random: () => 0, handlers, onError });
}

/** Returns an access to the server whose credentials require an authentication. */
function authenticatedBy(authenticate: () => Promise<void>): RestConfig {
  const access = server.access();
  return {
    server: access.server,
    namespace: access.namespace,
    async credentials() {
      await authenticate();
      return access.credentials();
    },
  };
}

/** Waits for the error with this number, starting at 1, and lets its backoff pass. */
async function recoverFrom(errorNumber: number): Promise<void> {
  await eventually(() => expect(errors).toHaveLength(errorNumber));
  await clock.advance(30_000);
}

beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new VirtualClock();
  errors = [];
  changes = [];
  informer = create();
});

afterEach(async () => {
  await informer.stop();
  await server.stop();
  expect(clock.sleeping(), 'remaining timers').toEqual([]);
});

describe('an informer', () => {
  test('passes listed objects and later events to the store and the handlers', async () => {
    server.lists.push(list([widget('a', '5'), widget('b', '7')], '10'));
    expect(informer.hasSynced()).toBe(false);
    informer.start();
    await informer.waitForSync();
    expect(informer.hasSynced()).toBe(true);
    const watch = await server.watch(0);
    watch.send('ADDED', widget('c', '11'));
    watch.send('MODIFIED', widget('a', '12', { size: 2 }));
    watch.send('DELETED', widget('b', '13'));
    await eventually(() => expect(changes).toHaveLength(5));
    expect(changes).toEqual(['Added a@5', 'Added b@7', 'Added c@11', 'Modified a@12', 'Deleted b@13']);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
    expect(informer.get('ns/a')?.spec).toEqual({ size: 2 });
    expect(informer.get('ns/a')).toMatchObject({ apiVersion: 'test.wsap.dev/v1', kind: 'Widget' });
    expect(informer.get('ns/b')).toBeUndefined();
    expect(errors).toEqual([]);
  });

  test('watches from the list on, with bookmarks, a timeout, and credentials', async () => {
    informer.start();
    const { request } = await server.watch(0);
    expect(request.path).toBe('/apis/test.wsap.dev/v1/widgets');
    expect(Object.fromEntries(request.query)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '1',
      timeoutSeconds: '300',
    });
    expect(request.headers.authorization).toBe('Bearer secret');
  });

  test('ignores a list until its last page is read', async () => {
    server.lists.push(list([widget('a', '1')], '10', 'more'), list([widget('b', '2')], '10'));
    informer.start();
    await informer.waitForSync();
    expect(server.listRequests().map(({ query }) => query.toString())).toEqual([
      'limit=500',
      'limit=500&continue=more',
    ]);
    expect(changes).toEqual(['Added a@1', 'Added b@2']);
  });

  test('restarts a list that expires between its pages and drops its first pages', async () => {
    server.lists.push(list([widget('old', '1')], '10', 'more'), status(410, 'Expired', 'too old'));
    server.lists.push(list([widget('new', '20')], '20'));
    informer.start();
    await recoverFrom(1);
    await informer.waitForSync();
    expect(changes).toEqual(['Added new@20']);
    expect(server.listRequests().map(({ query }) => query.get('continue'))).toEqual([null, 'more', null]);
  });

  test('gives up a list whose pages repeat', async () => {
    server.lists.push(list([], '1', 'again'), list([], '1', 'again'));
    informer.start();
    await eventually(() => expect(errors[0]?.message).toMatch(/repeats a page/));
  });

  test('continues a watch that the server ended from its last event, without a list or an error', async () => {
    informer.start();
    const first = await server.watch(0);
    first.send('ADDED', widget('a', '20'));
    first.end();
    const second = await server.watch(1);
    expect(second.request.query.get('resourceVersion')).toBe('20');
    expect(server.listRequests()).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test('continues a watch from the last bookmark', async () => {
    informer.start();
    const first = await server.watch(0);
    first.send('BOOKMARK', { metadata: { resourceVersion: '99' } });
    first.end();
    expect((await server.watch(1)).request.query.get('resourceVersion')).toBe('99');
    expect(changes).toEqual([]);
  });

  test('lists and watches only objects that match the label selector', async () => {
    const client = new ApiClient(server.access(), { clock });
    const onError = (error: BackgroundError) => errors.push(error);
    const labelSelector = 'a=b,!c';
    const handlers = [record];
    informer = new Informer({ resource: WIDGETS, labelSelector, client, clock, random: () => 0, handlers, onError });
    informer.start();
    await server.watch(0);
    expect(server.requests.map(({ query }) => query.get('labelSelector'))).toEqual(['a=b,!c', 'a=b,!c']);
  });

  test('lists and watches only the configured namespace', async () => {
    const client = new ApiClient(server.access(), { clock });
    const options = { resource: WIDGETS, namespace: 'a/b', client, clock, random: () => 0, handlers: [] };
    const scoped = new Informer({ ...options, onError: () => {} });
    scoped.start();
    expect((await server.watch(0)).request.path).toBe('/apis/test.wsap.dev/v1/namespaces/a%2Fb/widgets');
    await scoped.stop();
  });
});

describe('objects of an informer', () => {
  test('are frozen, so that readers can’t change them', async () => {
    server.lists.push(list([widget('a', '1')], '1'));
    informer.start();
    await informer.waitForSync();
    const object = informer.get('ns/a');
    expect(() => Object.assign(object?.spec ?? {}, { size: 99 })).toThrow(TypeError);
    expect(() => Object.assign(object?.metadata ?? {}, { name: 'z' })).toThrow(TypeError);
    expect(informer.list()[0]?.spec).toEqual({ size: 1 });
  });

  test('are passed to handlers with their previous state', async () => {
    const sizes: unknown[] = [];
    informer = create([({ object, previous }) => sizes.push([previous?.spec?.size, object.spec?.size])]);
    server.lists.push(list([widget('a', '1')], '1'));
    informer.start();
    (await server.watch(0)).send('MODIFIED', widget('a', '2', { size: 2 }));
    await eventually(() =>
      expect(sizes).toEqual([
        [undefined, 1],
        [1, 2],
      ]),
    );
  });
});

describe('an informer after a failure', () => {
  test('resumes the watch after a reset connection and a backoff', async () => {
    informer.start();
    const first = await server.watch(0);
    first.send('ADDED', widget('a', '20'));
    await eventually(() => expect(changes).toEqual(['Added a@20']));
    first.cut();
    await eventually(() => expect(errors).toHaveLength(1));
    expect(server.watchRequests()).toHaveLength(1);
    expect(clock.sleeping()).toEqual([800]);
    await clock.advance(800);
    const second = await server.watch(1);
    expect(second.request.query.get('resourceVersion')).toBe('20');
    expect(server.listRequests()).toHaveLength(1);
    second.send('ADDED', widget('b', '21'));
    await eventually(() => expect(changes).toContain('Added b@21'));
  });

  test('resumes before an event during which the connection was lost', async () => {
    informer.start();
    const first = await server.watch(0);
    first.send('ADDED', widget('a', '20'));
    first.sendRaw('{"type":"ADDED","object":{"metadata":{"na');
    first.end();
    await recoverFrom(1);
    expect((await server.watch(1)).request.query.get('resourceVersion')).toBe('20');
  });

  test.each([
    ['500', status(500, 'InternalError', 'etcd is away')],
    ['429', status(429, 'TooManyRequests', 'slow down')],
    ['HTML from a proxy', ((response) => response.writeHead(502).end('<html>')) satisfies typeof silence],
    ['a reset connection', reset],
  ])('retries a watch that gets %s from the same resourceVersion', async (_, respond) => {
    server.watchResponses.push(respond);
    informer.start();
    await recoverFrom(1);
    expect((await server.watch(0)).request.query.get('resourceVersion')).toBe('1');
    expect(server.listRequests()).toHaveLength(1);
  });

  test.each([
    ['401', status(401, 'Unauthorized', 'Unauthorized')],
    ['403', status(403, 'Forbidden', 'no watch for you')],
    ['404', status(404, 'NotFound', 'the server could not find the requested resource')],
    ['410', status(410, 'Expired', 'too old resource version: 1 (2)')],
  ])('lists again after a watch gets %s', async (_, respond) => {
    server.watchResponses.push(respond);
    server.lists.push(list([], '1'), list([], '50'));
    informer.start();
    await recoverFrom(1);
    expect((await server.watch(0)).request.query.get('resourceVersion')).toBe('50');
  });

  test.each([
    [
      'an ERROR event of 410',
      { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } },
      /410: too old/,
    ],
    ['an ERROR event of 500', { type: 'ERROR', object: { kind: 'Status', code: 500, message: 'oops' } }, /500: oops/],
    ['an ERROR event without an object', { type: 'ERROR', object: null }, /without a message/],
    ['an unknown type of event', { type: 'RENAMED', object: widget('a', '2') }, /unknown type "RENAMED"/],
    [
      'an object without a name',
      { type: 'ADDED', object: { metadata: { resourceVersion: '2' } } },
      /without metadata.name/,
    ],
    ['an object without metadata', { type: 'DELETED' }, /without metadata.name/],
    ['a bookmark without a resourceVersion', { type: 'BOOKMARK', object: {} }, /without metadata.resourceVersion/],
    ['null', null, /unknown type/],
  ])('reports %s in the stream and lists again', async (_, event, message) => {
    server.lists.push(list([], '1'), list([widget('seen', '30')], '30'));
    informer.start();
    (await server.watch(0)).sendRaw(`${JSON.stringify(event)}\n`);
    await recoverFrom(1);
    expect(errors[0]?.message).toMatch(message);
    expect((await server.watch(1)).request.query.get('resourceVersion')).toBe('30');
    expect(informer.get('ns/seen')).toBeDefined();
  });

  test('reports an unparsable line and lists again to find its event', async () => {
    server.lists.push(list([], '1'), list([widget('hidden', '2')], '3'));
    informer.start();
    (await server.watch(0)).sendRaw('{"type":"ADDED","object":{"metadata":\n');
    await recoverFrom(1);
    await eventually(() => expect(changes).toEqual(['Added hidden@2']));
    expect(errors[0]?.message).toMatch(/an event that can't be read/);
  });

  test('delivers missed deletions after the next list, and a replaced object as a deletion and an addition', async () => {
    server.lists.push(list([widget('a', '1'), widget('b', '2'), widget('c', '3')], '3'));
    server.lists.push(list([widget('b', '9', { uid: 'another' }), widget('c', '3')], '10'));
    informer.start();
    (await server.watch(0)).send('ERROR', { kind: 'Status', code: 410, message: 'too old' });
    await recoverFrom(1);
    await server.watch(1);
    expect(changes.slice(3)).toEqual(['Deleted a@1', 'Deleted b@2', 'Added b@9']);
    expect(informer.list().map(({ metadata }) => metadata.uid)).toEqual(['another', 'uid-c']);
  });

  test.each([
    ['500', status(500, 'InternalError', 'etcd is away')],
    ['HTML with status 200', ((response) => response.end('<html>')) satisfies typeof silence],
    ['null', json(null)],
    ['a list without a resourceVersion', json({ items: [] })],
    ['an item without a name', list([{ metadata: {} }], '1')],
  ])('changes nothing and lists again after a list gets %s', async (_, respond) => {
    server.lists.push(list([widget('a', '1')], '1'), respond, list([widget('a', '1')], '1'));
    server.watchResponses.push(status(410, 'Expired', 'too old'));
    informer.start();
    await recoverFrom(1);
    await recoverFrom(2);
    await server.watch(0);
    expect(changes).toEqual(['Added a@1']);
  });

  test('backs off exponentially until the next event', async () => {
    server.lists.push(...Array.from({ length: 8 }, () => status(500, 'InternalError', 'away')));
    informer.start();
    const delays: number[] = [];
    for (let failures = 1; failures <= 8; failures++) {
      await eventually(() => expect(errors).toHaveLength(failures));
      delays.push(...clock.sleeping());
      await clock.advance(30_000);
    }
    expect(delays).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    const watch = await server.watch(0);
    watch.send('ADDED', widget('a', '2'));
    await eventually(() => expect(changes).toEqual(['Added a@2']));
    watch.cut();
    await eventually(() => expect(errors).toHaveLength(9));
    expect(clock.sleeping()).toEqual([800]);
  });

  test('backs off if the server ends every watch immediately', async () => {
    const end = ((response) => response.end()) satisfies typeof silence;
    server.watchResponses.push(end, end);
    informer.start();
    await eventually(() => expect(errors).toHaveLength(1));
    expect(clock.sleeping()).toEqual([800]);
    await clock.advance(800);
    await eventually(() => expect(errors).toHaveLength(2));
    expect(clock.sleeping()).toEqual([1600]);
  });

  test('waits for the Retry-After of the server', async () => {
    server.lists.push(json({}, 503, { 'retry-after': '20' }));
    informer.start();
    await eventually(() => expect(errors).toHaveLength(1));
    expect(clock.sleeping()).toEqual([20_000]);
  });

  test('continues a watch over a new connection after 90 s of silence', async () => {
    informer.start();
    const first = await server.watch(0);
    await eventually(() => expect(clock.sleeping()).toEqual([90_000]));
    await clock.advance(80_000);
    first.send('BOOKMARK', { metadata: { resourceVersion: '40' } });
    first.send('ADDED', widget('a', '41'));
    await eventually(() => expect(changes).toHaveLength(1));
    await clock.advance(80_000);
    expect(server.watchRequests()).toHaveLength(1);
    await clock.advance(10_000);
    expect((await server.watch(1)).request.query.get('resourceVersion')).toBe('41');
    await eventually(() => expect(first.closed).toBe(true));
    // A resource without changes is silent, too.
    expect(errors).toEqual([]);
  });

  test('reports a watch without a response after 90 s', async () => {
    server.watchResponses.push(silence);
    informer.start();
    await eventually(() => expect(server.watchRequests()).toHaveLength(1));
    await clock.advance(90_000);
    await recoverFrom(1);
    expect(errors[0]?.message).toMatch(/cannot watch widgets.test.wsap.dev: no data from the API server for 90 s/);
    await server.watch(0);
  });

  test('gives up a list without a response after 30 s', async () => {
    server.lists.push(silence);
    informer.start();
    await eventually(() => expect(server.requests).toHaveLength(1));
    await clock.advance(30_000);
    await recoverFrom(1);
    await informer.waitForSync();
  });

  test('lists without a long backoff when the API server returns after an outage', async () => {
    server.watchResponses.push(reset, reset, reset, reset, reset, status(410, 'Expired', 'too old'));
    informer.start();
    for (let failure = 1; failure <= 5; failure++) {
      await recoverFrom(failure);
    }
    await eventually(() => expect(errors).toHaveLength(6));
    expect(errors[5]?.message).toContain('retrying in 0.8 s');
  });

  test('backs off exponentially if lists expire immediately', async () => {
    const tooOld = status(410, 'Expired', 'too old');
    server.watchResponses.push(tooOld, tooOld, tooOld);
    informer.start();
    await recoverFrom(1);
    await recoverFrom(2);
    await eventually(() => expect(errors).toHaveLength(3));
    expect(errors[2]?.message).toContain('retrying in 3.2 s');
  });

  test('retries a failed authentication', async () => {
    let attempts = 0;
    const access = authenticatedBy(async () => {
      // The first list succeeds. The first watch fails: it authenticates again.
      if (++attempts === 2) {
        throw new Error('exec: aws-iam-authenticator: not found');
      }
    });
    informer = create([record], access);
    informer.start();
    await recoverFrom(1);
    expect(errors[0]?.message).toMatch(/cannot watch widgets.test.wsap.dev: exec: aws-iam-authenticator: not found/);
    await server.watch(0);
  });

  test.each([
    [401, 'Unauthorized', /check the kubeconfig or the token of the service account/],
    [403, 'Forbidden', /grant the verb "list" on widgets.test.wsap.dev to this user or service account/],
    [404, 'NotFound', /install the CRD of Widget: kubectl apply -f crds\//],
  ])('says how to fix a %d', async (code, reason, advice) => {
    server.lists.push(status(code, reason, 'as the server puts it \u001b[31m'));
    informer.start();
    await eventually(() => expect(errors).toHaveLength(1));
    expect(errors[0]?.message).toMatch(advice);
    expect(errors[0]?.message).toMatch(/as the server puts it \uFFFD\[31m.*; retrying in 0.8 s$/);
  });

  test('reports a handler that throws and still calls the other handlers for all events', async () => {
    const throwing = () => {
      throw new Error('bug');
    };
    const rejecting = async () => {
      throw new Error('async bug');
    };
    informer = create([throwing, rejecting, record]);
    server.lists.push(list([widget('a', '1')], '1'));
    informer.start();
    (await server.watch(0)).send('ADDED', widget('b', '2'));
    await eventually(() => expect(changes).toEqual(['Added a@1', 'Added b@2']));
    await eventually(() => expect(errors).toHaveLength(4));
    expect(errors[0]?.message).toBe('a handler failed for the change (Added) of Widget ns/a: bug');
    expect(server.watchRequests()).toHaveLength(1);
  });

  test('continues the watch if onError throws', async () => {
    const client = new ApiClient(server.access(), { clock });
    const onError = (error: BackgroundError) => {
      errors.push(error);
      throw new Error('logger is broken');
    };
    informer = new Informer({ resource: WIDGETS, client, clock, random: () => 0, handlers: [record], onError });
    server.lists.push(status(500, 'InternalError', 'away'));
    informer.start();
    await recoverFrom(1);
    await server.watch(0);
  });
});

describe('the last contact', () => {
  /** Starts an informer whose list arrives only after a minute. Returns its watch, which is open. */
  async function afterSlowList() {
    let respond = () => {};
    server.lists.push((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"kind": "List", "metadata": {"resourceVersion": "10"}, ');
      respond = () => void response.end('"items": []}');
    });
    informer.start();
    await eventually(() => expect(server.listRequests()).toHaveLength(1));
    await clock.advance(20_000);
    respond();
    await informer.waitForSync();
    return server.watch(0);
  }

  test('is the start of the list, whose objects can be outdated at its end', async () => {
    const startedAt = clock.monotonic();
    await afterSlowList();
    expect(informer.lastContactAt).toBe(startedAt);
  });

  test('is a bookmark, which follows earlier changes', async () => {
    const watch = await afterSlowList();
    await clock.advance(1_000);
    watch.send('BOOKMARK', { metadata: { resourceVersion: '11' } });
    await eventually(() => expect(informer.lastContactAt).toBe(clock.monotonic()));
  });

  test('is not a change that a watch sends first, because later ones from before its start can follow', async () => {
    const startedAt = clock.monotonic();
    const watch = await afterSlowList();
    const openedAt = clock.monotonic();
    await clock.advance(1_000);
    watch.send('ADDED', widget('a', '11'));
    await eventually(() => expect(changes).toEqual(['Added a@11']));
    expect(informer.lastContactAt).toBe(startedAt);
    await clock.advance(9_000);
    expect(informer.lastContactAt).toBe(openedAt);
    watch.send('MODIFIED', widget('a', '12'));
    await eventually(() => expect(informer.lastContactAt).toBe(clock.monotonic()));
  });

  test('is the start of a watch that has sent no earlier change for 10 s', async () => {
    await afterSlowList();
    const openedAt = clock.monotonic();
    await clock.advance(9_999);
    expect(informer.lastContactAt).toBeLessThan(openedAt);
    await clock.advance(1);
    expect(informer.lastContactAt).toBe(openedAt);
  });

  test('is not the start of a watch that was lost at once, and remains the one before', async () => {
    const first = await afterSlowList();
    const openedAt = clock.monotonic();
    await clock.advance(20_000);
    first.cut();
    await recoverFrom(1);
    const second = await server.watch(1);
    expect(informer.lastContactAt).toBe(openedAt);
    second.cut();
    await eventually(() => expect(errors).toHaveLength(2));
    await clock.advance(100);
    expect(informer.lastContactAt).toBe(openedAt);
  });
});

describe('a refresh', () => {
  test('lists again and resolves when the store has all earlier writes', async () => {
    server.lists.push(list([widget('a', '5')], '10'));
    informer.start();
    const watch = await server.watch(0);
    server.lists.push(list([widget('a', '11')], '12'));
    await informer.refresh();
    expect(informer.get('ns/a')?.metadata.resourceVersion).toBe('11');
    expect((await server.watch(1)).request.query.get('resourceVersion')).toBe('12');
    await eventually(() => expect(watch.closed).toBe(true));
    expect(errors).toEqual([]);
  });

  test('is retried until it succeeds', async () => {
    informer.start();
    await server.watch(0);
    server.lists.push(status(500, 'InternalError', 'etcd'), list([widget('a', '11')], '12'));
    const refreshed = informer.refresh();
    await recoverFrom(1);
    await refreshed;
    expect(informer.get('ns/a')?.metadata.resourceVersion).toBe('11');
  });

  test('during a list waits for the next list, because the pending one may be older', async () => {
    const asked: ServerResponse[] = [];
    server.lists.push((response) => asked.push(response));
    informer.start();
    await eventually(() => expect(asked).toHaveLength(1));
    server.lists.push(list([widget('a', '11')], '12'));
    const refreshed = informer.refresh();
    const [first] = asked;
    if (first) {
      list([widget('a', '5')], '10')(first, server.requests[0] as never);
    }
    await refreshed;
    expect(changes).toEqual(['Added a@5', 'Modified a@11']);
  });

  test('ends with its signal and when the informer stops', async () => {
    await expect(informer.refresh()).rejects.toThrow(/isn't running/);
    informer.start();
    await server.watch(0);
    server.lists.push(silence);
    const leaving = new AbortController();
    const given = expect(informer.refresh(leaving.signal)).rejects.toThrow('leaving');
    leaving.abort(new Error('leaving'));
    await given;
    const stopped = expect(informer.refresh()).rejects.toThrow(/was stopped/);
    await informer.stop();
    await stopped;
  });
});

describe('an informer that starts and stops', () => {
  test('opens one watch if started twice', async () => {
    informer.start();
    informer.start();
    const watch = await server.watch(0);
    watch.send('ADDED', widget('a', '2'));
    await eventually(() => expect(changes).toEqual(['Added a@2']));
    expect(server.watchRequests()).toHaveLength(1);
    expect(server.listRequests()).toHaveLength(1);
  });

  test('opens no watch and calls no handler if stopped during the list', async () => {
    const answers: (() => void)[] = [];
    server.lists.push((response, request) => answers.push(() => list([widget('a', '1')], '1')(response, request)));
    informer.start();
    await eventually(() => expect(answers).toHaveLength(1));
    await informer.stop();
    answers[0]?.();
    await eventually(async () => expect(await server.connections()).toBe(0));
    expect(server.watchRequests()).toEqual([]);
    expect(changes).toEqual([]);
  });

  test('ends immediately if stopped during a backoff', async () => {
    server.lists.push(status(500, 'InternalError', 'away'));
    informer.start();
    await eventually(() => expect(clock.sleeping()).toEqual([800]));
    await informer.stop();
    expect(clock.sleeping()).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('ends immediately and sends nothing if stopped during a hanging authentication', async () => {
    const authentication = Promise.withResolvers<void>();
    const access = authenticatedBy(() => authentication.promise);
    informer = create([record], access);
    informer.start();
    await informer.stop();
    authentication.resolve();
    await clock.advance(60_000);
    expect(server.requests).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('closes the connection if stopped while a watch connects', async () => {
    const unanswered: ServerResponse[] = [];
    server.watchResponses.push((response) => unanswered.push(response));
    informer.start();
    await eventually(() => expect(unanswered).toHaveLength(1));
    await informer.stop();
    await eventually(() => expect(unanswered[0]?.destroyed).toBe(true));
  });

  test('closes the connection and calls no handler if stopped while watching', async () => {
    informer.start();
    const watch = await server.watch(0);
    await informer.stop();
    watch.send('ADDED', widget('late', '2'));
    await eventually(() => expect(watch.closed).toBe(true));
    expect(changes).toEqual([]);
  });

  test('delivers the remaining changes after the next start if stopped by a handler', async () => {
    let stopping: Promise<void> | undefined;
    const stopAtFirst: ChangeHandler<Widget> = () => {
      stopping ??= informer.stop();
    };
    informer = create([record, stopAtFirst]);
    server.defaultList = list([widget('a', '1'), widget('b', '2')], '2');
    informer.start();
    await eventually(() => expect(stopping).toBeDefined());
    await stopping;
    expect(changes).toEqual(['Added a@1']);
    informer.start();
    await informer.waitForSync();
    expect(changes).toEqual(['Added a@1', 'Added b@2']);
  });

  test('lists again after a restart and delivers what changed in the meantime', async () => {
    server.lists.push(list([widget('a', '1'), widget('b', '2')], '2'), list([widget('b', '2')], '5'));
    informer.start();
    await informer.waitForSync();
    await informer.stop();
    informer.start();
    expect(informer.hasSynced()).toBe(false);
    await informer.waitForSync();
    expect(changes).toEqual(['Added a@1', 'Added b@2', 'Deleted a@1']);
  });

  test('ends the wait for the first list with its signal and when it stops', async () => {
    server.lists.push(silence);
    await expect(informer.waitForSync()).rejects.toThrow(/isn't running/);
    informer.start();
    await expect(informer.waitForSync(AbortSignal.abort(new Error('shutdown')))).rejects.toThrow('shutdown');
    const later = new AbortController();
    const aborted = expect(informer.waitForSync(later.signal)).rejects.toThrow('later');
    later.abort(new Error('later'));
    await aborted;
    const stopped = expect(informer.waitForSync()).rejects.toThrow(/was stopped/);
    await informer.stop();
    await stopped;
  });
});

import { randomUUID } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import type { BackgroundError } from '../../src/kube/backgroundError.ts';
import { EventRecorder, referenceTo } from '../../src/kube/events.ts';
import { Informer } from '../../src/kube/informer.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import { LeaseClient } from '../../src/kube/lease.ts';
import type { KubeObject, Resource } from '../../src/kube/resource.ts';
import { CRDS } from '../../src/kube/resources.ts';
import { StatusWriter } from '../../src/kube/statusWriter.ts';

const GROUP = 'test.wsap.dev';
const WIDGETS: Resource = { group: GROUP, version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true };
const RACKS: Resource = { group: GROUP, version: 'v1', plural: 'racks', kind: 'Rack', namespaced: false };
const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const EVENTS: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };

interface Widget extends KubeObject {
  spec?: { size: number };
  status?: { phase?: string; parts?: number };
}

interface WrittenEvent extends KubeObject {
  involvedObject: { name: string; namespace?: string; uid: string; kind: string; apiVersion: string };
  type: string;
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string };
  reportingComponent: string;
}

const config = new KubeConfig();
let client: ApiClient;
let namespace: string;
let problems: BackgroundError[];
const onError = (problem: BackgroundError) => problems.push(problem);
const background = { clock: systemClock, random: Math.random, onError };

const eventually = <T>(condition: () => T) => vi.waitFor(condition, { timeout: 120_000, interval: 20 });

async function installCrd({ group, version, plural, kind, namespaced }: Resource): Promise<void> {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const body = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: CRDS.kind,
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { plural, kind },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
  await client.request({ verb: 'create', resource: CRDS, body });
}

function createObject(resource: Resource, name: string, spec: object = { size: 1 }): Promise<Widget> {
  const scope = resource.namespaced ? namespace : undefined;
  const body = { apiVersion: `${GROUP}/v1`, kind: resource.kind, metadata: { name }, spec };
  return client.request<Widget>({ verb: 'create', resource, namespace: scope, body });
}

async function eventsOn(name: string, inNamespace: string): Promise<WrittenEvent[]> {
  const query = { fieldSelector: `involvedObject.name=${name}` };
  const request = { resource: EVENTS, namespace: inNamespace, query };
  return (await client.request<{ items: WrittenEvent[] }>({ verb: 'list', ...request })).items;
}

beforeAll(async () => {
  config.loadFromString(inject('kubeconfig'));
  client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  for (const resource of [WIDGETS, RACKS]) {
    await installCrd(resource);
    await vi.waitFor(() => client.request({ verb: 'list', resource }), { timeout: 120_000, interval: 50 });
  }
});

beforeEach(async () => {
  problems = [];
  namespace = `kube-${randomUUID()}`;
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await client.request({ verb: 'create', resource: NAMESPACES, body });
});

test('a lease that has changed since it was read is not deleted', async () => {
  const leases = new LeaseClient(client, namespace, {});
  const read = await leases.create('fleet', {}, { holderIdentity: 'a' });
  const taken = await leases.update(read, { holderIdentity: 'b' });
  await expect(leases.delete(read)).rejects.toMatchObject({ code: 409 });
  expect((await leases.get('fleet'))?.spec).toEqual({ holderIdentity: 'b' });
  await leases.delete(taken);
  expect(await leases.get('fleet')).toBeUndefined();
});

describe('informer', () => {
  let informer: Informer<Widget> | undefined;

  afterEach(() => informer?.stop());

  test('an informer reports existing, added, changed, and deleted objects', async () => {
    const changes: string[] = [];
    await createObject(WIDGETS, 'before');
    informer = new Informer<Widget>({
      ...background,
      client,
      resource: WIDGETS,
      namespace,
      handlers: [({ type, object }) => changes.push(`${type} ${object.metadata.name}`)],
    });
    informer.start();
    await informer.waitForSync();
    expect(changes).toEqual(['Added before']);
    const after = await createObject(WIDGETS, 'after');
    await eventually(() => expect(changes).toContain('Added after'));
    await new StatusWriter({ client, resource: WIDGETS }).apply(after.metadata, { phase: 'Running' });
    await eventually(() => expect(informer?.get(`${namespace}/after`)?.status).toEqual({ phase: 'Running' }));
    expect(informer.get(`${namespace}/after`)?.metadata).not.toHaveProperty('managedFields');
    await client.request({ verb: 'delete', resource: WIDGETS, namespace, name: 'before' });
    await eventually(() => expect(changes).toContain('Deleted before'));
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['after']);
    expect(problems).toEqual([]);
  });

  test('an informer reports a missing CRD with its fix, and syncs after the CRD is installed', async () => {
    const late: Resource = { ...WIDGETS, plural: 'latecomers', kind: 'Latecomer' };
    const backoff = { baseMs: 50, maxMs: 50, jitter: 0 };
    informer = new Informer<Widget>({ ...background, client, resource: late, handlers: [], backoff });
    informer.start();
    await eventually(() => expect(problems[0]?.message).toMatch(/install the CRD of Latecomer: kubectl apply -f crds/));
    await installCrd(late);
    await informer.waitForSync(AbortSignal.timeout(120_000));
  });
});

describe('status writer', () => {
  let writer: StatusWriter<Widget>;

  beforeEach(() => {
    writer = new StatusWriter<Widget>({ client, resource: WIDGETS });
  });

  test('applying a status removes fields that it omits, and keeps the spec', async () => {
    const widget = await createObject(WIDGETS, 'a');
    await writer.apply(widget.metadata, { phase: 'Running', parts: 3 });
    const written = await writer.apply(widget.metadata, { phase: 'Done' });
    expect(written).toMatchObject({
      spec: { size: 1 },
      status: { phase: 'Done' },
      metadata: { uid: widget.metadata.uid },
    });
    expect(written).not.toHaveProperty('status.parts');
    expect(written).toMatchObject({
      metadata: { managedFields: expect.arrayContaining([expect.objectContaining({ manager: 'wsap-operator' })]) },
    });
  });

  test('applying a status takes over fields of another manager', async () => {
    const widget = await createObject(WIDGETS, 'a');
    const other = new StatusWriter<Widget>({ client, resource: WIDGETS, fieldManager: 'someone-else' });
    await other.apply(widget.metadata, { phase: 'Theirs' });
    expect(await writer.apply(widget.metadata, { phase: 'Ours' })).toMatchObject({ status: { phase: 'Ours' } });
  });

  test('a status is not applied to another object with the same name', async () => {
    const first = await createObject(WIDGETS, 'a');
    await client.request({ verb: 'delete', resource: WIDGETS, namespace, name: 'a' });
    await createObject(WIDGETS, 'a');
    expect(await writer.apply(first.metadata, { phase: 'Stale' })).toBe('NotFound');
    const second = await client.request<Widget>({ verb: 'get', resource: WIDGETS, namespace, name: 'a' });
    expect(second.status).toBeUndefined();
  });

  test('a status based on an older version of the object is applied', async () => {
    const widget = await createObject(WIDGETS, 'a');
    await writer.apply(widget.metadata, { phase: 'First' });
    expect(await writer.apply(widget.metadata, { phase: 'Second' })).toMatchObject({ status: { phase: 'Second' } });
  });

  test('applying the status of a deleted object creates nothing', async () => {
    const widget = await createObject(WIDGETS, 'a');
    await client.request({ verb: 'delete', resource: WIDGETS, namespace, name: 'a' });
    expect(await writer.apply(widget.metadata, { phase: 'Late' })).toBe('NotFound');
    expect(await client.request({ verb: 'list', resource: WIDGETS, namespace })).toMatchObject({ items: [] });
  });

  test('a status is applied to a cluster-scoped object', async () => {
    const rack = await createObject(RACKS, `rack-${namespace}`);
    const racks = new StatusWriter<Widget>({ client, resource: RACKS });
    expect(await racks.apply(rack.metadata, { phase: 'Up' })).toMatchObject({ status: { phase: 'Up' } });
  });

  test('the error of a rejected status contains the message of the API server', async () => {
    const widget = await createObject(WIDGETS, 'a');
    const invalid = new StatusWriter<Widget>({ client, resource: { ...WIDGETS, kind: 'Gadget' } });
    await expect(invalid.apply(widget.metadata, {})).rejects.toThrow(
      /patch widgets\/status.test.wsap.dev a in namespace .*Gadget/,
    );
  });
});

describe('events', () => {
  test('equal events of an object become one Event with a count', async () => {
    const widget = await createObject(WIDGETS, 'a');
    const recorder = new EventRecorder({ ...background, client });
    const about = referenceTo(WIDGETS, widget);
    for (let n = 0; n < 3; n++) {
      recorder.record(about, 'Warning', 'Broken', 'the widget is broken');
    }
    recorder.record(about, 'Normal', 'Repaired', 'the widget is repaired');
    await recorder.flush();
    expect(problems).toEqual([]);
    const events = await eventsOn('a', namespace);
    expect(events.map(({ reason, count }) => [reason, count]).sort()).toEqual([
      ['Broken', 3],
      ['Repaired', 1],
    ]);
    expect(events.find(({ reason }) => reason === 'Broken')).toMatchObject({
      type: 'Warning',
      message: 'the widget is broken',
      involvedObject: {
        apiVersion: 'test.wsap.dev/v1',
        kind: 'Widget',
        name: 'a',
        namespace,
        uid: widget.metadata.uid,
      },
      source: { component: 'wsap-operator' },
      reportingComponent: 'wsap-operator',
    });
  });

  test('an expired Event is created again with its count', async () => {
    const about = referenceTo(WIDGETS, await createObject(WIDGETS, 'a'));
    const recorder = new EventRecorder({ ...background, client });
    recorder.record(about, 'Normal', 'Seen', 'once more');
    await recorder.flush();
    const name = (await eventsOn('a', namespace))[0]?.metadata.name;
    await client.request({ verb: 'delete', resource: EVENTS, namespace, name });
    recorder.record(about, 'Normal', 'Seen', 'once more');
    await recorder.flush();
    expect((await eventsOn('a', namespace)).map(({ count }) => count)).toEqual([2]);
    expect(problems).toEqual([]);
  });

  test('events of cluster-scoped objects are in the namespace default', async () => {
    const rack = await createObject(RACKS, `rack-${namespace}`);
    const recorder = new EventRecorder({ ...background, client });
    recorder.record(referenceTo(RACKS, rack), 'Normal', 'Mounted', 'the rack is mounted');
    await recorder.flush();
    expect(problems).toEqual([]);
    expect(await eventsOn(rack.metadata.name, 'default')).toHaveLength(1);
  });

  test('an Event that can’t be created is reported, and throws no error', async () => {
    const recorder = new EventRecorder({ ...background, client });
    const nowhere = { apiVersion: 'v1', kind: 'Widget', name: 'a', namespace: 'no-such-namespace' };
    recorder.record(nowhere, 'Normal', 'Lost', 'the event is lost');
    await recorder.flush();
    expect(problems[0]?.message).toMatch(
      /the event Lost on Widget a .* is lost: .*namespaces "no-such-namespace" not found/,
    );
  });
});

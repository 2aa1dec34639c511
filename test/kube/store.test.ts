import { expect, test } from 'vitest';
import type { KubeObject, Resource } from '../../src/kube/resource.ts';
import { addAuthors, POLICIES, type PolicyObject } from '../../src/kube/resources.ts';
import { Store } from '../../src/kube/store.ts';

const NODES: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
const node = (name: string, resourceVersion: string, uid = name): KubeObject => ({
  metadata: { name, uid, resourceVersion },
});

test('drops metadata that no reader needs and adds the type that lists of built-in kinds omit', () => {
  const store = new Store(NODES);
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'wsap.dev/kept': 'yes' };
  const metadata = { ...node('a', '1').metadata, annotations, managedFields: [{ manager: 'kubectl' }] };
  [...store.put({ metadata })];
  expect(store.get('a')).toEqual({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'a', uid: 'a', resourceVersion: '1', annotations: { 'wsap.dev/kept': 'yes' } },
  });
});

test('lets a transform keep a part of the metadata that is dropped', () => {
  const store = new Store<PolicyObject>(POLICIES, addAuthors);
  const managedFields = [
    { manager: 'argocd', operation: 'Apply', time: '2026-01-05T09:00:00Z', fieldsV1: { 'f:spec': {} } },
  ];
  const metadata = { ...node('a', '1').metadata, managedFields };
  [...store.put({ metadata })];
  expect(store.get('a')?.metadata).toEqual({
    ...node('a', '1').metadata,
    authors: {
      editedBy: { manager: 'argocd', operation: 'Apply', time: '2026-01-05T09:00:00Z' },
      approvedBy: undefined,
    },
  });
});

test('yields no change for a known version', () => {
  const store = new Store(NODES);
  expect([...store.put(node('a', '1'))]).toMatchObject([{ type: 'Added' }]);
  expect([...store.put(node('a', '1'))]).toEqual([]);
  expect([...store.put(node('a', '2'))]).toMatchObject([
    { type: 'Modified', previous: { metadata: { resourceVersion: '1' } } },
  ]);
});

test('yields the final state for a deletion, and nothing for an unknown object', () => {
  const store = new Store(NODES);
  [...store.put(node('a', '1'))];
  expect([...store.delete(node('a', '2'))]).toMatchObject([
    { type: 'Deleted', object: { kind: 'Node', metadata: { resourceVersion: '2' } } },
  ]);
  expect([...store.delete(node('a', '3'))]).toEqual([]);
  expect(store.list()).toEqual([]);
});

test('makes only the changes that are consumed', () => {
  const store = new Store(NODES);
  for (const change of store.replace([node('a', '1'), node('b', '1')])) {
    expect(change.object.metadata.name).toBe('a');
    break;
  }
  expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['a']);
});

test('lists objects by key', () => {
  const store = new Store(NODES);
  [...store.replace([node('b', '1'), node('c', '1'), node('a', '1')])];
  expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
});
